"""What a target that is set or changed does to closed periods, and the run over those that it judges."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lodestar.application.calculation.judging import follows_dated_target
from lodestar.application.calculation.running import start_planned_run
from lodestar.application.definitions.versions import with_versions
from lodestar.application.values.standards import Standards
from lodestar.application.workflows.context import ChangeContext
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import KeptStandard, SlotKey, Standard
from lodestar.domain.periods import Period
from lodestar.domain.runs import Judging, NewRun, RunKind


@dataclass(frozen=True, slots=True)
class TargetDates:
    """The inclusive dates of a target: it counts for the periods whose last day lies in them.

    `is_companys`: it is the company's, and a goal for those who have none of their own.
    """

    first: date
    last: date
    is_companys: bool = False

    @property
    def judging(self) -> Judging:
        """How a run judges what is restated by it."""
        return Judging.COMPANY_TARGETS if self.is_companys else Judging.OWN_TARGETS


@dataclass(frozen=True, slots=True)
class TargetEffects:
    """What follows from a target: how many closed periods hold another one, and the run over the rest."""

    closed_periods_with_another_target: int
    run_id: int | None


type _SlotOf = tuple[Assignment, Period]


@dataclass(frozen=True, slots=True)
class _ClosedSlot:
    assignment: Assignment
    period: Period
    kept: KeptStandard
    today: Standard

    @property
    def awaits_target(self) -> bool:
        """Whether it was measured without a target, and has one now."""
        return self.kept.standard.target is None and self.today.target is not None

    @property
    def has_another_target(self) -> bool:
        """Whether it is held against another target than the one in force now."""
        return self.kept.standard.target is not None and self.kept.standard.target != self.today.target


def follow_targets(
    definition: Definition,
    assignments: Collection[Assignment],
    dates: TargetDates,
    context: ChangeContext,
    *,
    restate: bool,
) -> TargetEffects:
    """Let closed periods follow a target for some dates that these assignments have from now on.

    Those without a target take it at once; those with another one keep that, unless they are restated. A run
    judges them, in the transaction of the change.
    """
    slots = [
        slot
        for slot in _closed_slots(definition, assignments, dates, context)
        if follows_dated_target(dates.judging, slot.assignment, slot.today.origin)
    ]
    others = [slot for slot in slots if slot.has_another_target]
    judged = [slot for slot in slots if slot.awaits_target] + (others if restate else [])
    touched = [(slot.assignment, slot.period) for slot in judged]
    touched += _slots_carried_into(definition, assignments, dates, context)
    judging = dates.judging if restate else Judging.KEPT
    run_id = _start_run(definition, touched, context, judging)
    return TargetEffects(0 if restate else len(others), run_id)


def slots_awaiting_target(
    definition: Definition, assignments: Collection[Assignment], dates: TargetDates, context: ChangeContext
) -> list[_SlotOf]:
    """The closed periods that end in these dates, were measured without a target, and have one now."""
    slots = _closed_slots(definition, assignments, dates, context)
    return [(slot.assignment, slot.period) for slot in slots if slot.awaits_target]


def _closed_slots(
    definition: Definition, assignments: Collection[Assignment], dates: TargetDates, context: ChangeContext
) -> Iterator[_ClosedSlot]:
    """The measured ones that end in these dates, with what judges them and what would today."""
    by_id = {assignment.id: assignment for assignment in assignments}
    calendar, cadence = context.calendar, definition.aggregation_period
    first = calendar.containing(cadence, dates.first).start
    kept = context.work.values.kept_standards(by_id, first, dates.last) if by_id else {}
    if not kept:
        return
    standards = Standards(context.caller.company, list(by_id.values()), context.work)
    for key, standard in kept.items():
        if dates.first <= key.period_end <= dates.last:
            period = Period(cadence, key.period_start, key.period_end)
            assignment = by_id[key.assignment_id]
            today = standards.of(assignment, definition, period)
            yield _ClosedSlot(assignment, period, standard, today)


def _slots_carried_into(
    definition: Definition, assignments: Collection[Assignment], dates: TargetDates, context: ChangeContext
) -> list[_SlotOf]:
    """The closed periods that await entry, and count by their target with a value of before."""
    definitions, calendar = with_versions(definition, context.work), context.calendar
    if not (definitions.carries(definition) and definitions.is_entered(definition)):
        return []
    first = calendar.containing(definition.aggregation_period, dates.first)
    last = min(dates.last, context.today - timedelta(days=1))
    periods = calendar.within(definition.aggregation_period, first.start, last) if first.end <= last else []
    measured = set(context.work.values.measured_slots([assignment.id for assignment in assignments]))
    return [
        (assignment, period)
        for assignment in assignments
        for period in periods
        if assignment.covers(period) and SlotKey.of(assignment.id, period) not in measured
    ]


def _start_run(
    definition: Definition, slots: Sequence[_SlotOf], context: ChangeContext, judging: Judging
) -> int | None:
    """The run over these slots alone: what is made of a value does not hang on its target."""
    if not slots:
        return None
    users = {assignment.user_id for assignment, _ in slots}
    run = NewRun(
        kind=RunKind.FOLLOW_UP,
        cadence=definition.aggregation_period,
        period_start=min(period.start for _, period in slots),
        period_end=max(period.end for _, period in slots),
        reason=f"target of {definition.key} {'set' if judging is Judging.KEPT else 'restated'}",
        at=context.work.now,
        definition_ids=(definition.id,),
        user_ids=tuple(sorted(user_id for user_id in users if user_id is not None)),
        with_groups=None in users,
        requested_by=context.caller.user_id,
        judge=judging,
    )
    return start_planned_run(run, context.work, context.messages)
