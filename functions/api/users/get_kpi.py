"""GET /api/users/{user_id}/kpis/{kpi_id}: one KPI of a person, as it is assigned."""

from lodestar.application.assignments.assigning import get_assignment
from lodestar.application.assignments.shapes import AssignmentView
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.domain.assignments import UserKpiIds
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathIds
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/users/{user_id}/kpis/{kpi_id}")
def handler(ids: PathIds, caller: Caller, work: UnitOfWork) -> Json[AssignmentView]:
    """The assignment with its target, weight and dates; its ETag is what a change of it may name."""
    return get_assignment(UserKpiIds(*ids), caller, work)
