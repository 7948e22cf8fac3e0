"""GET /api/users/{user_id}/kpis/{kpi_id}: one KPI of a person, as it is assigned."""

from lodestar.application.assignments import AssignmentView, one_assignment
from lodestar.application.caller import Caller
from lodestar.application.json_view import Json
from lodestar.application.ports import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId


@endpoint("GET", "/api/users/{user_id}/kpis/{kpi_id}")
def handler(user_id: PathId, kpi_id: PathId, caller: Caller, work: UnitOfWork) -> Json[AssignmentView]:
    """The assignment with its target, weight and dates; its ETag is what a change of it may name."""
    return one_assignment((user_id, kpi_id), caller, work)
