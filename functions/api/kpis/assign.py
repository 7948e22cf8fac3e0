"""POST /api/kpis/{kpi_id}/assign: an admin gives a KPI to a team or to the company itself."""

from lodestar.application.assignments.assigning import assign_to_group
from lodestar.application.assignments.shapes import AssignmentView, GroupAssignmentDraft
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/kpis/{kpi_id}/assign", needs="kpis.assign_all", success=201)
def handler(kpi_id: PathId, draft: GroupAssignmentDraft, work: UnitOfWork) -> Json[AssignmentView]:
    """Assign a KPI to a team (`team_id`) or the company (without); the same again changes nothing."""
    return assign_to_group(kpi_id, draft, work)
