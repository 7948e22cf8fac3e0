"""Giving KPIs, changing on which terms somebody has them, taking them away; and what follows from it."""

from dataclasses import dataclass

from lodestar.application.access import (
    require_assignable,
    require_assignment_of,
    require_definition,
    require_found,
    require_managed,
    require_unlocked,
)
from lodestar.application.assignments.assigning import (
    AssignmentEdit,
    assignment_parameters,
    drafted_terms,
    edit_by,
    given_terms,
    require_assignable_kpi,
    require_kpi,
    require_subject_is_there,
    require_team,
    save_edit,
)
from lodestar.application.assignments.listing import require_group_assignment
from lodestar.application.assignments.shapes import (
    AssignmentChange,
    AssignmentDraft,
    AssignmentView,
    GroupAssignmentDraft,
    WithdrawalQuery,
)
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.terms import follow_terms
from lodestar.domain.assignments import Assignment, KpiAssignmentIds, Subject, Terms, UserKpiIds
from lodestar.domain.definitions import Definition
from lodestar.domain.refusals import NotFound
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit


@dataclass(frozen=True, slots=True)
class Assigned:
    """The answer to giving a KPI; not `is_new`: the subject has it on these terms already."""

    view: Json[AssignmentView]
    is_new: bool


def assign_kpi(user_id: int, draft: AssignmentDraft, context: ChangeContext) -> Assigned:
    """Give a KPI to a user, or further terms where they have it. The same again changes nothing.

    Raises:
        NotFound: there is no such user.
        Forbidden: the caller is neither the user's manager nor an admin.
        InvalidContent: the user is deactivated, no such KPI, a target that does not fit it.
        InvalidRequest: the dates are out of order.
        Conflict: the user has this KPI in these dates already, on other terms.
    """
    person = require_assignable(context.work.people.person(user_id), context.caller)
    definition = require_assignable_kpi(draft.kpi_definition_id, context.work)
    terms = drafted_terms(draft, definition)
    return _assign(definition, Subject(user_id=person.id), terms, context, renew=draft.renew)


def assign_to_group(kpi_id: int, draft: GroupAssignmentDraft, context: ChangeContext) -> Assigned:
    """Give a KPI to a team, or to the company itself when no team is named.

    Raises:
        NotFound: there is no such KPI.
        Forbidden: it is locked for the caller, and no team is named.
        InvalidContent: no such team, the KPI is retired, a target that does not fit it.
        InvalidRequest: the dates are out of order.
        Conflict: the team or the company has this KPI in these dates already, on other terms.
    """
    found = context.work.definitions.get(kpi_id)
    if found is None:
        raise NotFound("There is no such KPI.")
    if draft.team_id is None:
        require_unlocked(found, context.caller.actor)
    else:
        require_team(draft.team_id, context.work)
    definition = require_assignable_kpi(kpi_id, context.work)
    terms = drafted_terms(draft, definition, for_people=draft.for_people)
    return _assign(definition, Subject(team_id=draft.team_id), terms, context, renew=draft.renew)


def change_assignment(
    kpi: UserKpiIds, edit: Edit[AssignmentChange], context: ChangeContext
) -> Json[AssignmentView]:
    """Change a user's assignment; what the change leaves out stays.

    Raises:
        NotFound: there is no such user, or they have no such assignment.
        Forbidden: the caller is neither the user's manager nor an admin.
        Conflict: it was changed since the edit's precondition.
        InvalidContent: a target that does not fit the KPI, no terms on the first day of the change, or it
            would go on for a person who has left.
        InvalidRequest: an end before the beginning.
    """
    return _change(_managed_assignment(kpi, context), edit, context)


def change_group_assignment(
    ids: KpiAssignmentIds, edit: Edit[AssignmentChange], context: ChangeContext
) -> Json[AssignmentView]:
    """Change the assignment of a team or of the company; what the change leaves out stays.

    Raises:
        NotFound: there is no such KPI, or it has no such assignment.
        Forbidden: it is the company's, and the KPI is locked for the caller.
        Conflict: it was changed since the edit's precondition.
        InvalidContent: a target that does not fit the KPI, no terms on the first day of the change, or it
            would go on for a team that is dissolved.
        InvalidRequest: an end before the beginning.
    """
    return _change(_group_assignment(ids, context), edit, context)


