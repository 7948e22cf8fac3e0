"""What follows when the terms of assignments change: what is withdrawn, what comes back, what runs again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from lodestar.application.alerts.closing import close_withdrawn_alerts
from lodestar.application.assignments.assigning import AssignmentEdit
from lodestar.application.calculation.follow_ups import Change, start_follow_up
from lodestar.application.values.ports import UserDays, WithdrawalReason
from lodestar.application.workflows.context import ChangeContext
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import SlotKey
from lodestar.domain.periods import FIRST_DAY, Cadence, Period


@dataclass(frozen=True, slots=True)
class _TouchedSlot:
    assignment: Assignment
    period: Period

    @property
    def key(self) -> SlotKey:
        return SlotKey.of(self.assignment.id, self.period)


def follow_terms(
    edits: Iterable[AssignmentEdit], definition: Definition, context: ChangeContext
) -> int | None:
    """Let measurements follow the terms of assignments of one KPI, in the same transaction.

    Periods that have no terms any more are withdrawn. What was entered for periods that have terms again
    comes back. A run calculates the closed periods that the terms cover in another way, and what is made of
    them; its id, None where there is nothing to calculate.
    """
    real = [edit for edit in edits if not edit.is_none]
    context.work.values.lock_entered()
    withdrawn = _withdraw(real, definition.aggregation_period, context)
    covered = [slot for edit in real for slot in _slots_covered_anew(edit, definition, context)]
    context.work.values.restore_entered([slot.key for slot in covered], context.work.now)
    run_id = _start_run([*withdrawn, *covered], definition, context)
    if real:
        context.work.assignments.note_effects([edit.after.id for edit in real], len(withdrawn), run_id)
    return run_id


def _withdraw(
    edits: Sequence[AssignmentEdit], cadence: Cadence, context: ChangeContext
) -> list[_TouchedSlot]:
    assignments = {edit.after.id: edit.after for edit in edits}
    measured = (
        _TouchedSlot(assignments[key.assignment_id], Period(cadence, key.period_start, key.period_end))
        for key in context.work.values.measured_slots(assignments)
    )
    gone = [slot for slot in measured if not slot.assignment.covers(slot.period)]
    keys = [slot.key for slot in gone]
    context.work.values.withdraw(keys, WithdrawalReason.WITHDRAWN, context.work.now)
    if keys:
        close_withdrawn_alerts(keys, context.work)
    _write_scores_again(gone, context)
    return gone


def _write_scores_again(gone: Iterable[_TouchedSlot], context: ChangeContext) -> None:
    """The scores that a withdrawn value was part of: of the days on which it was the newest closed one."""
    spans = [
        UserDays(slot.assignment.user_id, slot.period.end, context.calendar.next(slot.period).end)
        for slot in gone
        if slot.assignment.user_id is not None
    ]
    days = context.work.values.scored_days(spans)
    context.work.values.write_scores_of_days(days, context.calendar, context.work.now)


def _slots_covered_anew(
    edit: AssignmentEdit, definition: Definition, context: ChangeContext
) -> Iterator[_TouchedSlot]:
    """The closed periods of which the terms cover more or fewer days than before."""
    changed = set(edit.before.terms) ^ set(edit.after.terms)
    first = max(min((terms.start_date for terms in changed), default=date.max), FIRST_DAY)
    if first > context.today:
        return
    period = context.calendar.containing(definition.aggregation_period, first)
    while period.end < context.today:
        days_after = edit.after.days_in(period)
        if days_after and days_after != edit.before.days_in(period):
            yield _TouchedSlot(edit.after, period)
        period = context.calendar.next(period)


def _start_run(slots: Sequence[_TouchedSlot], definition: Definition, context: ChangeContext) -> int | None:
    if not slots:
        return None
    users = {slot.assignment.user_id for slot in slots}
    change = Change(
        definition_ids=frozenset([definition.id]),
        cadence=definition.aggregation_period,
        user_ids=frozenset(user_id for user_id in users if user_id is not None),
        first=min(slot.period.start for slot in slots),
        last=max(slot.period.end for slot in slots),
        reason=f"terms of {definition.key} changed",
    )
    return start_follow_up(change, context.caller.user_id, context.work, context.messages)
