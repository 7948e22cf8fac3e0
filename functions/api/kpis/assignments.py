"""GET /api/kpis/{kpi_id}/assignments: who has a KPI."""

from lodestar.application.assignments.listing import assignments_of_kpi
from lodestar.application.assignments.shapes import AssignmentList
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery


@endpoint("GET", "/api/kpis/{kpi_id}/assignments")
def handler(
    kpi_id: PathId, query: FromQuery[PageQuery], caller: Caller, work: UnitOfWork
) -> Json[AssignmentList]:
    """The people, teams and the company itself that have a KPI, as far as the caller may see them."""
    return assignments_of_kpi(kpi_id, query, caller, work)
