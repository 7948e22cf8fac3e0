"""PUT /api/users/{user_id}/kpis/{kpi_id}: a manager changes target, weight or dates."""

from lodestar.application.assignments.shapes import AssignmentChange, AssignmentView
from lodestar.application.workflows.assigning import change_assignment
from lodestar.application.workflows.context import ChangeContext
from lodestar.domain.assignments import UserKpiIds
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathIds
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit


@endpoint("PUT", "/api/users/{user_id}/kpis/{kpi_id}")
def handler(ids: PathIds, edit: Edit[AssignmentChange], context: ChangeContext) -> Json[AssignmentView]:
    """Change an assignment from a day on, or end it; what is left out stays."""
    return change_assignment(UserKpiIds(*ids), edit, context)
