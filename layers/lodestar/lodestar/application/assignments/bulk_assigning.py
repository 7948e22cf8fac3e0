"""Giving one KPI to many people in one call."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from lodestar.application.access import require_assignable, require_assigner
from lodestar.application.assignments.assigning import assignable, assignment_for_audit, drafted, repeated
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
from lodestar.domain.refusals import InvalidContent, LodestarError, TooLarge

MAX_PEOPLE_PER_CALL = 1000


def assign_to_many(draft: BulkAssignmentDraft, caller: Caller, work: AssignmentWork) -> BulkAssignmentView:
    """Give a KPI to many people, each judged as `assign_kpi` judges one: a refusal stops no other.

    The number of statements does not depend on the number of people.

    Raises:
        Forbidden: the caller assigns KPIs to nobody.
        TooLarge: more than MAX_PEOPLE_PER_CALL; nobody is given anything.
        InvalidContent, InvalidRequest: as `assign_kpi`, where it does not depend on the person.
    """
    require_assigner(caller)
    definition = assignable(draft.kpi_definition_id, work)
    wanted = drafted(draft, definition, SubjectType.USER, (None, None))
    user_ids = _asked(draft, work)
    judged = _judged(wanted, user_ids, caller, work)
    fresh = [user_id for user_id, each in judged.items() if each is None]
    added = work.assignments.add_many(fresh, wanted)
    work.audit.record_many([_created(replace(wanted, user_id=each), added[each]) for each in fresh])
    work.commit()
    first = {user_id: _row(user_id, each, added.get(user_id)) for user_id, each in judged.items()}
    return _view(list(_in_order(user_ids, first)))


def refuse_too_many(rows: int) -> None:
    """TooLarge for more people than one call takes."""
    if rows > MAX_PEOPLE_PER_CALL:
        raise TooLarge(f"One call takes at most {MAX_PEOPLE_PER_CALL} people: send the {rows} in parts.")


def _asked(draft: BulkAssignmentDraft, work: AssignmentWork) -> list[int]:
    if (draft.user_ids is None) == (draft.team_id is None):
        raise InvalidContent.of("user_ids", "Name either user_ids or a team_id.")
    if draft.team_id is not None and not work.people.team_exists(draft.team_id):
        raise InvalidContent.of("team_id", "team_id must be the id of a team of your company.")
    asked = work.people.members(draft.team_id) if draft.team_id is not None else draft.user_ids or []
    refuse_too_many(len(asked))
    return asked


def _judged(
    wanted: Assignment, user_ids: Iterable[int], caller: Caller, work: AssignmentWork
) -> dict[int, Assignment | LodestarError | None]:
    """For each person: the assignment that is there, why there can be none, or None for a new one."""
    persons = work.people.persons(set(user_ids))
    work.definitions.lock(wanted.definition_id)
    existing = by_user(work.assignments.given([wanted.definition_id], set(user_ids)))
    judged: dict[int, Assignment | LodestarError | None] = {}
    for user_id in user_ids:
        try:
            person = require_assignable(persons.get(user_id), caller)
            judged[user_id] = repeated(replace(wanted, user_id=person.id), existing.get(user_id, []))
        except LodestarError as error:
            judged[user_id] = error
    return judged


def by_user(assignments: Iterable[Assignment]) -> Mapping[int | None, list[Assignment]]:
    """Assignments by their user, in their order; those of teams and the company under None."""
    found: dict[int | None, list[Assignment]] = {}
    for each in assignments:
        found.setdefault(each.user_id, []).append(each)
    return found


def _created(assignment: Assignment, assignment_id: int) -> AuditedChange:
    return AuditedChange(
        "assignment.created", AuditObject("assignment", assignment_id), None, assignment_for_audit(assignment)
    )


def _row(user_id: int, there: Assignment | LodestarError | None, new_id: int | None) -> BulkAssignmentRow:
    if isinstance(there, LodestarError):
        return BulkAssignmentRow(
            user_id=user_id, outcome=BulkOutcome.ERROR, code=there.code, error=there.message
        )
    if there is None:
        return BulkAssignmentRow(user_id=user_id, outcome=BulkOutcome.CREATED, assignment_id=new_id)
    return BulkAssignmentRow(user_id=user_id, outcome=BulkOutcome.UNCHANGED, assignment_id=there.id)


def _in_order(user_ids: Iterable[int], rows: Mapping[int, BulkAssignmentRow]) -> Iterator[BulkAssignmentRow]:
    """A row for each person asked for; whoever is asked for again has the assignment by then."""
    told: set[int] = set()
    for user_id in user_ids:
        row = rows[user_id]
        is_again = user_id in told and row.outcome is BulkOutcome.CREATED
        yield row.model_copy(update={"outcome": BulkOutcome.UNCHANGED}) if is_again else row
        told.add(user_id)


def _view(rows: list[BulkAssignmentRow]) -> BulkAssignmentView:
    counts = Counter(each.outcome for each in rows)
    return BulkAssignmentView(
        created=counts[BulkOutcome.CREATED],
        unchanged=counts[BulkOutcome.UNCHANGED],
        errors=counts[BulkOutcome.ERROR],
        results=rows,
    )
