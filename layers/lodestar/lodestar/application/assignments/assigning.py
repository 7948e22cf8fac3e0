"""Giving KPIs to people, teams and the company: which terms, and who may."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from lodestar.application.access import require_assignment_of, require_found, require_visible_person
from lodestar.application.assignments.ports import AssignmentWork
from lodestar.application.assignments.shapes import AssignmentChange, AssignmentView, TermsDraft
from lodestar.application.assignments.targets import target_for
from lodestar.application.caller import Caller
from lodestar.application.work import AuditedChange, AuditObject
from lodestar.domain.assignments import Assignment, Subject, Terms, TermsChange, UserKpiIds
from lodestar.domain.dates import require_order
from lodestar.domain.definitions import Definition
from lodestar.domain.periods import Period
from lodestar.domain.refusals import InvalidContent
from lodestar.wire.json_view import Json


@dataclass(frozen=True, slots=True)
class AssignmentEdit:
    """What becomes of an assignment's terms; `before` had none where the subject did not have the KPI."""

    before: Assignment
    after: Assignment

    @property
    def changes_nothing(self) -> bool:
        """Whether the terms are what they were."""
        return self.before.terms == self.after.terms


def get_assignment(kpi: UserKpiIds, caller: Caller, work: AssignmentWork) -> Json[AssignmentView]:
    """A user's assignment.

    Raises:
        NotFound: there is no such user, or they have no such assignment.
        Forbidden: the caller is neither that user nor their manager nor an admin.
    """
    # The person first: who may not see them does not learn which assignments there are.
    require_visible_person(kpi.user_id, caller, work.people)
    require_assignment_of(kpi.user_id, work.assignments.get(kpi.assignment_id))
    text = work.views.read_and_commit("assignment", assignment_parameters(kpi.assignment_id, caller, work))
    return Json(require_found(text, "assignment"))


def given_terms(
    definition: Definition, subject: Subject, terms: Terms, work: AssignmentWork, *, renew: bool
) -> AssignmentEdit:
    """Write further terms of a subject, on the assignment that it has or on a new one.

    The same terms again change nothing. With `renew`, older terms end the day before.

    Raises:
        Conflict: other terms have some of their days.
    """
    before = work.assignments.of_subject_for_update(definition.id, subject)
    edit = edit_giving(terms, before or Assignment(0, definition.id, subject), renew=renew)
    if before is None:
        added = work.assignments.add(edit.after)
        edit = AssignmentEdit(with_id(edit.before, added), with_id(edit.after, added))
        work.audit.record("assignment.created", _about(edit), None, assignment_for_audit(edit.after))
    else:
        save_edit(edit, work)
    return edit


def edit_giving(terms: Terms, before: Assignment, *, renew: bool) -> AssignmentEdit:
    """What further terms make of an assignment.

    Raises:
        Conflict: other terms have some of their days.
    """
    if terms in before.terms:
        return AssignmentEdit(before, before)
    return AssignmentEdit(before, before.renewed(terms) if renew else before.with_terms(terms))


def save_edit(edit: AssignmentEdit, work: AssignmentWork) -> None:
    """Write what becomes of the terms, with its entry in the audit log; nothing where nothing changes."""
    save_edits([edit], work)


def save_edits(edits: Iterable[AssignmentEdit], work: AssignmentWork) -> None:
    """Write many edits as one: in a number of statements that does not depend on theirs."""
    changing = [edit for edit in edits if not edit.changes_nothing]
    if changing:
        work.assignments.save_terms({edit.after.id: edit.after.terms for edit in changing})
        work.audit.record_many([audited_change(edit) for edit in changing])


def audited_change(edit: AssignmentEdit) -> AuditedChange:
    """The entry in the audit log for an assignment that there was."""
    before, after = assignment_for_audit(edit.before), assignment_for_audit(edit.after)
    return AuditedChange("assignment.changed", _about(edit), before, after)


def end_terms(subject: Subject, last_day: date, work: AssignmentWork) -> list[int]:
    """End everything that a user or a team has with a day, whole; what was planned for later goes.

    The ids of all their assignments.
    """
    return end_all(work.assignments.all_of(subject), last_day, work)


def end_all(assignments: Sequence[Assignment], last_day: date, work: AssignmentWork) -> list[int]:
    """End the terms of these assignments with a day, whole; what was planned for later goes. Their ids."""
    following = last_day + timedelta(days=1)
    save_edits([AssignmentEdit(each, each.cut_before(following)) for each in assignments], work)
    return [assignment.id for assignment in assignments]


