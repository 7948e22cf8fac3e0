"""POST /api/users/{user_id}/kpis/assign: a manager gives a KPI to a person."""

from lodestar.application.assignments.assigning import assign_kpi
from lodestar.application.assignments.shapes import AssignmentDraft, AssignmentView
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/users/{user_id}/kpis/assign", success=201)
def handler(
    user_id: PathId, draft: AssignmentDraft, caller: Caller, work: UnitOfWork
) -> Json[AssignmentView]:
    """Assign a KPI with target and weight; the same again changes nothing."""
    return assign_kpi(user_id, draft, caller, work)
