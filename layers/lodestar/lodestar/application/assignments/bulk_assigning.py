"""Giving one KPI to many people in one call."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from lodestar.application.access import require_assignable, require_assigner
from lodestar.application.assignments.assigning import (
    assignment_for_audit,
    drafted_assignment,
    require_assignable_kpi,
    require_team,
    same_assignment,
)
from lodestar.application.assignments.ports import AssignmentWork
from lodestar.application.assignments.shapes import (
    BulkAssignmentDraft,
    BulkAssignmentRow,
    BulkAssignmentView,
    BulkOutcome,
)
from lodestar.application.caller import Caller
from lodestar.application.work import AuditedChange, AuditObject
from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.limits import require_at_most
from lodestar.domain.refusals import InvalidContent, LodestarError

MAX_PEOPLE_PER_CALL = 1000

type ExistingOrRefusal = Assignment | LodestarError | None
"""The assignment that a person has already, why they can have none, or None for a new one."""


def assign_to_many(draft: BulkAssignmentDraft, caller: Caller, work: AssignmentWork) -> BulkAssignmentView:
    """Give a KPI to many people, under the rules of giving it to one: a refusal stops no other.

    The number of statements does not depend on the number of people.

    Raises:
        Forbidden: the caller assigns KPIs to nobody.
        TooLarge: more than MAX_PEOPLE_PER_CALL; nobody is given anything.
        InvalidContent: no such KPI or team, a target that does not fit the KPI, neither people nor a team.
        InvalidRequest: the dates are out of order.
    """
    require_assigner(caller)
    definition = require_assignable_kpi(draft.kpi_definition_id, work)
    # Once for all: what is wrong with the target or the dates is wrong for everybody.
    wanted = drafted_assignment(draft, definition, SubjectType.USER)
    user_ids = _requested_users(draft, work)
    found = _existing_or_refused(wanted, user_ids, caller, work)
    new_users = [user_id for user_id, existing in found.items() if existing is None]
    new_ids = work.assignments.add_many(new_users, wanted)
    work.audit.record_many(
        [_created(replace(wanted, user_id=user_id), new_ids[user_id]) for user_id in new_users]
    )
    work.commit()
    rows = {user_id: _row(user_id, existing, new_ids.get(user_id)) for user_id, existing in found.items()}
    return _view(list(_in_order(user_ids, rows)))


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


def _existing_or_refused(
    wanted: Assignment, user_ids: Iterable[int], caller: Caller, work: AssignmentWork
) -> dict[int, ExistingOrRefusal]:
    persons = work.people.persons(set(user_ids))
    # Before the assignments are read: of two writers, the second has to see what the first has added.
    work.definitions.lock(wanted.definition_id)
    of_user = assignments_by_user(
        work.assignments.of_users_and_company([wanted.definition_id], set(user_ids))
    )
    found: dict[int, ExistingOrRefusal] = {}
    for user_id in user_ids:
        try:
            person = require_assignable(persons.get(user_id), caller)
            found[user_id] = same_assignment(replace(wanted, user_id=person.id), of_user.get(user_id, []))
        except LodestarError as refusal:
            found[user_id] = refusal
    return found


def assignments_by_user(assignments: Iterable[Assignment]) -> Mapping[int, list[Assignment]]:
    """The assignments of users, in their order; those of teams and of the company are left out."""
    of_user: dict[int, list[Assignment]] = {}
    for assignment in assignments:
        if assignment.user_id is not None:
            of_user.setdefault(assignment.user_id, []).append(assignment)
    return of_user


def _created(assignment: Assignment, assignment_id: int) -> AuditedChange:
    about = AuditObject("assignment", assignment_id)
    return AuditedChange("assignment.created", about, None, assignment_for_audit(assignment))


def _row(user_id: int, existing: ExistingOrRefusal, new_id: int | None) -> BulkAssignmentRow:
    if isinstance(existing, LodestarError):
        return BulkAssignmentRow(
            user_id=user_id, outcome=BulkOutcome.ERROR, code=existing.code, error=existing.message
        )
    if existing is None:
        return BulkAssignmentRow(user_id=user_id, outcome=BulkOutcome.CREATED, assignment_id=new_id)
    return BulkAssignmentRow(user_id=user_id, outcome=BulkOutcome.UNCHANGED, assignment_id=existing.id)


def _in_order(user_ids: Iterable[int], rows: Mapping[int, BulkAssignmentRow]) -> Iterator[BulkAssignmentRow]:
    """A row for each id that was sent; a person who is sent again has the assignment by then."""
    answered: set[int] = set()
    for user_id in user_ids:
        row = rows[user_id]
        is_again = user_id in answered and row.outcome is BulkOutcome.CREATED
        yield row.model_copy(update={"outcome": BulkOutcome.UNCHANGED}) if is_again else row
        answered.add(user_id)


def _view(rows: list[BulkAssignmentRow]) -> BulkAssignmentView:
    counts = Counter(row.outcome for row in rows)
    return BulkAssignmentView(
        created=counts[BulkOutcome.CREATED],
        unchanged=counts[BulkOutcome.UNCHANGED],
        errors=counts[BulkOutcome.ERROR],
        results=rows,
    )
