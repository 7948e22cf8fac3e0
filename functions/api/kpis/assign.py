"""POST /api/kpis/{kpi_id}/assign: an admin gives a KPI to a team or to the company itself."""

from lodestar.application.assignments.shapes import AssignmentView, GroupAssignmentDraft
from lodestar.application.workflows.assigning import assign_to_group
from lodestar.application.workflows.context import ChangeContext
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.runtime.responses import Created


@endpoint("POST", "/api/kpis/{kpi_id}/assign", needs="kpis.assign_all", success=201)
def handler(kpi_id: PathId, draft: GroupAssignmentDraft, context: ChangeContext) -> Created[AssignmentView]:
    """Assign a KPI to a team (`team_id`) or the company (without); the same again changes nothing."""
    assigned = assign_to_group(kpi_id, draft, context)
    return Created(assigned.view, assigned.is_new)
