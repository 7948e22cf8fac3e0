"""What a target that is set, changed or deleted does to what is measured, and the run over what it judges."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from lodestar.application.calculation.follow_ups import Change
from lodestar.application.calculation.running import start_planned_run
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.following_values import follow_changed
from lodestar.application.workflows.measured_slots import DateRange, MeasuredSlot, measured_slots
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.runs import Judging, NewRun, RunKind


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
    days: DateRange,
    context: ChangeContext,
    *,
    restate: bool,
) -> TargetEffects:
    """Let measured periods follow a target for some days that these assignments have, or lack, from now on.

    Closed ones without a target take it at once; those with another one keep that, unless they are restated.
    Running ones are judged by it. A run does so, which is planned in the transaction of the change.
    """
    slots = list(measured_slots(definition, assignments, days, context, by_newest=restate))
    others = [slot for slot in slots if slot.has_another_dated_target]
    judged = [slot for slot in slots if slot.is_to_be_judged] + (others if restate else [])
    run_id = _start_run(definition, judged, context, restate=restate)
    remade = [slot for slot in judged if restate and _has_another_version(slot, definition)]
    return TargetEffects(0 if restate else len(others), run_id, _follow(definition, remade, context))


def _has_another_version(slot: MeasuredSlot, newest: Definition) -> bool:
    return not slot.is_open and slot.kept.definition_version != newest.version


def _start_run(
    definition: Definition, slots: Sequence[MeasuredSlot], context: ChangeContext, *, restate: bool
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


def _follow(definition: Definition, slots: Sequence[MeasuredSlot], context: ChangeContext) -> int | None:
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


def _span(slots: Sequence[MeasuredSlot]) -> tuple[date, date]:
    return min(slot.period.start for slot in slots), max(slot.period.end for slot in slots)
