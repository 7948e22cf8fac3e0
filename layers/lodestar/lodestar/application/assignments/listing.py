"""Who has a KPI: people, teams and the company itself, as far as the caller may see them."""

from lodestar.application.access import (
    require_definition,
    require_found,
    require_unlocked,
    require_visible_team,
)
from lodestar.application.assignments.assigning import assignment_parameters
from lodestar.application.assignments.ports import AssignmentWork
from lodestar.application.assignments.shapes import AssignmentList, AssignmentView
from lodestar.application.caller import Caller
from lodestar.application.pages import read_page_and_commit
from lodestar.domain.assignments import Assignment, KpiAssignmentIds, SubjectType
from lodestar.domain.permissions import KPIS_ASSIGN_ALL, may_view_kpi
from lodestar.domain.refusals import NotFound
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery


def assignments_of_kpi(
    kpi_id: int, query: PageQuery, caller: Caller, work: AssignmentWork
) -> Json[AssignmentList]:
    """A page of the assignments of a KPI that the caller may see; the others are left out.

    Raises:
        NotFound: there is no such KPI.
    """
    definition = require_definition(work.definitions.get(kpi_id))
    actor = caller.actor
    parameters = {
        "kpi_id": kpi_id,
        "today": caller.company.calendar.local_date(work.now),
        "now": work.now,
        "everybody": actor.may(KPIS_ASSIGN_ALL),
        "me": caller.user_id,
        "teams": sorted(actor.managed_team_ids),
        "company_too": may_view_kpi(actor, definition.id, definition.known_category),
    }
    return Json(read_page_and_commit("assignments", query, work, **parameters))


def group_assignment(ids: KpiAssignmentIds, caller: Caller, work: AssignmentWork) -> Json[AssignmentView]:
    """The assignment of a KPI to a team or to the company.

    Raises:
        NotFound: there is no such KPI, or it has no such assignment.
        Forbidden: the KPI is locked for the caller, or the team is not theirs to see.
    """
    definition = require_definition(work.definitions.get(ids.kpi_id))
    assignment = require_group_assignment(ids, work.assignments.get(ids.assignment_id))
    if assignment.team_id is None:
        require_unlocked(definition, caller.actor)
    else:
        require_visible_team(assignment.team_id, caller)
    parameters = assignment_parameters(assignment.id, caller, work)
    return Json(require_found(work.views.read_and_commit("assignment", parameters), "assignment"))


def require_group_assignment(ids: KpiAssignmentIds, found: Assignment | None) -> Assignment:
    """The assignment, if it gives that KPI to a team or to the company; else NotFound."""
    if found is None or found.definition_id != ids.kpi_id or found.subject_type is SubjectType.USER:
        raise NotFound("There is no such assignment of this KPI to a team or to the company.")
    return found
