"""What follows when the terms of assignments change: what is withdrawn, what comes back, what runs again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from lodestar.application.alerts.closing import close_withdrawn_alerts
from lodestar.application.assignments.assigning import AssignmentEdit
from lodestar.application.calculation.follow_ups import Change, start_follow_up
from lodestar.application.definitions.versions import with_versions
from lodestar.application.values.ports import WithdrawalReason
from lodestar.application.values.score_days import days_scored_with, write_scores
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.measured_slots import DateRange, MeasuredSlot, measured_slots
from lodestar.domain.assignments import THE_COMPANY, Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import SlotKey
from lodestar.domain.periods import FIRST_DAY, Cadence, Period
from lodestar.domain.versions import CompanyDefinitions


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
    comes back. A run calculates the closed periods that the terms cover in another way, those that have a
    target for the first time, and the running one where another target or weight holds, with what is made of
    them; its id, None where there is nothing to calculate. What awaits entry keeps nothing: the terms of
    today say how much of a score is missing.
    """
    real = [edit for edit in edits if not edit.changes_nothing]
    context.work.values.lock_entered()
    context.hold_calendar()
    definitions = with_versions(definition, context.work)
    withdrawn = _withdraw(real, definition.aggregation_period, context)
    # While something awaits entry its weight is missing from the score: a score changes without a value.
    edits_of_entered = real if definitions.is_entered(definition) else []
    uncovered = [slot for edit in edits_of_entered for slot in _uncovered(edit, definition, context)]
    _write_scores_again([*withdrawn, *uncovered], definitions, context)
    covered = [slot for edit in real for slot in _slots_covered_anew(edit, definition, context)]
    context.work.values.restore_entered([slot.key for slot in covered], context.work.now)
    judged = _judged_otherwise(real, definition, context)
    judged += [slot for edit in edits_of_entered for slot in _weighed_anew(edit, definition, context)]
    run_id = _start_run([*withdrawn, *covered, *judged], definition, context)
    if real:
        context.work.assignments.note_effects([edit.after.id for edit in real], len(withdrawn), run_id)
    return run_id


def _withdraw(
    edits: Sequence[AssignmentEdit], cadence: Cadence, context: ChangeContext
) -> list[_TouchedSlot]:
    assignments = {edit.after.id: edit.after for edit in edits}
    measured = (
        _TouchedSlot(assignments[key.assignment_id], Period(cadence, key.period_start, key.period_end))
        for key in context.work.values.measured_keys(assignments)
    )
    gone = [slot for slot in measured if not slot.assignment.covers(slot.period)]
    keys = [slot.key for slot in gone]
    context.work.values.withdraw(keys, WithdrawalReason.WITHDRAWN, context.work.now)
    if keys:
        close_withdrawn_alerts(keys, context.work)
    return gone


def _write_scores_again(
    gone: Iterable[_TouchedSlot], definitions: CompanyDefinitions, context: ChangeContext
) -> None:
    """The scores that a period was part of which has no terms any more."""
    is_carried = definitions.carries(definitions.newest[0])
    spans = [
        days_scored_with(slot.assignment.user_id, slot.period, context.calendar, is_carried=is_carried)
        for slot in gone
        if slot.assignment.user_id is not None
    ]
    write_scores([], spans, context.calendar, context.work)


def _slots_covered_anew(
    edit: AssignmentEdit, definition: Definition, context: ChangeContext
) -> Iterator[_TouchedSlot]:
    """The closed periods of which the terms cover more or fewer days than before."""
    for slot in _closed_slots(edit, definition, context):
        days = edit.after.days_in(slot.period)
        if days and days != edit.before.days_in(slot.period):
            yield slot


def _uncovered(
    edit: AssignmentEdit, definition: Definition, context: ChangeContext
) -> Iterator[_TouchedSlot]:
    """The closed periods that have no terms any more, measured or not."""
    for slot in _closed_slots(edit, definition, context):
        if not edit.after.covers(slot.period):
            yield slot


def _weighed_anew(
    edit: AssignmentEdit, definition: Definition, context: ChangeContext
) -> Iterator[_TouchedSlot]:
    """The closed periods of which the terms have another weight or target than before."""
    for slot in _closed_slots(edit, definition, context):
        before, after = edit.before.terms_of(slot.period), edit.after.terms_of(slot.period)
        if before and after and (before.weight, before.target) != (after.weight, after.target):
            yield slot


def _closed_slots(
    edit: AssignmentEdit, definition: Definition, context: ChangeContext
) -> Iterator[_TouchedSlot]:
    """The closed periods that have or had terms, from the first day on which these change."""
    first = _first_changed_day(edit)
    if first > context.today:
        return
    period = context.calendar.containing(definition.aggregation_period, first)
    while period.end < context.today:
        if edit.after.covers(period) or edit.before.covers(period):
            yield _TouchedSlot(edit.after, period)
        period = context.calendar.next(period)


def _judged_otherwise(
    edits: Sequence[AssignmentEdit], definition: Definition, context: ChangeContext
) -> list[_TouchedSlot]:
    """The measured periods that are to be judged by what the terms say now.

    The company's terms hold the goal of all who have the KPI.
    """
    first = min(map(_first_changed_day, edits), default=date.max)
    if first == date.max:
        return []
    # What had no terms before has no measurements, but the company's goal may be everybody's.
    assignments: Sequence[Assignment] = [edit.after for edit in edits if edit.before.terms]
    if any(edit.after.subject == THE_COMPANY for edit in edits):
        assignments = context.work.assignments.of_definition(definition.id)
    before = {edit.before.id: edit.before for edit in edits}
    return [
        _TouchedSlot(slot.assignment, slot.period)
        for slot in measured_slots(definition, assignments, DateRange(first, date.max), context)
        if slot.is_to_be_judged or (slot.is_open and _covers_other_days(slot, before.get(slot.assignment.id)))
    ]


def _first_changed_day(edit: AssignmentEdit) -> date:
    changed = set(edit.before.terms) ^ set(edit.after.terms)
    return min((max(terms.start_date, FIRST_DAY) for terms in changed), default=date.max)


def _covers_other_days(slot: MeasuredSlot, before: Assignment | None) -> bool:
    return before is not None and before.days_in(slot.period) != slot.assignment.days_in(slot.period)


def _start_run(slots: Sequence[_TouchedSlot], definition: Definition, context: ChangeContext) -> int | None:
    if not slots:
        return None
    touched = [(slot.assignment, slot.period) for slot in slots]
    change = Change.of([definition], touched, f"terms of {definition.key} changed")
    return start_follow_up(change, context.caller.user_id, context.work, context.messages)
