"""GET /api/kpis/: the company's own KPIs."""

from lodestar.application.caller import Caller
from lodestar.application.ports import UnitOfWork
from lodestar.application.reading.company_kpis import CompanyKpiList, CompanyKpiQuery, company_kpis
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpis/")
def handler(query: FromQuery[CompanyKpiQuery], caller: Caller, work: UnitOfWork) -> Json[CompanyKpiList]:
    """A page of the company's KPIs as they stand today; those that are not for the caller are locked."""
    return company_kpis(query, caller, work)
