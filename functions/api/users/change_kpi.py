"""PUT /api/users/{user_id}/kpis/{kpi_id}: a manager changes target, weight or dates."""

from lodestar.application.assignments import AssignmentChange, AssignmentView, change_assignment
from lodestar.application.caller import Caller
from lodestar.application.json_view import Json
from lodestar.application.ports import UnitOfWork
from lodestar.application.preconditions import Edit, Precondition
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId


@endpoint("PUT", "/api/users/{user_id}/kpis/{kpi_id}")
def handler(  # noqa: PLR0913 — two ids in the path, and the state that it was changed from
    *,
    user_id: PathId,
    kpi_id: PathId,
    change: AssignmentChange,
    seen: Precondition,
    caller: Caller,
    work: UnitOfWork,
) -> Json[AssignmentView]:
    """Change an assignment; what is left out stays."""
    return change_assignment((user_id, kpi_id), Edit(change, seen), caller, work)
