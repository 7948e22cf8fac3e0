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
from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.dates import require_order
from lodestar.domain.definitions import Definition
from lodestar.domain.refusals import Conflict, InvalidContent, NotFound
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit


def one_assignment(ids: tuple[int, int], caller: Caller, work: AssignmentWork) -> Json[AssignmentView]:
    """A user's assignment; `ids` are the user's and the assignment's.

    Raises:
        NotFound, Forbidden: as `require_visible_person` and `require_assignment_of`.
    """
    user_id, assignment_id = ids
    require_visible_person(user_id, caller, work.people)
    require_assignment_of(user_id, work.assignments.get(assignment_id))
    return _committed_view(assignment_id, work)


def assign_kpi(
    user_id: int, draft: AssignmentDraft, caller: Caller, work: AssignmentWork
) -> Json[AssignmentView]:
    """Give a KPI to a user. The same assignment again changes nothing and answers the same.

    Raises:
        NotFound, Forbidden: as `managed_person`.
        InvalidContent: no such KPI, a target that does not fit it.
        InvalidRequest: the dates are out of order.
        Conflict: the user has this KPI in these dates already.
    """
    person = require_assignable(work.people.person(user_id), caller)
    return _assign(draft, SubjectType.USER, (person.id, None), work)


def assign_to_group(kpi_id: int, draft: GroupAssignmentDraft, work: AssignmentWork) -> Json[AssignmentView]:
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
    ids: tuple[int, int], edit: Edit[AssignmentChange], caller: Caller, work: AssignmentWork
) -> Json[AssignmentView]:
    """Change a user's assignment; `ids` are the user's and the assignment's.

    Raises:
        NotFound, Forbidden: as `managed_person` and `require_assignment_of`.
        Conflict: it was changed since the edit's precondition.
        InvalidContent, InvalidRequest, Conflict: as `assign_kpi`.
    """
    user_id, assignment_id = ids
    require_managed(work.people.person(user_id), caller)
    before = require_assignment_of(user_id, work.assignments.get_for_update(assignment_id))
    edit.precondition.require_met(lambda: _view(assignment_id, work))
    definition = assignable(before.definition_id, work, ignore_retired=True)
    after = _changed(before, edit.change, definition)
    if after != before:
        _check_dates(after)
        _refuse_overlap(after, work.assignments.same_subject_for_update(after))
        work.assignments.save(after)
        about = AuditObject("assignment", assignment_id)
        work.audit.record(
            "assignment.changed", about, assignment_for_audit(before), assignment_for_audit(after)
        )
    return _committed_view(assignment_id, work)


def assignment_for_audit(assignment: Assignment) -> dict[str, Any]:
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


def _assign(
    draft: AssignmentDraft, kind: SubjectType, subject: tuple[int | None, int | None], work: AssignmentWork
) -> Json[AssignmentView]:
    definition = assignable(draft.kpi_definition_id, work)
    assignment = drafted(draft, definition, kind, subject)
    there = repeated(assignment, work.assignments.same_subject_for_update(assignment))
    if there is None:
        assignment_id = work.assignments.add(assignment)
        about = AuditObject("assignment", assignment_id)
        work.audit.record("assignment.created", about, None, assignment_for_audit(assignment))
    else:
        assignment_id = there.id
    return _committed_view(assignment_id, work)


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


def assignable(definition_id: int, work: AssignmentWork, *, ignore_retired: bool = False) -> Definition:
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
    if assignment.end_date is not None:
        require_order(assignment.start_date, assignment.end_date, "start_date", "end_date")


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


def _view(assignment_id: int, work: AssignmentWork) -> str:
    return require_found(work.views.read("assignment", {"id": assignment_id}), "assignment")


def _committed_view(assignment_id: int, work: AssignmentWork) -> Json[AssignmentView]:
    text = work.views.read_and_commit("assignment", {"id": assignment_id})
    return Json(require_found(text, "assignment"))
