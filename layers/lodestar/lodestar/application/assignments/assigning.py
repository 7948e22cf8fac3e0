"""Giving KPIs to people: assign, change."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from lodestar.application.access import (
    require_assignable,
    require_assignment_of,
    require_found,
    require_managed,
    require_visible_person,
)
from lodestar.application.assignments.ports import AssignmentWork
from lodestar.application.assignments.shapes import (
    AssignmentChange,
    AssignmentDraft,
    AssignmentView,
    GroupAssignmentDraft,
)
from lodestar.application.assignments.targets import target_for
from lodestar.application.caller import Caller
from lodestar.application.work import AuditObject
from lodestar.domain.assignments import Assignment, SubjectType, UserKpiIds
from lodestar.domain.dates import require_order
from lodestar.domain.definitions import Definition
from lodestar.domain.refusals import Conflict, InvalidContent, NotFound
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit


def get_assignment(kpi: UserKpiIds, caller: Caller, work: AssignmentWork) -> Json[AssignmentView]:
    """A user's assignment.

    Raises:
        NotFound: there is no such user, or they have no such assignment.
        Forbidden: the caller is neither that user nor their manager nor an admin.
    """
    # The person first: who may not see them does not learn which assignments there are.
    require_visible_person(kpi.user_id, caller, work.people)
    require_assignment_of(kpi.user_id, work.assignments.get(kpi.assignment_id))
    return _committed_view(kpi.assignment_id, work)


def assign_kpi(
    user_id: int, draft: AssignmentDraft, caller: Caller, work: AssignmentWork
) -> Json[AssignmentView]:
    """Give a KPI to a user. The same assignment again changes nothing and answers the same.

    Raises:
        NotFound: there is no such user.
        Forbidden: the caller is neither the user's manager nor an admin.
        InvalidContent: the user is deactivated, no such KPI, a target that does not fit it.
        InvalidRequest: the dates are out of order.
        Conflict: the user has this KPI in these dates already.
    """
    person = require_assignable(work.people.person(user_id), caller)
    definition = require_assignable_kpi(draft.kpi_definition_id, work)
    wanted = drafted_assignment(draft, definition, SubjectType.USER)
    return _assign(replace(wanted, user_id=person.id), work)


def assign_to_group(kpi_id: int, draft: GroupAssignmentDraft, work: AssignmentWork) -> Json[AssignmentView]:
    """Give a KPI to a team, or to the company itself when no team is named.

    Raises:
        NotFound: there is no such KPI.
        InvalidContent: no such team, the KPI is retired, a target that does not fit it.
        InvalidRequest: the dates are out of order.
        Conflict: the team or the company has this KPI in these dates already.
    """
    if work.definitions.get(kpi_id) is None:
        raise NotFound("There is no such KPI.")
    if draft.team_id is not None:
        require_team(draft.team_id, work)
    fields = draft.model_dump(exclude={"team_id"}) | {"target_value": draft.target_value}
    definition = require_assignable_kpi(kpi_id, work)
    subject_type = SubjectType.COMPANY if draft.team_id is None else SubjectType.TEAM
    wanted = drafted_assignment(AssignmentDraft(kpi_definition_id=kpi_id, **fields), definition, subject_type)
    return _assign(replace(wanted, team_id=draft.team_id), work)


def change_assignment(
    kpi: UserKpiIds, edit: Edit[AssignmentChange], caller: Caller, work: AssignmentWork
) -> Json[AssignmentView]:
    """Change a user's assignment; what the change leaves out stays.

    Raises:
        NotFound: there is no such user, or they have no such assignment.
        Forbidden: the caller is neither the user's manager nor an admin.
        Conflict: it was changed since the edit's precondition, or its new dates overlap another one's.
        InvalidContent: a target that does not fit the KPI.
        InvalidRequest: the dates are out of order.
    """
    require_managed(work.people.person(kpi.user_id), caller)
    before = require_assignment_of(kpi.user_id, work.assignments.get_for_update(kpi.assignment_id))
    # Only now that nobody else can change it does it make sense to compare it with what the caller saw.
    edit.precondition.require_met(lambda: _view(before.id, work))
    # A retired KPI can still be ended or reweighed: its assignments outlive it.
    definition = require_kpi(before.definition_id, work)
    after = _changed(before, edit.change, definition)
    if after != before:
        _require_dates_in_order(after)
        _require_no_overlap(after, work.assignments.same_subject_for_update(after))
        work.assignments.save(after)
        about = AuditObject("assignment", before.id)
        work.audit.record(
            "assignment.changed", about, assignment_for_audit(before), assignment_for_audit(after)
        )
    return _committed_view(before.id, work)


def assignment_for_audit(assignment: Assignment) -> dict[str, Any]:
    """What the audit log says of an assignment."""
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


def _assign(wanted: Assignment, work: AssignmentWork) -> Json[AssignmentView]:
    same = same_assignment(wanted, work.assignments.same_subject_for_update(wanted))
    # The same again is no conflict: a client whose answer was lost may just repeat itself.
    if same is not None:
        return _committed_view(same.id, work)
    assignment_id = work.assignments.add(wanted)
    about = AuditObject("assignment", assignment_id)
    work.audit.record("assignment.created", about, None, assignment_for_audit(wanted))
    return _committed_view(assignment_id, work)


def drafted_assignment(
    draft: AssignmentDraft, definition: Definition, subject_type: SubjectType
) -> Assignment:
    """The assignment that a draft asks for, without an id and without its user or team yet.

    Raises:
        InvalidContent: the target does not fit the KPI.
        InvalidRequest: the dates are out of order.
    """
    assignment = Assignment(
        id=0,
        definition_id=definition.id,
        subject_type=subject_type,
        user_id=None,
        team_id=None,
        weight=draft.weight,
        target=None if draft.target_value is None else target_for(definition, draft.target_value),
        start_date=draft.start_date,
        end_date=draft.end_date,
    )
    _require_dates_in_order(assignment)
    return assignment


def same_assignment(wanted: Assignment, existing: Sequence[Assignment]) -> Assignment | None:
    """The one of the same subject's assignments that is just as wanted; None when it is new.

    Raises:
        Conflict: the subject has this KPI in some of these dates already, in another way.
    """
    same = next((assignment for assignment in existing if replace(assignment, id=0) == wanted), None)
    if same is None:
        _require_no_overlap(wanted, existing)
    return same


def require_kpi(definition_id: int, work: AssignmentWork) -> Definition:
    """The definition that a body names, retired or not.

    Raises:
        InvalidContent: the company has none of that id.
    """
    definition = work.definitions.get(definition_id)
    if definition is None:
        raise InvalidContent.of(
            "kpi_definition_id", "kpi_definition_id must be the id of a KPI definition of your company."
        )
    return definition


def require_assignable_kpi(definition_id: int, work: AssignmentWork) -> Definition:
    """The definition that a body names, if it can be given to anybody.

    Raises:
        InvalidContent: the company has none of that id, or it is retired.
    """
    definition = require_kpi(definition_id, work)
    if not definition.is_active:
        raise InvalidContent.of(
            "kpi_definition_id", f'The KPI "{definition.key}" is retired: choose another.'
        )
    return definition


def require_team(team_id: int, work: AssignmentWork) -> None:
    """InvalidContent for a team that the company does not have."""
    if not work.people.team_exists(team_id):
        raise InvalidContent.of("team_id", "team_id must be the id of a team of your company.")


def _changed(before: Assignment, change: AssignmentChange, definition: Definition) -> Assignment:
    after = before
    # For target and end date null is a value: no target, no end. Only a field that was sent counts.
    if "target_value" in change.model_fields_set:
        body = change.target_value
        after = replace(after, target=None if body is None else target_for(definition, body))
    if change.weight is not None:
        after = replace(after, weight=change.weight)
    if "end_date" in change.model_fields_set:
        after = replace(after, end_date=change.end_date)
    if change.is_active is not None:
        after = replace(after, is_active=change.is_active)
    return after


def _require_dates_in_order(assignment: Assignment) -> None:
    if assignment.end_date is not None:
        require_order(assignment.start_date, assignment.end_date, "start_date", "end_date")


def _require_no_overlap(assignment: Assignment, others: Iterable[Assignment]) -> None:
    for other in others:
        # One that is not active counts for nothing, but the database takes no two with the same start.
        counts = other.is_active or other.start_date == assignment.start_date
        if other.id != assignment.id and counts and assignment.overlaps(other):
            until = other.end_date or "an open end"
            raise Conflict(
                f"This KPI is assigned from {other.start_date} to {until} already: "
                f"change assignment {other.id}, or choose dates beside it.",
                code="assignment_overlap",
            )


def _view(assignment_id: int, work: AssignmentWork) -> str:
    return require_found(work.views.read("assignment", {"id": assignment_id}), "assignment")


def _committed_view(assignment_id: int, work: AssignmentWork) -> Json[AssignmentView]:
    text = work.views.read_and_commit("assignment", {"id": assignment_id})
    return Json(require_found(text, "assignment"))