def withdraw_assignment(
    kpi: UserKpiIds, query: WithdrawalQuery, context: ChangeContext
) -> Json[AssignmentView]:
    """Take back a user's terms from a day on, or all of them, with what was measured there.

    Raises:
        NotFound: there is no such user, or they have no such assignment.
        Forbidden: the caller is neither the user's manager nor an admin.
    """
    return _withdraw(_managed_assignment(kpi, context), query, context)


def withdraw_group_assignment(
    ids: KpiAssignmentIds, query: WithdrawalQuery, context: ChangeContext
) -> Json[AssignmentView]:
    """Take back terms of a team or of the company from a day on, or all, with what was measured there.

    Raises:
        NotFound: there is no such KPI, or it has no such assignment.
        Forbidden: it is the company's, and the KPI is locked for the caller.
    """
    return _withdraw(_group_assignment(ids, context), query, context)


def _assign(
    definition: Definition, subject: Subject, terms: Terms, context: ChangeContext, *, renew: bool
) -> Assigned:
    edit = given_terms(definition, subject, terms, context.work, renew=renew)
    return Assigned(_followed_view(edit, definition, context), is_new=not edit.changes_nothing)


def _managed_assignment(kpi: UserKpiIds, context: ChangeContext) -> Assignment:
    require_managed(context.work.people.person(kpi.user_id), context.caller)
    assignment = context.work.assignments.get_for_update(kpi.assignment_id)
    return require_assignment_of(kpi.user_id, assignment)


def _group_assignment(ids: KpiAssignmentIds, context: ChangeContext) -> Assignment:
    definition = require_definition(context.work.definitions.get(ids.kpi_id))
    assignment = require_group_assignment(ids, context.work.assignments.get_for_update(ids.assignment_id))
    if assignment.team_id is None:
        require_unlocked(definition, context.caller.actor)
    return assignment


def _change(before: Assignment, edit: Edit[AssignmentChange], context: ChangeContext) -> Json[AssignmentView]:
    # Only now that nobody else can change it does it make sense to compare it with what the caller saw.
    edit.precondition.require_met(lambda: _view(before.id, context))
    # A retired KPI can still be ended or reweighed: its assignments outlive it.
    definition = require_kpi(before.definition_id, context.work)
    running = context.calendar.containing(definition.aggregation_period, context.today)
    change = edit_by(edit.change, before, definition, context.today, running)
    require_subject_is_there(change, edit.change, context.work)
    save_edit(change, context.work)
    return _followed_view(change, definition, context, dry_run=edit.change.dry_run)


def _withdraw(before: Assignment, query: WithdrawalQuery, context: ChangeContext) -> Json[AssignmentView]:
    definition = require_kpi(before.definition_id, context.work)
    after = before.cut_before(query.first) if query.first is not None else before.without_terms()
    edit = AssignmentEdit(before, after)
    save_edit(edit, context.work)
    return _followed_view(edit, definition, context, dry_run=query.dry_run)


def _followed_view(
    edit: AssignmentEdit, definition: Definition, context: ChangeContext, *, dry_run: bool = False
) -> Json[AssignmentView]:
    """The assignment as it is now, with what followed. A dry run has done all of it, and commits nothing."""
    follow_terms([edit], definition, context)
    if dry_run:
        return Json(_view(edit.after.id, context))
    parameters = assignment_parameters(edit.after.id, context.caller, context.work)
    return Json(require_found(context.work.views.read_and_commit("assignment", parameters), "assignment"))


def _view(assignment_id: int, context: ChangeContext) -> str:
    parameters = assignment_parameters(assignment_id, context.caller, context.work)
    return require_found(context.work.views.read("assignment", parameters), "assignment")
