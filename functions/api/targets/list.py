"""GET /api/kpis/{kpi_id}/targets: what the company wants to reach."""

from lodestar.application.assignments.company_targets import company_targets
from lodestar.application.assignments.shapes import CompanyTargetList
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery


@endpoint("GET", "/api/kpis/{kpi_id}/targets")
def handler(
    kpi_id: PathId, query: FromQuery[PageQuery], caller: Caller, work: UnitOfWork
) -> Json[CompanyTargetList]:
    """A page of the company's targets for ranges of dates; for those who see the KPI."""
    return company_targets(kpi_id, query, caller, work)
