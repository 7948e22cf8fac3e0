"""GET /api/kpis/{kpi_id}: one of the company's own KPIs."""

from lodestar.application.caller import Caller
from lodestar.application.insight.company_kpis import company_kpi_in_detail
from lodestar.application.insight.company_shapes import CompanyKpiDetail, SeriesQuery
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpis/{kpi_id}")
def handler(
    kpi_id: PathId, query: FromQuery[SeriesQuery], caller: Caller, work: UnitOfWork
) -> Json[CompanyKpiDetail]:
    """A KPI of the company with its series, trend and forecast."""
    return company_kpi_in_detail(kpi_id, query, caller, work)