def edit_by(
    change: AssignmentChange, before: Assignment, definition: Definition, today: date, running: Period
) -> AssignmentEdit:
    """What a change makes of an assignment; what it leaves out stays. `running` is the KPI's period of today.

    Raises:
        InvalidContent: a target that does not fit the KPI, no terms on the first day of the change.
        InvalidRequest: an end before the beginning.
    """
    after = before
    if change.terms_change_is_asked:
        day = change.effective_from or _first_day_to_change(before, running)
        after = after.changed_from(day, _terms_change(change, definition))
    elif change.effective_from is not None:
        raise InvalidContent.of(
            "effective_from", "effective_from needs a target_value or a weight that counts from it."
        )
    # For the end date null is a value: no end. Only a field that was sent counts.
    if "end_date" in change.model_fields_set:
        after = after.opened() if change.end_date is None else after.ended_on(change.end_date)
    if change.is_active is not None:
        tomorrow = today + timedelta(days=1)
        after = after.begun_again_on(today) if change.is_active else after.cut_before(tomorrow)
    return AssignmentEdit(before, after)


def require_subject_is_there(edit: AssignmentEdit, change: AssignmentChange, work: AssignmentWork) -> None:
    """InvalidContent where a KPI would go on for a person who has left, or for a team that is dissolved."""
    if edit.after.last_day <= edit.before.last_day:
        return
    subject, field = edit.after.subject, "is_active" if change.is_active else "end_date"
    person = None if subject.user_id is None else work.people.person(subject.user_id)
    if person is not None and not person.is_active:
        rule = "This user is deactivated, and their KPIs have ended: activate them before one goes on."
        raise InvalidContent.of(field, rule)
    if subject.team_id is not None and not work.people.team_exists(subject.team_id):
        raise InvalidContent.of(field, "This team is dissolved, and its KPIs have ended: none goes on.")


def assignment_for_audit(assignment: Assignment) -> dict[str, Any]:
    """What the audit log says of an assignment."""
    return {
        "definition_id": assignment.definition_id,
        "subject_type": assignment.subject_type,
        "user_id": assignment.user_id,
        "team_id": assignment.team_id,
        "terms": [
            {
                "start_date": terms.start_date,
                "end_date": terms.end_date,
                "weight": terms.weight,
                "target": None if terms.target is None else [terms.target.low, terms.target.high],
                "for_people": terms.for_people,
            }
            for terms in assignment.terms
        ],
    }


def with_id(assignment: Assignment, assignment_id: int) -> Assignment:
    """The assignment as it is stored."""
    return Assignment(assignment_id, assignment.definition_id, assignment.subject, assignment.terms)


def drafted_terms(draft: TermsDraft, definition: Definition, *, for_people: bool = False) -> Terms:
    """The terms that a draft asks for; `for_people` is of the company's only.

    Raises:
        InvalidContent: the target does not fit the KPI.
        InvalidRequest: the dates are out of order.
    """
    if draft.end_date is not None:
        require_order(draft.start_date, draft.end_date, "start_date", "end_date")
    return Terms(
        start_date=draft.start_date,
        end_date=draft.end_date,
        weight=draft.weight,
        target=None if draft.target_value is None else target_for(definition, draft.target_value),
        for_people=for_people,
    )


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


def assignment_parameters(assignment_id: int, caller: Caller, work: AssignmentWork) -> dict[str, object]:
    """What the view of an assignment binds."""
    return {"id": assignment_id, "today": caller.company.calendar.local_date(work.now)}


def _about(edit: AssignmentEdit) -> AuditObject:
    return AuditObject("assignment", edit.after.id)


def _first_day_to_change(assignment: Assignment, running: Period) -> date:
    """From where a change counts that names no day: the running period, as far as there are terms in it."""
    terms = assignment.terms_of(running)
    later = [planned.start_date for planned in assignment.terms if planned.start_date > running.end]
    if terms is None and later:
        return min(later)
    return running.start if terms is None else max(running.start, terms.start_date)


def _terms_change(change: AssignmentChange, definition: Definition) -> TermsChange:
    body = change.target_value
    return TermsChange(
        weight=change.weight,
        has_target="target_value" in change.model_fields_set,
        target=None if body is None else target_for(definition, body),
        for_people=change.for_people,
    )
