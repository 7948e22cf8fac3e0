"""PUT /api/users/{user_id}/kpis/{kpi_id}: a manager changes target, weight or dates."""

from lodestar.application.assignments.assigning import change_assignment
from lodestar.application.assignments.shapes import AssignmentChange, AssignmentView
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.domain.assignments import UserKpiIds
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathIds
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit


@endpoint("PUT", "/api/users/{user_id}/kpis/{kpi_id}")
def handler(
    ids: PathIds, edit: Edit[AssignmentChange], caller: Caller, work: UnitOfWork
) -> Json[AssignmentView]:
    """Change an assignment; what is left out stays."""
    return change_assignment(UserKpiIds(*ids), edit, caller, work)
