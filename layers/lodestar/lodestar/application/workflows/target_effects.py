"""What a target that is set or changed does to closed periods, and the run over those that it judges."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from lodestar.application.calculation.follow_ups import Change
from lodestar.application.calculation.running import start_planned_run
from lodestar.application.values.standards import Standards
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.following_values import follow_changed
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import KeptStandard, Standard
from lodestar.domain.periods import Period
from lodestar.domain.runs import Judging, NewRun, RunKind
from lodestar.domain.targets import TargetOrigin


@dataclass(frozen=True, slots=True)
class TargetDates:
    """The inclusive dates of a target: it counts for the periods whose last day lies in them."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class TargetEffects:
    """What follows from a target: how many closed periods hold another one, and the run over the rest.

    The follow-up run is over what is made of values that are restated by another version of the KPI.
    """

    closed_periods_with_another_target: int
    run_id: int | None
    follow_up_run_id: int | None


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
    slots = list(_closed_slots(definition, assignments, dates, context))
    others = [slot for slot in slots if slot.has_another_target]
    judged = [slot for slot in slots if slot.awaits_target] + (others if restate else [])
    run_id = _start_run(definition, judged, context, restate=restate)
    remade = [slot for slot in judged if restate and slot.kept.definition_version != definition.version]
    return TargetEffects(0 if restate else len(others), run_id, _follow(definition, remade, context))


def _closed_slots(
    definition: Definition, assignments: Collection[Assignment], dates: TargetDates, context: ChangeContext
) -> Iterator[_ClosedSlot]:
    """The measured ones that end in these dates, of those for whom a target of that kind counts."""
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
            if today.origin in (TargetOrigin.RANGE, TargetOrigin.COMPANY):
                yield _ClosedSlot(assignment, period, standard, today)


def _start_run(
    definition: Definition, slots: Sequence[_ClosedSlot], context: ChangeContext, *, restate: bool
) -> int | None:
    """The run over these slots alone: what is made of a value does not hang on its target."""
    if not slots:
        return None
    users = {slot.assignment.user_id for slot in slots}
    first, last = _span(slots)
    run = NewRun(
        kind=RunKind.FOLLOW_UP,
        cadence=definition.aggregation_period,
        period_start=first,
        period_end=last,
        reason=f"target of {definition.key} {'restated' if restate else 'set'}",
        at=context.work.now,
        definition_ids=(definition.id,),
        user_ids=tuple(sorted(user_id for user_id in users if user_id is not None)),
        with_groups=None in users,
        requested_by=context.caller.user_id,
        judge=Judging.ANEW if restate else Judging.KEPT,
    )
    return start_planned_run(run, context.work, context.messages)


def _follow(definition: Definition, slots: Sequence[_ClosedSlot], context: ChangeContext) -> int | None:
    """The run over what is made of the values of these slots, which another version gives now.

    It comes after the run that judges them, and judges nothing anew itself.
    """
    if not slots:
        return None
    users = {slot.assignment.user_id for slot in slots}
    first, last = _span(slots)
    change = Change(
        definition_ids=frozenset([definition.id]),
        cadence=definition.aggregation_period,
        user_ids=frozenset(user_id for user_id in users if user_id is not None),
        first=first,
        last=last,
        reason=f"{definition.key} was restated",
    )
    return follow_changed(change, [definition], context)


def _span(slots: Sequence[_ClosedSlot]) -> tuple[date, date]:
    return min(slot.period.start for slot in slots), max(slot.period.end for slot in slots)
