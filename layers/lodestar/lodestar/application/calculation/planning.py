"""Which batches a run is made of: who, what, which dates, in which order. No I/O."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import batched, takewhile

from lodestar.application.definitions.dependents import least_lookbacks, periods_later
from lodestar.application.definitions.formulas import kpi_inputs, same_period_cycles
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.periods import Cadence, Calendar, Period
from lodestar.domain.runs import Batch, BatchPlan, BatchSubjects, MeasuredSubjects, NewRun, RunKind
from lodestar.domain.sources import InputSubject
from lodestar.engine.graph import Node, calculation_stages, strongly_connected

USERS_PER_BATCH = 500
"""Users in one message: 500 keep a batch short and a retry cheap."""
DAYS_PER_WINDOW = 92
"""A long backfill is cut into windows, so that no batch holds years."""


@dataclass(frozen=True, slots=True)
class _Use:
    """What a value is made of: another one, so many periods before (0 or less)."""

    dependent: Node
    used: Node
    offset: int


@dataclass(frozen=True, slots=True)
class Reach:
    """How many periods before its dates a run looks at for each KPI, by id, and how many after them."""

    before: Mapping[int, int]
    after: Mapping[int, int]


def reach_of(kind: RunKind, named: Collection[int] | None, definitions: Collection[Definition]) -> Reach:
    """How far a run goes that names these KPIs, or none; `definitions` in every version.

    A scheduled one looks again at the closed periods before its own, because data comes late. A backfill
    goes on to the periods that look back at those that it calculates.
    """
    match kind:
        case RunKind.SCHEDULED:
            return Reach(least_lookbacks(definitions), {})
        case RunKind.BACKFILL:
            changed = {each.id for each in definitions if each.is_active} if named is None else named
            return Reach({}, periods_later(changed, definitions))
        case _:
            return Reach({}, {})


def chosen_definitions(
    run: NewRun, definitions: Collection[Definition], earlier: Collection[Definition] = ()
) -> list[Definition]:
    """The definitions that a run is about; a backfill also calculates what is made of them.

    They are active, but for those that were retired in the run's dates, if it measures these.
    `earlier` are versions of them by which closed periods are still calculated.
    """
    chosen: Collection[int] | None = run.definition_ids
    if chosen is not None and run.kind is RunKind.BACKFILL:
        chosen = periods_later(chosen, [*definitions, *earlier])
    return [
        definition
        for definition in definitions
        if _is_in_use(definition, run)
        and (run.cadence is None or definition.aggregation_period is run.cadence)
        and (chosen is None or definition.id in chosen)
    ]


def _is_in_use(definition: Definition, run: NewRun) -> bool:
    retired_on = definition.retired_on
    return definition.is_active or (
        run.measures_retired and retired_on is not None and retired_on > run.period_start
    )


def last_days(
    run: NewRun,
    definitions: Collection[Definition],
    calendar: Calendar,
    earlier: Collection[Definition] = (),
) -> Mapping[int, date]:
    """The last day that a run is about, for each of its KPIs by id: its own, or that of a later period."""
    after = reach_of(run.kind, run.definition_ids, [*definitions, *earlier]).after
    today = calendar.local_date(run.at)
    return {each.id: _last_day(run, each, after.get(each.id, 0), calendar, today) for each in definitions}


def plan_batches(
    run: NewRun,
    definitions: Sequence[Definition],
    subjects: MeasuredSubjects,
    calendar: Calendar,
    earlier: Sequence[Definition] = (),
) -> list[BatchPlan]:
    """The batches of a run over `definitions`, in stages: a stage starts when the one before is finished.

    `earlier` are versions of them by which closed periods are still calculated.

    Values of teams and the company may be made of their members', and formulas of both; windows follow
    one another only where a formula looks back. What is made of earlier values of one another is calculated
    together, oldest first: in one batch, or, where people and groups need one another, a period a window.
    """
    uses = list(_uses(definitions, earlier))
    spanning = _spanning_components(uses)
    stages = _stages(definitions, [use for use in uses if not _is_inside(use, spanning)])
    last_day_of = last_days(run, definitions, calendar, earlier)
    span = _first_day(run, definitions, calendar, earlier), max(last_day_of.values(), default=run.period_end)
    windows = _windows(run, span, calendar, _finest_cadence(definitions, spanning))
    # Without a formula that looks back all windows share their stages, and years are calculated side by side.
    looks_back = any(use.offset < 0 for use in uses)
    depth = max(stages.values(), default=0) + 1
    plans: list[BatchPlan] = []
    for position, (first, last) in enumerate(windows):
        stages_before = position * depth if looks_back else 0
        reaching = [definition for definition in definitions if last_day_of[definition.id] >= first]
        for stage in range(depth):
            at = stages_before + stage
            of_users = _at_stage(reaching, stages, stage, BatchSubjects.USERS)
            chunks = batched(subjects.user_ids if of_users else (), USERS_PER_BATCH, strict=False)
            plans += [BatchPlan(at, first, last, BatchSubjects.USERS, chunk, of_users) for chunk in chunks]
            of_groups = _at_stage(reaching, stages, stage, BatchSubjects.TEAMS_AND_COMPANY)
            groups_count = run.user_ids is None or run.with_groups
            if of_groups and subjects.has_teams_or_company and groups_count:
                plans.append(BatchPlan(at, first, last, BatchSubjects.TEAMS_AND_COMPANY, (), of_groups))
    return plans


def periods_of(batch: Batch, definition: Definition, calendar: Calendar, reach: Reach) -> list[Period]:
    """The periods that a batch calculates for a definition, oldest first: those that begin in its window.

    A scheduled run also looks at closed periods before its own; a backfill takes every closed period that
    lies in its range, and goes on to those that look back at them, at most to the running one; a follow-up
    takes the running one in its range, too.
    """
    cadence = definition.aggregation_period
    if batch.kind.takes_a_range:
        periods = _in_range(batch, definition, calendar, reach)
    else:
        newest = calendar.containing(cadence, batch.run_start)
        lookback = reach.before.get(definition.id, 0)
        periods = [calendar.shift(newest, -steps) for steps in range(lookback, -1, -1)]
    # By its start a period is in one window only.
    return [period for period in periods if batch.plan.window_start <= period.start <= batch.plan.window_end]


def _in_range(batch: Batch, definition: Definition, calendar: Calendar, reach: Reach) -> list[Period]:
    """The periods of the run's range that have begun, or closed; and those that look back at them.

    As of the run, not of the batch: one that is worked past midnight, or again, calculates the same periods.
    """
    today = calendar.local_date(batch.created_at)
    whole = calendar.within(definition.aggregation_period, batch.run_start, batch.run_end)
    if batch.kind is RunKind.FOLLOW_UP:
        return [period for period in whole if period.start <= today]
    closed = [period for period in whole if calendar.instants(period)[1] <= batch.created_at]
    later = range(1, reach.after.get(definition.id, 0) + 1) if closed else ()
    looking_back = (calendar.shift(closed[-1], steps) for steps in later)
    return [*closed, *takewhile(lambda period: period.start <= today, looking_back)]


def _windows(
    run: NewRun, span: tuple[date, date], calendar: Calendar, period_by_period: Cadence | None
) -> Iterator[tuple[date, date]]:
    """The first and last days of the windows, which tile all that the run looks at."""
    first, last = span
    starts = [first]
    if period_by_period is not None:
        starts += [period.start for period in calendar.within(period_by_period, first, last)]
    elif run.kind.takes_a_range:
        days = (last - first).days + 1
        starts += [first + timedelta(days=day) for day in range(DAYS_PER_WINDOW, days, DAYS_PER_WINDOW)]
    ends = [start - timedelta(days=1) for start in starts[1:]]
    return ((start, end) for start, end in zip(starts, [*ends, last], strict=True) if start <= end)


def _first_day(
    run: NewRun, definitions: Sequence[Definition], calendar: Calendar, earlier: Sequence[Definition]
) -> date:
    """The first day of a run, with the closed periods that it looks at again."""
    before = reach_of(run.kind, run.definition_ids, [*definitions, *earlier]).before
    firsts = (
        calendar.shift(
            calendar.containing(each.aggregation_period, run.period_start), -before.get(each.id, 0)
        ).start
        for each in definitions
        if run.kind is RunKind.SCHEDULED
    )
    return min(firsts, default=run.period_start)


def _last_day(run: NewRun, definition: Definition, after: int, calendar: Calendar, today: date) -> date:
    if after == 0:
        return run.period_end
    running = calendar.containing(definition.aggregation_period, today)
    last = calendar.containing(definition.aggregation_period, min(run.period_end, running.end))
    return max(run.period_end, min(calendar.shift(last, after).end, running.end))


def _uses(definitions: Sequence[Definition], earlier: Sequence[Definition]) -> Iterator[_Use]:
    ids = {definition.key: definition.id for definition in definitions}
    impossible = same_period_cycles(definitions)
    for definition in (*definitions, *earlier):
        if definition.key in impossible or definition.key not in ids:
            continue  # an error whenever it is calculated, so it waits for nobody
        of_users, of_groups = (Node(definition.id, subjects) for subjects in BatchSubjects)
        if definition.rollup is not Rollup.NONE:
            yield _Use(of_groups, of_users, 0)
        for kpi in kpi_inputs(definition):
            if kpi.key in ids:  # what the run leaves out is read as it is stored, and waited for by nobody
                for node in (of_users, of_groups):
                    of = node.subjects if kpi.of is InputSubject.SAME else BatchSubjects.TEAMS_AND_COMPANY
                    yield _Use(node, Node(ids[kpi.key], of), kpi.offset)


def _stages(definitions: Sequence[Definition], uses: Iterable[_Use]) -> Mapping[Node, int]:
    alone: dict[Node, list[Node]] = {
        Node(definition.id, subjects): [] for definition in definitions for subjects in BatchSubjects
    }
    return calculation_stages(alone | _edges(uses))


def _edges(uses: Iterable[_Use]) -> dict[Node, list[Node]]:
    edges: dict[Node, list[Node]] = {}
    for use in uses:
        edges.setdefault(use.dependent, []).append(use.used)
    return edges


def _spanning_components(uses: Sequence[_Use]) -> list[frozenset[Node]]:
    """What people and groups have that is made of earlier values of one another: no one batch holds it."""
    components = map(frozenset, strongly_connected(_edges(uses)))
    return [component for component in components if len({node.subjects for node in component}) > 1]


def _is_inside(use: _Use, components: Iterable[frozenset[Node]]) -> bool:
    """Whether a look back stays in one of these components, whose windows hold a period each."""
    return use.offset < 0 and any({use.dependent, use.used} <= component for component in components)


def _finest_cadence(
    definitions: Iterable[Definition], components: Iterable[frozenset[Node]]
) -> Cadence | None:
    """The shortest cadence in these components; None where there is none."""
    ids = {node.definition for component in components for node in component}
    cadences = {definition.aggregation_period for definition in definitions if definition.id in ids}
    return next((cadence for cadence in Cadence if cadence in cadences), None)


def _at_stage(
    definitions: Sequence[Definition], stages: Mapping[Node, int], stage: int, subjects: BatchSubjects
) -> tuple[int, ...]:
    return tuple(
        definition.id for definition in definitions if stages[Node(definition.id, subjects)] == stage
    )
