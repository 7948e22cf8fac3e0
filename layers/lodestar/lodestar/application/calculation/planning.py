"""Which batches a run is made of: who, what, which dates, in which order. No I/O."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import batched

from lodestar.application.definitions.formulas import kpi_inputs
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.periods import Calendar, Period
from lodestar.domain.runs import Batch, BatchPlan, NewRun
from lodestar.domain.sources import InputSubject
from lodestar.engine.graph import Node, calculation_stages

USERS_PER_BATCH = 500
"""Users in one message: 500 keep a batch short and a retry cheap."""
DAYS_PER_WINDOW = 92
"""A long backfill is cut into windows, so that no batch holds years."""

USERS, GROUPS = "users", "groups"


def chosen_definitions(run: NewRun, definitions: Iterable[Definition]) -> list[Definition]:
    """The active definitions that a run is about."""
    return [
        each
        for each in definitions
        if each.is_active
        and (run.cadence is None or each.aggregation_period == run.cadence)
        and (run.definition_ids is None or each.id in run.definition_ids)
    ]


def plan_batches(
    run: NewRun, definitions: Sequence[Definition], user_ids: Sequence[int], has_groups: bool
) -> list[BatchPlan]:
    """The batches of a run over `definitions`, in stages: a stage starts when the one before is finished.

    Values of teams and the company may be made of their members', and formulas of both; windows follow
    one another only where a formula looks back.
    """
    stages = _stages(definitions)
    windows = list(_windows(run))
    looks_back = any(each.offset < 0 for definition in definitions for each in kpi_inputs(definition))
    depth = max(stages.values(), default=0) + 1
    plans: list[BatchPlan] = []
    for position, (first, last) in enumerate(windows):
        base = position * depth if looks_back else 0
        for stage in range(depth):
            at = base + stage
            members = _at_stage(definitions, stages, stage, (SubjectType.USER,))
            chunks = batched(user_ids if members else (), USERS_PER_BATCH, strict=False)
            plans += [BatchPlan(at, first, last, USERS, chunk, members) for chunk in chunks]
            groups = _at_stage(definitions, stages, stage, (SubjectType.TEAM, SubjectType.COMPANY))
            if groups and has_groups and run.user_ids is None:
                plans.append(BatchPlan(at, first, last, GROUPS, (), groups))
    return plans


def periods_of(
    batch: Batch, definition: Definition, calendar: Calendar, created_at: datetime
) -> list[Period]:
    """The periods that a batch calculates for a definition, oldest first.

    A scheduled run also looks at the definition's `lookback_periods` closed periods before its own, because
    data comes late; a backfill takes every closed period that lies in its range.
    """
    cadence = definition.aggregation_period
    if batch.kind == "backfill":
        return [
            each
            for each in calendar.within(cadence, batch.run_start, batch.run_end)
            if batch.plan.window_start <= each.start <= batch.plan.window_end
            and calendar.instants(each)[1] <= created_at
        ]
    newest = calendar.containing(cadence, batch.run_start)
    back = definition.lookback_periods if batch.kind == "scheduled" else 0
    return [calendar.shift(newest, -steps) for steps in range(back, -1, -1)]


def _windows(run: NewRun) -> Iterator[tuple[date, date]]:
    first = run.period_start
    while first <= run.period_end:
        last = min(first + timedelta(days=DAYS_PER_WINDOW - 1), run.period_end)
        yield first, last
        first = last + timedelta(days=1)


def _stages(definitions: Sequence[Definition]) -> dict[Node, int]:
    ids = {each.key: each.id for each in definitions}
    return calculation_stages(
        {Node(each.id, kind): list(_needs(each, kind, ids)) for each in definitions for kind in SubjectType}
    )


def _needs(definition: Definition, kind: SubjectType, ids: Mapping[str, int]) -> Iterator[Node]:
    if kind is not SubjectType.USER and definition.rollup is not Rollup.NONE:
        yield Node(definition.id, SubjectType.USER)
    for each in kpi_inputs(definition):
        if each.key in ids:
            of = kind if each.of is InputSubject.SAME else SubjectType(each.of)
            yield Node(ids[each.key], of)


def _at_stage(
    definitions: Sequence[Definition], stages: Mapping[Node, int], stage: int, kinds: Sequence[SubjectType]
) -> tuple[int, ...]:
    return tuple(each.id for each in definitions if stage in {stages[Node(each.id, kind)] for kind in kinds})
