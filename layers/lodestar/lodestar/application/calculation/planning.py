"""Which batches a run is made of: who, what, which dates, in which order. No I/O."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import batched

from lodestar.application.definitions.formulas import kpi_inputs
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.periods import Calendar, Period
from lodestar.domain.runs import Batch, BatchPlan, BatchSubjects, MeasuredSubjects, NewRun, RunKind
from lodestar.domain.sources import InputSubject
from lodestar.engine.graph import Node, calculation_stages

USERS_PER_BATCH = 500
"""Users in one message: 500 keep a batch short and a retry cheap."""
DAYS_PER_WINDOW = 92
"""A long backfill is cut into windows, so that no batch holds years."""


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
    run: NewRun, definitions: Sequence[Definition], subjects: MeasuredSubjects
) -> list[BatchPlan]:
    """The batches of a run over `definitions`, in stages: a stage starts when the one before is finished.

    Values of teams and the company may be made of their members', and formulas of both; windows follow
    one another only where a formula looks back.
    """
    stages = _stages(definitions)
    windows = list(_windows(run))
    # Without a formula that looks back all windows share their stages, and years are calculated side by side.
    looks_back = any(kpi.offset < 0 for definition in definitions for kpi in kpi_inputs(definition))
    depth = max(stages.values(), default=0) + 1
    plans: list[BatchPlan] = []
    for position, (first, last) in enumerate(windows):
        stages_before = position * depth if looks_back else 0
        for stage in range(depth):
            at = stages_before + stage
            of_users = _at_stage(definitions, stages, stage, (SubjectType.USER,))
            chunks = batched(subjects.user_ids if of_users else (), USERS_PER_BATCH, strict=False)
            plans += [BatchPlan(at, first, last, BatchSubjects.USERS, chunk, of_users) for chunk in chunks]
            of_others = _at_stage(definitions, stages, stage, (SubjectType.TEAM, SubjectType.COMPANY))
            groups_count = run.user_ids is None or run.with_groups
            if of_others and subjects.has_teams_or_company and groups_count:
                plans.append(BatchPlan(at, first, last, BatchSubjects.TEAMS_AND_COMPANY, (), of_others))
    return plans


def periods_of(
    batch: Batch, definition: Definition, calendar: Calendar, created_at: datetime
) -> list[Period]:
    """The periods that a batch calculates for a definition, oldest first.

    A scheduled run also looks at the definition's `lookback_periods` closed periods before its own, because
    data comes late; a backfill takes every closed period that lies in its range.
    """
    cadence = definition.aggregation_period
    if batch.kind is RunKind.BACKFILL:
        # By its start a period is in one window only. It is closed or not as of the run, not of the batch: a
        # batch that is worked past midnight, or again, calculates the same periods.
        return [
            period
            for period in calendar.within(cadence, batch.run_start, batch.run_end)
            if batch.plan.window_start <= period.start <= batch.plan.window_end
            and calendar.instants(period)[1] <= created_at
        ]
    newest = calendar.containing(cadence, batch.run_start)
    lookback = definition.lookback_periods if batch.kind is RunKind.SCHEDULED else 0
    return [calendar.shift(newest, -steps) for steps in range(lookback, -1, -1)]


def _windows(run: NewRun) -> Iterator[tuple[date, date]]:
    first = run.period_start
    while first <= run.period_end:
        last = min(first + timedelta(days=DAYS_PER_WINDOW - 1), run.period_end)
        yield first, last
        first = last + timedelta(days=1)


def _stages(definitions: Sequence[Definition]) -> dict[Node, int]:
    ids = {definition.key: definition.id for definition in definitions}
    return calculation_stages(
        {
            Node(definition.id, subject_type): list(_needs(definition, subject_type, ids))
            for definition in definitions
            for subject_type in SubjectType
        }
    )


def _needs(definition: Definition, subject_type: SubjectType, ids: Mapping[str, int]) -> Iterator[Node]:
    if subject_type is not SubjectType.USER and definition.rollup is not Rollup.NONE:
        yield Node(definition.id, SubjectType.USER)
    for kpi in kpi_inputs(definition):
        if kpi.key in ids:  # what the run leaves out is read as it is stored, and waited for by nobody
            of = subject_type if kpi.of is InputSubject.SAME else SubjectType(kpi.of)
            yield Node(ids[kpi.key], of)


def _at_stage(
    definitions: Sequence[Definition],
    stages: Mapping[Node, int],
    stage: int,
    subject_types: Sequence[SubjectType],
) -> tuple[int, ...]:
    return tuple(
        definition.id
        for definition in definitions
        if stage in {stages[Node(definition.id, subject_type)] for subject_type in subject_types}
    )
