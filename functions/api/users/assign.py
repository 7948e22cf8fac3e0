"""POST /api/users/{user_id}/kpis/assign: a manager gives a KPI to a person."""

from lodestar.application.assignments.shapes import AssignmentDraft, AssignmentView
from lodestar.application.workflows.assigning import assign_kpi
from lodestar.application.workflows.context import ChangeContext
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.runtime.responses import Created


@endpoint("POST", "/api/users/{user_id}/kpis/assign", success=201)
def handler(user_id: PathId, draft: AssignmentDraft, context: ChangeContext) -> Created[AssignmentView]:
    """Assign a KPI with target and weight: 201, or 200 when the person has it on these terms already."""
    assigned = assign_kpi(user_id, draft, context)
    return Created(assigned.view, assigned.is_new)
