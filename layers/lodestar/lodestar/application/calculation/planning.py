"""Which batches a run is made of: who, what, which dates, in which order. No I/O."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import batched

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

    user: Node
    used: Node
    offset: int


def chosen_definitions(run: NewRun, definitions: Iterable[Definition]) -> list[Definition]:
    """The active definitions that a run is about."""
    return [
        definition
        for definition in definitions
        if definition.is_active
        and (run.cadence is None or definition.aggregation_period is run.cadence)
        and (run.definition_ids is None or definition.id in run.definition_ids)
    ]


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
    windows = _windows(run, definitions, calendar, _finest_cadence(definitions, spanning))
    # Without a formula that looks back all windows share their stages, and years are calculated side by side.
    looks_back = any(use.offset < 0 for use in uses)
    depth = max(stages.values(), default=0) + 1
    plans: list[BatchPlan] = []
    for position, (first, last) in enumerate(windows):
        stages_before = position * depth if looks_back else 0
        for stage in range(depth):
            at = stages_before + stage
            of_users = _at_stage(definitions, stages, stage, BatchSubjects.USERS)
            chunks = batched(subjects.user_ids if of_users else (), USERS_PER_BATCH, strict=False)
            plans += [BatchPlan(at, first, last, BatchSubjects.USERS, chunk, of_users) for chunk in chunks]
            of_groups = _at_stage(definitions, stages, stage, BatchSubjects.TEAMS_AND_COMPANY)
            groups_count = run.user_ids is None or run.with_groups
            if of_groups and subjects.has_teams_or_company and groups_count:
                plans.append(BatchPlan(at, first, last, BatchSubjects.TEAMS_AND_COMPANY, (), of_groups))
    return plans


def periods_of(
    batch: Batch, definition: Definition, calendar: Calendar, created_at: datetime
) -> list[Period]:
    """The periods that a batch calculates for a definition, oldest first: those that begin in its window.

    A scheduled run also looks at the definition's `lookback_periods` closed periods before its own, because
    data comes late; a backfill takes every closed period that lies in its range, a follow-up the running one
    there too.
    """
    cadence = definition.aggregation_period
    if batch.kind is RunKind.FOLLOW_UP:
        today = calendar.local_date(created_at)
        periods = [
            period
            for period in calendar.within(cadence, batch.run_start, batch.run_end)
            if period.start <= today
        ]
    elif batch.kind is RunKind.BACKFILL:
        # Closed or not as of the run, not of the batch: one that is worked past midnight, or again,
        # calculates the same periods.
        periods = [
            period
            for period in calendar.within(cadence, batch.run_start, batch.run_end)
            if calendar.instants(period)[1] <= created_at
        ]
    else:
        newest = calendar.containing(cadence, batch.run_start)
        lookback = definition.lookback_periods if batch.kind is RunKind.SCHEDULED else 0
        periods = [calendar.shift(newest, -steps) for steps in range(lookback, -1, -1)]
    # By its start a period is in one window only.
    return [period for period in periods if batch.plan.window_start <= period.start <= batch.plan.window_end]


def _windows(
    run: NewRun, definitions: Sequence[Definition], calendar: Calendar, period_by_period: Cadence | None
) -> Iterator[tuple[date, date]]:
    """The first and last days of the windows, which tile all that the run looks at."""
    first, last = _span(run, definitions, calendar)
    starts = [first]
    if period_by_period is not None:
        starts += [period.start for period in calendar.within(period_by_period, first, last)]
    elif run.kind in (RunKind.BACKFILL, RunKind.FOLLOW_UP):
        days = (last - first).days + 1
        starts += [first + timedelta(days=day) for day in range(DAYS_PER_WINDOW, days, DAYS_PER_WINDOW)]
    ends = [start - timedelta(days=1) for start in starts[1:]]
    return ((start, end) for start, end in zip(starts, [*ends, last], strict=True) if start <= end)


def _span(run: NewRun, definitions: Sequence[Definition], calendar: Calendar) -> tuple[date, date]:
    """The range of a run with the closed periods that a scheduled one looks at again."""
    if run.kind is not RunKind.SCHEDULED:
        return run.period_start, run.period_end
    lookback = max((definition.lookback_periods for definition in definitions), default=0)
    firsts = [
        calendar.shift(calendar.containing(cadence, run.period_start), -lookback).start
        for cadence in {definition.aggregation_period for definition in definitions}
    ]
    return min(firsts, default=run.period_start), run.period_end


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
        edges.setdefault(use.user, []).append(use.used)
    return edges


def _spanning_components(uses: Sequence[_Use]) -> list[frozenset[Node]]:
    """What people and groups have that is made of earlier values of one another: no one batch holds it."""
    components = map(frozenset, strongly_connected(_edges(uses)))
    return [component for component in components if len({node.subjects for node in component}) > 1]


def _is_inside(use: _Use, components: Iterable[frozenset[Node]]) -> bool:
    """Whether a look back stays in one of these components, whose windows hold a period each."""
    return use.offset < 0 and any({use.user, use.used} <= component for component in components)


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
