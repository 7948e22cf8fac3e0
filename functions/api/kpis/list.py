"""GET /api/kpis/: the company's own KPIs."""

from lodestar.application.caller import Caller
from lodestar.application.insight.company_kpis import company_kpis
from lodestar.application.insight.company_shapes import CompanyKpiList, CompanyKpiQuery
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpis/")
def handler(query: FromQuery[CompanyKpiQuery], caller: Caller, work: UnitOfWork) -> Json[CompanyKpiList]:
    """A page of the company's KPIs as they stand today; those that are not for the caller are locked."""
    return company_kpis(query, caller, work)
