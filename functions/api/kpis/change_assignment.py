"""PUT /api/kpis/{kpi_id}/assignments/{assignment_id}: an admin changes target, weight or dates."""

from lodestar.application.assignments.shapes import AssignmentChange, AssignmentView
from lodestar.application.workflows.assigning import change_group_assignment
from lodestar.application.workflows.context import ChangeContext
from lodestar.domain.assignments import KpiAssignmentIds
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathIds
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit


@endpoint("PUT", "/api/kpis/{kpi_id}/assignments/{assignment_id}", needs="kpis.assign_all")
def handler(ids: PathIds, edit: Edit[AssignmentChange], context: ChangeContext) -> Json[AssignmentView]:
    """Change a team's or the company's assignment from a day on, or end it; what is left out stays."""
    return change_group_assignment(KpiAssignmentIds(*ids), edit, context)
