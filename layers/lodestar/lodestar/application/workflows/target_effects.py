"""What a target that is set, changed or deleted does to what is measured, and the run over what it judges."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from lodestar.application.calculation.follow_ups import Change
from lodestar.application.calculation.running import start_planned_run
from lodestar.application.definitions.versions import with_versions
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.following_values import follow_changed
from lodestar.application.workflows.measured_slots import DateRange, MeasuredSlot, measured_slots
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import SlotKey
from lodestar.domain.periods import Period
from lodestar.domain.runs import Judging, NewRun, RunKind

type _SlotOf = tuple[Assignment, Period]


@dataclass(frozen=True, slots=True)
class TargetDates(DateRange):
    """The dates of a target: the company's, which is a goal for others too, or one of some assignments."""

    is_company_target: bool = False

    @property
    def judging(self) -> Judging:
        """How a run judges what it restates."""
        return Judging.COMPANY_TARGETS if self.is_company_target else Judging.OWN_TARGETS


@dataclass(frozen=True, slots=True)
class TargetEffects:
    """What follows from a target: how many closed periods hold another one, and the run over the rest.

    The follow-up run is over what is made of values that are restated by another version of the KPI.
    """

    closed_periods_with_another_target: int
    run_id: int | None
    follow_up_run_id: int | None


def follow_targets(
    definition: Definition,
    assignments: Collection[Assignment],
    days: TargetDates,
    context: ChangeContext,
    *,
    restate: bool,
) -> TargetEffects:
    """Let measured periods follow a target for some days that these assignments have, or lack, from now on.

    Closed ones without a target take it at once; those with another one keep that, unless they are restated.
    Running ones are judged by it. A run does so, which is planned in the transaction of the change.
    """
    slots = list(measured_slots(definition, assignments, days, context, by_newest=restate))
    others = [
        slot for slot in slots if slot.has_another_dated_target(is_company_target=days.is_company_target)
    ]
    judged = [slot for slot in slots if slot.is_to_be_judged] + (others if restate else [])
    touched = [(slot.assignment, slot.period) for slot in judged]
    touched += _slots_carried_into(definition, assignments, days, context)
    run_id = _start_run(definition, touched, context, days.judging if restate else Judging.KEPT)
    remade = [slot for slot in judged if restate and _has_another_version(slot, definition)]
    return TargetEffects(0 if restate else len(others), run_id, _follow(definition, remade, context))


def _has_another_version(slot: MeasuredSlot, newest: Definition) -> bool:
    return not slot.is_open and slot.kept.definition_version != newest.version


def _slots_carried_into(
    definition: Definition, assignments: Collection[Assignment], days: DateRange, context: ChangeContext
) -> list[_SlotOf]:
    """The closed periods that await entry, and count by their target with a value of before."""
    definitions, calendar = with_versions(definition, context.work), context.calendar
    if not (definitions.carries(definition) and definitions.is_entered(definition)):
        return []
    first = calendar.containing(definition.aggregation_period, days.first)
    last = min(days.last, context.today - timedelta(days=1))
    periods = calendar.within(definition.aggregation_period, first.start, last) if first.end <= last else []
    measured = set(context.work.values.measured_keys([assignment.id for assignment in assignments]))
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


def _follow(definition: Definition, slots: Sequence[MeasuredSlot], context: ChangeContext) -> int | None:
    """The run over what is made of the values of these slots, which another version gives now.

    It comes after the run that judges them, and judges nothing anew itself.
    """
    if not slots:
        return None
    touched = [(slot.assignment, slot.period) for slot in slots]
    change = Change.of([definition], touched, f"{definition.key} was restated")
    return follow_changed(change, [definition], context)
