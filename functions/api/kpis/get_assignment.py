"""GET /api/kpis/{kpi_id}/assignments/{assignment_id}: a team's or the company's KPI as assigned."""

from lodestar.application.assignments.listing import group_assignment
from lodestar.application.assignments.shapes import AssignmentView
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.domain.assignments import KpiAssignmentIds
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathIds
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpis/{kpi_id}/assignments/{assignment_id}")
def handler(ids: PathIds, caller: Caller, work: UnitOfWork) -> Json[AssignmentView]:
    """The assignment with all its terms; its ETag is what a change of it may name."""
    return group_assignment(KpiAssignmentIds(*ids), caller, work)
