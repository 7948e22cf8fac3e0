"""PUT /api/users/{user_id}/kpis/{kpi_id}: a manager changes target, weight or dates."""

from lodestar.application.assignments import AssignmentChange, AssignmentView, change_assignment
from lodestar.application.caller import Caller
from lodestar.application.edge import Id
from lodestar.application.json_view import Json
from lodestar.application.ports import UnitOfWork
from lodestar.runtime.endpoint import endpoint


@endpoint("PUT", "/api/users/{user_id}/kpis/{kpi_id}")
def handler(
    user_id: Id, kpi_id: Id, change: AssignmentChange, caller: Caller, work: UnitOfWork
) -> Json[AssignmentView]:
    """Change an assignment; what is left out stays."""
    return change_assignment((user_id, kpi_id), change, caller, work)
