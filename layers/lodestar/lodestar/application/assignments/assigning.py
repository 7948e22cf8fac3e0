"""Giving KPIs to people: assign, change."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from lodestar.application.caller import Caller
from lodestar.application.ports import UnitOfWork
from lodestar.application.repositories import Person
from lodestar.application.viewing import found
from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.definitions import Definition, TargetType
from lodestar.domain.permissions import may_manage_user, may_view_user
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, InvalidRequest, NotFound
from lodestar.domain.sources import ManualSource
from lodestar.domain.targets import Target
from lodestar.wire.bodies import Body, View
from lodestar.wire.fields import Id, Number, Value, Weight
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit


class TargetRange(Body):
    """The band of a KPI of target_type range, both bounds included."""

    min: Value
    max: Value


type TargetBody = Value | TargetRange


class AssignmentDraft(Body):
    """A KPI for a user. Dates are inclusive."""

    kpi_definition_id: Id
    target_value: TargetBody | None = None
    weight: Weight = Decimal(1)
    start_date: date
    end_date: date | None = None


class GroupAssignmentDraft(Body):
    """A KPI for a team, or without `team_id` for the company itself. Dates are inclusive."""

    team_id: Id | None = None
    target_value: TargetBody | None = None
    weight: Weight = Decimal(1)
    start_date: date
    end_date: date | None = None


class AssignmentChange(Body):
    """What to change; a field that is left out stays as it is."""

    target_value: TargetBody | None = None
    weight: Weight | None = None
    end_date: date | None = None
    is_active: bool | None = None


class TargetRangeView(View):
    """The band of a KPI of target_type range."""

    min: Number
    max: Number


class AssignmentView(View):
    """An assignment."""

    id: int
    kpi_definition_id: int
    subject_type: SubjectType
    user_id: int | None
    team_id: int | None
    target_value: Number | TargetRangeView | None
    weight: Number
    start_date: date
    end_date: date | None
    is_active: bool
    version: int


def visible_person(user_id: int, caller: Caller, work: UnitOfWork) -> Person:
    """The person, if the caller may see their KPIs.

    Raises:
        NotFound: the company has no such user.
        Forbidden: it has, but the caller is neither that person nor their manager nor an admin.
    """
    actor = caller.actor
    if user_id == actor.user_id:  # known since the sign-in: a person's own list saves the look-up
        return Person(user_id, actor.role, actor.team_id, is_active=True)
    return visible(work.people.person(user_id), caller)


def visible(person: Person | None, caller: Caller) -> Person:
    """As `visible_person`, of what the database found: None is nobody."""
    if person is None:
        raise NotFound("There is no such user.")
    if not may_view_user(caller.actor, person.id, person.team_id):
        raise Forbidden("Only this person, their manager and admins can see these KPIs.")
    return person


def managed_person(user_id: int, caller: Caller, work: UnitOfWork) -> Person:
    """The person, if the caller may change their KPIs.

    Raises:
        NotFound, Forbidden: as `visible_person`; a person does not set their own goals.
    """
    return managed(work.people.person(user_id), caller)


def managed(person: Person | None, caller: Caller) -> Person:
    """As `managed_person`, of what the database found: None is nobody."""
    if person is not None and not may_manage_user(caller.actor, person.id, person.team_id):
        raise Forbidden("Only the manager of this person and admins can assign their KPIs.")
    return visible(person, caller)


def assignee(person: Person | None, caller: Caller) -> Person:
    """As `managed`; InvalidContent for somebody who is deactivated."""
    person = managed(person, caller)
    if not person.is_active:
        raise InvalidContent("This user is deactivated: activate them before you assign a KPI.")
    return person


def assignment_of(user_id: int, assignment_id: int, work: UnitOfWork) -> Assignment:
    """The user's assignment of that id.

    Raises:
        NotFound: this user has none of that id.
    """
    return _own(user_id, work.assignments.get(assignment_id))


def _own(user_id: int, assignment: Assignment | None) -> Assignment:
    if assignment is None or assignment.user_id != user_id:
        raise NotFound("This user has no KPI with that id: take the id from the list of their KPIs.")
    return assignment


def one_assignment(ids: tuple[int, int], caller: Caller, work: UnitOfWork) -> Json[AssignmentView]:
    """A user's assignment; `ids` are the user's and the assignment's.

    Raises:
        NotFound, Forbidden: as `visible_person` and `assignment_of`.
    """
    user_id, assignment_id = ids
    visible_person(user_id, caller, work)
    assignment_of(user_id, assignment_id, work)
    return Json(found(work.views.last("assignment", {"id": assignment_id}), "assignment"))


def assign_kpi(
    user_id: int, draft: AssignmentDraft, caller: Caller, work: UnitOfWork
) -> Json[AssignmentView]:
    """Give a KPI to a user. The same assignment again changes nothing and answers the same.

    Raises:
        NotFound, Forbidden: as `managed_person`.
        InvalidContent: no such KPI, a target that does not fit it.
        InvalidRequest: the dates are out of order.
        Conflict: the user has this KPI in these dates already.
    """
    person = assignee(work.people.person(user_id), caller)
    return _assign(draft, SubjectType.USER, (person.id, None), work)


def assign_to_group(kpi_id: int, draft: GroupAssignmentDraft, work: UnitOfWork) -> Json[AssignmentView]:
    """Give a KPI to a team, or to the company itself when no team is named.

    Raises:
        NotFound: there is no such KPI or team.
        InvalidContent, InvalidRequest, Conflict: as `assign_kpi`.
    """
    if work.definitions.get(kpi_id) is None:
        raise NotFound("There is no such KPI.")
    if draft.team_id is not None and not work.people.team_exists(draft.team_id):
        raise InvalidContent.of("team_id", "team_id must be the id of a team of your company.")
    fields = draft.model_dump(exclude={"team_id"}) | {"target_value": draft.target_value}
    kind = SubjectType.COMPANY if draft.team_id is None else SubjectType.TEAM
    return _assign(AssignmentDraft(kpi_definition_id=kpi_id, **fields), kind, (None, draft.team_id), work)


def change_assignment(
    ids: tuple[int, int], edit: Edit[AssignmentChange], caller: Caller, work: UnitOfWork
) -> Json[AssignmentView]:
    """Change a user's assignment; `ids` are the user's and the assignment's.

    Raises:
        NotFound, Forbidden: as `managed_person` and `assignment_of`.
        Conflict: it was changed since the edit's precondition.
        InvalidContent, InvalidRequest, Conflict: as `assign_kpi`.
    """
    user_id, assignment_id = ids
    managed_person(user_id, caller, work)
    before = _own(user_id, work.assignments.locked(assignment_id))
    edit.precondition.hold("assignment", {"id": assignment_id}, work)
    definition = assignable(before.definition_id, work, ignore_retired=True)
    after = _changed(before, edit.change, definition)
    if after != before:
        _check_dates(after)
        _refuse_overlap(after, work.assignments.same_subject(after))
        work.assignments.save(after)
        about = ("assignment", assignment_id)
        work.audit.record("assignment.changed", about, assignment_to_json(before), assignment_to_json(after))
    return Json(found(work.views.last("assignment", {"id": assignment_id}), "assignment"))


def assignment_to_json(assignment: Assignment) -> dict[str, Any]:
    """An assignment as the audit log keeps it."""
    target = assignment.target
    return {
        "definition_id": assignment.definition_id,
        "subject_type": assignment.subject_type,
        "user_id": assignment.user_id,
        "team_id": assignment.team_id,
        "weight": assignment.weight,
        "target": None if target is None else [target.low, target.high],
        "start_date": assignment.start_date,
        "end_date": assignment.end_date,
        "is_active": assignment.is_active,
    }


def target_for(definition: Definition, body: TargetBody | None, name: str = "target_value") -> Target | None:
    """The target of a body, checked against the KPI that it is for; `name` is its field.

    Raises:
        InvalidContent: a band for a KPI that wants one value or the other way round, bounds out of
            order, or a manual KPI's target outside its allowed_range.
    """
    if body is None:
        return None
    if (definition.target_type is TargetType.RANGE) != isinstance(body, TargetRange):
        shape = '{"min": …, "max": …}' if definition.target_type is TargetType.RANGE else "one number"
        raise InvalidContent.of(name, f"{name} of a {definition.target_type} KPI must be {shape}.")
    if isinstance(body, TargetRange):
        if body.min > body.max:
            raise InvalidContent.of(name, f"{name}.min must not be above {name}.max.")
        target = Target(body.min, body.max)
    else:
        target = Target.point(body)
    _refuse_unreachable(definition, target, name)
    return target


def _refuse_unreachable(definition: Definition, target: Target, name: str) -> None:
    source = definition.data_source
    if not isinstance(source, ManualSource):
        return
    low, high = source.allowed_min, source.allowed_max
    if (low is not None and target.low < low) or (high is not None and target.high > high):
        bounds = f"{'−∞' if low is None else low} to {'∞' if high is None else high}"
        raise InvalidContent.of(name, f"{name} must lie in the KPI's allowed_range of {bounds}.")


def _assign(
    draft: AssignmentDraft, kind: SubjectType, subject: tuple[int | None, int | None], work: UnitOfWork
) -> Json[AssignmentView]:
    definition = assignable(draft.kpi_definition_id, work)
    assignment = drafted(draft, definition, kind, subject)
    there = repeated(assignment, work.assignments.same_subject(assignment))
    if there is None:
        assignment_id = work.assignments.add(assignment)
        about = ("assignment", assignment_id)
        work.audit.record("assignment.created", about, None, assignment_to_json(assignment))
    else:
        assignment_id = there.id
    return Json(found(work.views.last("assignment", {"id": assignment_id}), "assignment"))


def drafted(
    draft: AssignmentDraft, definition: Definition, kind: SubjectType, subject: tuple[int | None, int | None]
) -> Assignment:
    """The assignment that a draft asks for, without an id; `subject` is the user's or the team's.

    Raises:
        InvalidContent: the target does not fit the KPI.
        InvalidRequest: the dates are out of order.
    """
    user_id, team_id = subject
    assignment = Assignment(
        id=0,
        definition_id=definition.id,
        subject_type=kind,
        user_id=user_id,
        team_id=team_id,
        weight=draft.weight,
        target=target_for(definition, draft.target_value),
        start_date=draft.start_date,
        end_date=draft.end_date,
    )
    _check_dates(assignment)
    return assignment


def repeated(wanted: Assignment, existing: Sequence[Assignment]) -> Assignment | None:
    """The one of the same subject's assignments that is just as wanted; None when it is new.

    Raises:
        Conflict: the subject has this KPI in some of these dates already, in another way.
    """
    same = next((each for each in existing if replace(each, id=0) == wanted), None)
    if same is None:
        _refuse_overlap(wanted, existing)
    return same


def assignable(definition_id: int, work: UnitOfWork, *, ignore_retired: bool = False) -> Definition:
    """The definition that a body names.

    Raises:
        InvalidContent: the company has none of that id, or it is retired.
    """
    definition = work.definitions.get(definition_id)
    if definition is None:
        raise InvalidContent.of(
            "kpi_definition_id", "kpi_definition_id must be the id of a KPI definition of your company."
        )
    if not definition.is_active and not ignore_retired:
        raise InvalidContent.of(
            "kpi_definition_id", f'The KPI "{definition.key}" is retired: choose another.'
        )
    return definition


def _changed(before: Assignment, change: AssignmentChange, definition: Definition) -> Assignment:
    after = before
    if "target_value" in change.model_fields_set:
        after = replace(after, target=target_for(definition, change.target_value))
    if change.weight is not None:
        after = replace(after, weight=change.weight)
    if "end_date" in change.model_fields_set:
        after = replace(after, end_date=change.end_date)
    if change.is_active is not None:
        after = replace(after, is_active=change.is_active)
    return after


def _check_dates(assignment: Assignment) -> None:
    if assignment.end_date is not None and assignment.end_date < assignment.start_date:
        raise InvalidRequest(
            f"end_date {assignment.end_date} must not lie before start_date {assignment.start_date}."
        )


def _refuse_overlap(assignment: Assignment, others: Iterable[Assignment]) -> None:
    for other in others:
        if other.id == assignment.id or not (other.is_active or other.start_date == assignment.start_date):
            continue
        starts_before_end = other.end_date is None or assignment.start_date <= other.end_date
        ends_after_start = assignment.end_date is None or other.start_date <= assignment.end_date
        if starts_before_end and ends_after_start:
            until = other.end_date or "an open end"
            raise Conflict(
                f"This KPI is assigned from {other.start_date} to {until} already: "
                f"change assignment {other.id}, or choose dates beside it.",
                code="assignment_overlap",
            )
