"""Giving one KPI to many people in one call."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from lodestar.application.access import require_assignable, require_assigner
from lodestar.application.assignments.assigning import (
    AssignmentEdit,
    assignment_for_audit,
    audited_change,
    drafted_terms,
    edit_giving,
    require_assignable_kpi,
    require_team,
    with_id,
)
from lodestar.application.assignments.bulk_targets import MAX_PEOPLE_PER_CALL, assignment_by_user
from lodestar.application.assignments.ports import AssignmentWork
from lodestar.application.assignments.shapes import (
    BulkAssignmentDraft,
    BulkAssignmentRow,
    BulkAssignmentView,
    BulkOutcome,
)
from lodestar.application.work import AuditedChange, AuditObject
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.terms import follow_terms
from lodestar.domain.assignments import Assignment, Subject, Terms
from lodestar.domain.definitions import Definition
from lodestar.domain.limits import require_at_most
from lodestar.domain.refusals import InvalidContent, LodestarError

type EditOrRefusal = AssignmentEdit | LodestarError
"""What becomes of a person's assignment (one that is new has the id 0), or why they can have none."""


def assign_to_many(draft: BulkAssignmentDraft, context: ChangeContext) -> BulkAssignmentView:
    """Give a KPI to many people, under the rules of giving it to one: a refusal stops no other.

    The number of statements does not depend on the number of people.

    Raises:
        Forbidden: the caller assigns KPIs to nobody.
        TooLarge: more than MAX_PEOPLE_PER_CALL; nobody is given anything.
        InvalidContent: no such KPI or team, a target that does not fit the KPI, neither people nor a team.
        InvalidRequest: the dates are out of order.
    """
    require_assigner(context.caller)
    definition = require_assignable_kpi(draft.kpi_definition_id, context.work)
    # Once for all: what is wrong with the target or the dates is wrong for everybody.
    terms = drafted_terms(draft, definition)
    user_ids = _requested_users(draft, context.work)
    edits = _edits_or_refusals(terms, definition, user_ids, draft.renew, context)
    saved = _save(edits, context.work)
    accepted = [edit for edit in saved.values() if isinstance(edit, AssignmentEdit)]
    run_id = follow_terms(accepted, definition, context)
    context.work.commit()
    rows = {user_id: _row(user_id, edit) for user_id, edit in saved.items()}
    return _view(list(_in_order(user_ids, rows)), run_id)


def _requested_users(draft: BulkAssignmentDraft, work: AssignmentWork) -> list[int]:
    if (draft.user_ids is None) == (draft.team_id is None):
        raise InvalidContent.of("user_ids", "Name either user_ids or a team_id.")
    if draft.team_id is not None:
        require_team(draft.team_id, work)
        user_ids = work.people.active_members(draft.team_id, draft.start_date)
    else:
        user_ids = draft.user_ids or []
    require_at_most(MAX_PEOPLE_PER_CALL, len(user_ids), "people")
    return user_ids


def _edits_or_refusals(
    terms: Terms, definition: Definition, user_ids: Iterable[int], renew: bool, context: ChangeContext
) -> dict[int, EditOrRefusal]:
    persons = context.work.people.persons(set(user_ids))
    # Before the assignments are read: of two writers, the second has to see what the first has added.
    context.work.definitions.lock(definition.id)
    of_user = assignment_by_user(
        context.work.assignments.of_users_and_company([definition.id], set(user_ids))
    )
    found: dict[int, EditOrRefusal] = {}
    for user_id in user_ids:
        try:
            person = require_assignable(persons.get(user_id), context.caller)
            before = of_user.get(person.id) or Assignment(0, definition.id, Subject(user_id=person.id))
            found[user_id] = edit_giving(terms, before, renew=renew)
        except LodestarError as refusal:
            found[user_id] = refusal
    return found


def _save(edits: Mapping[int, EditOrRefusal], work: AssignmentWork) -> dict[int, EditOrRefusal]:
    """Write what changes, with its audit; the edits with the ids of the new assignments."""
    real = {
        user_id: edit
        for user_id, edit in edits.items()
        if isinstance(edit, AssignmentEdit) and not edit.changes_nothing
    }
    new_users = [user_id for user_id, edit in real.items() if not edit.before.id]
    new_ids: Mapping[int, int] = {}
    if new_users:
        new_ids = work.assignments.add_many(new_users, real[new_users[0]].after)
    work.assignments.save_terms({edit.after.id: edit.after.terms for edit in real.values() if edit.before.id})
    saved = {
        user_id: replace(
            edit, before=with_id(edit.before, new_ids[user_id]), after=with_id(edit.after, new_ids[user_id])
        )
        if user_id in new_ids
        else edit
        for user_id, edit in real.items()
    }
    work.audit.record_many([_audited(edit, edit.after.id in new_ids.values()) for edit in saved.values()])
    return {**edits, **saved}


def _audited(edit: AssignmentEdit, is_new: bool) -> AuditedChange:
    if is_new:
        about, after = AuditObject("assignment", edit.after.id), assignment_for_audit(edit.after)
        return AuditedChange("assignment.created", about, None, after)
    return audited_change(edit)


def _row(user_id: int, edit: EditOrRefusal) -> BulkAssignmentRow:
    if isinstance(edit, LodestarError):
        return BulkAssignmentRow(
            user_id=user_id, outcome=BulkOutcome.ERROR, code=edit.code, error=edit.message
        )
    return BulkAssignmentRow(user_id=user_id, outcome=_outcome(edit), assignment_id=edit.after.id)


def _outcome(edit: AssignmentEdit) -> BulkOutcome:
    if edit.changes_nothing:
        return BulkOutcome.UNCHANGED
    kept = set(edit.before.terms) <= set(edit.after.terms)
    return BulkOutcome.CREATED if kept else BulkOutcome.RENEWED


def _in_order(user_ids: Iterable[int], rows: Mapping[int, BulkAssignmentRow]) -> Iterator[BulkAssignmentRow]:
    """A row for each id that was sent; a person who is sent again has the assignment by then."""
    answered: set[int] = set()
    for user_id in user_ids:
        row = rows[user_id]
        is_again = user_id in answered and row.outcome is not BulkOutcome.ERROR
        yield row.model_copy(update={"outcome": BulkOutcome.UNCHANGED}) if is_again else row
        answered.add(user_id)


def _view(rows: list[BulkAssignmentRow], run_id: int | None) -> BulkAssignmentView:
    counts = Counter(row.outcome for row in rows)
    return BulkAssignmentView(
        created=counts[BulkOutcome.CREATED],
        renewed=counts[BulkOutcome.RENEWED],
        unchanged=counts[BulkOutcome.UNCHANGED],
        errors=counts[BulkOutcome.ERROR],
        results=rows,
        run_id=run_id,
    )
