"""What follows when the terms of assignments change: what is withdrawn, what comes back, what runs again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lodestar.application.alerts.closing import close_withdrawn_alerts
from lodestar.application.assignments.assigning import AssignmentEdit
from lodestar.application.calculation.follow_ups import Change, start_follow_up
from lodestar.application.definitions.versions import with_versions
from lodestar.application.values.ports import WithdrawalReason
from lodestar.application.values.score_days import days_scored_with
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.target_effects import TargetDates, slots_awaiting_target
from lodestar.domain.assignments import THE_COMPANY, Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import SlotKey
from lodestar.domain.periods import FIRST_DAY, Cadence, Period
from lodestar.domain.versions import CompanyDefinitions

_ONE_DAY = timedelta(days=1)


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
    them, and judges those that get their first target; its id, None where there is nothing to calculate.
    What awaits entry keeps nothing: the terms of today say how much of a score is missing.
    """
    real = [edit for edit in edits if not edit.is_none]
    context.work.values.lock_entered()
    definitions = with_versions(definition, context.work)
    withdrawn = _withdraw(real, definition.aggregation_period, context)
    is_entered = definitions.is_entered(definition)
    # While something awaits entry its weight is missing from the score: a score changes without a value.
    uncovered = [slot for edit in real if is_entered for slot in _uncovered(edit, definition, context)]
    _write_scores_again([*withdrawn, *uncovered], definitions, context)
    covered = [slot for edit in real for slot in _slots_covered_anew(edit, definition, context)]
    context.work.values.restore_entered([slot.key for slot in covered], context.work.now)
    judged = _slots_with_first_target(real, definition, context)
    judged += [slot for edit in real if is_entered for slot in _weighed_anew(edit, definition, context)]
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
        for key in context.work.values.measured_slots(assignments)
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
    days = context.work.values.scored_days(spans)
    context.work.values.write_scores_of_days(days, context.calendar, context.work.now)


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
    changed = set(edit.before.terms) ^ set(edit.after.terms)
    first = max(min((terms.start_date for terms in changed), default=date.max), FIRST_DAY)
    if first > context.today:
        return
    period = context.calendar.containing(definition.aggregation_period, first)
    while period.end < context.today:
        if edit.after.covers(period) or edit.before.covers(period):
            yield _TouchedSlot(edit.after, period)
        period = context.calendar.next(period)


def _slots_with_first_target(
    edits: Sequence[AssignmentEdit], definition: Definition, context: ChangeContext
) -> list[_TouchedSlot]:
    """The closed periods without a target to which these terms give one; the company's are everybody's."""
    new = [terms for edit in edits for terms in edit.after.terms if terms not in edit.before.terms]
    firsts = [terms.start_date for terms in new if terms.target is not None or terms.for_people]
    first = max(min(firsts, default=date.max), FIRST_DAY)
    if first >= context.today:
        return []
    assignments: Sequence[Assignment] = [edit.after for edit in edits]
    if any(assignment.subject == THE_COMPANY for assignment in assignments):
        assignments = context.work.assignments.of_definition(definition.id)
    last = context.calendar.containing(definition.aggregation_period, context.today).start - _ONE_DAY
    slots = slots_awaiting_target(definition, assignments, TargetDates(first, last), context)
    return [_TouchedSlot(assignment, period) for assignment, period in slots]


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
