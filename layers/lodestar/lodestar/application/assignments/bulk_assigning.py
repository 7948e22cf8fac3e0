"""Giving one KPI to many people in one call."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from lodestar.application.assignments.assigning import (
    AssignmentDraft,
    assignable,
    assignee,
    assignment_to_json,
    drafted,
    repeated,
)
from lodestar.application.caller import Caller
from lodestar.application.ports import UnitOfWork
from lodestar.application.repositories import Change
from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.permissions import may_assign
from lodestar.domain.refusals import Forbidden, InvalidContent, LodestarError, TooLarge
from lodestar.wire.bodies import View
from lodestar.wire.fields import Id

MOST_PEOPLE = 1000


class BulkAssignmentDraft(AssignmentDraft):
    """A KPI for many: for the people of `user_ids`, or for the active members of a team."""

    user_ids: Annotated[list[Id], Field(min_length=1)] | None = None
    team_id: Id | None = None


class BulkOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    ERROR = "error"


class BulkAssignmentRow(View):
    """What became of one person; `code` and `error` tell why there is no assignment."""

    user_id: int
    outcome: BulkOutcome
    assignment_id: int | None = None
    code: str | None = None
    error: str | None = None


class BulkAssignmentView(View):
    """What became of everybody, in the order asked."""

    created: int
    unchanged: int
    errors: int
    results: list[BulkAssignmentRow]


def assign_to_many(draft: BulkAssignmentDraft, caller: Caller, work: UnitOfWork) -> BulkAssignmentView:
    """Give a KPI to many people, each judged as `assign_kpi` judges one: a refusal stops no other.

    The number of statements does not depend on the number of people.

    Raises:
        Forbidden: the caller assigns KPIs to nobody.
        TooLarge: more than MOST_PEOPLE; nobody is given anything.
        InvalidContent, InvalidRequest: as `assign_kpi`, where it does not depend on the person.
    """
    refuse_who_assigns_nothing(caller)
    definition = assignable(draft.kpi_definition_id, work)
    wanted = drafted(draft, definition, SubjectType.USER, (None, None))
    user_ids = _asked(draft, work)
    judged = _judged(wanted, user_ids, caller, work)
    fresh = [user_id for user_id, each in judged.items() if each is None]
    added = work.assignments.add_for(fresh, wanted)
    work.audit.record_many([_created(replace(wanted, user_id=each), added[each]) for each in fresh])
    work.commit()
    first = {user_id: _row(user_id, each, added.get(user_id)) for user_id, each in judged.items()}
    return _view(list(_in_order(user_ids, first)))


def refuse_who_assigns_nothing(caller: Caller) -> None:
    """Forbidden for a caller who may change nobody's KPIs."""
    if not may_assign(caller.actor):
        raise Forbidden("Only managers and admins can assign KPIs.")


def refuse_too_many(rows: int) -> None:
    """TooLarge for more people than one call takes."""
    if rows > MOST_PEOPLE:
        raise TooLarge(f"One call takes at most {MOST_PEOPLE} people: send the {rows} in parts.")


def _asked(draft: BulkAssignmentDraft, work: UnitOfWork) -> list[int]:
    if (draft.user_ids is None) == (draft.team_id is None):
        raise InvalidContent.of("user_ids", "Name either user_ids or a team_id.")
    if draft.team_id is not None and not work.people.team_exists(draft.team_id):
        raise InvalidContent.of("team_id", "team_id must be the id of a team of your company.")
    asked = work.people.members(draft.team_id) if draft.team_id is not None else draft.user_ids or []
    refuse_too_many(len(asked))
    return asked


def _judged(
    wanted: Assignment, user_ids: Iterable[int], caller: Caller, work: UnitOfWork
) -> dict[int, Assignment | LodestarError | None]:
    """For each person: the assignment that is there, why there can be none, or None for a new one."""
    persons = work.people.persons(set(user_ids))
    work.assignments.lock(wanted.definition_id)
    existing = by_user(work.assignments.given([wanted.definition_id], set(user_ids)))
    judged: dict[int, Assignment | LodestarError | None] = {}
    for user_id in user_ids:
        try:
            person = assignee(persons.get(user_id), caller)
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


def _created(assignment: Assignment, assignment_id: int) -> Change:
    return Change("assignment.created", ("assignment", assignment_id), None, assignment_to_json(assignment))


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
