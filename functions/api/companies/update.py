"""PUT /api/companies/{company_id}: a superuser changes a company."""

from lodestar.application.people.companies import change_company
from lodestar.application.people.shapes import CompanyChange, CompanyView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("PUT", "/api/companies/{company_id}", needs="companies.manage")
def handler(company_id: PathId, change: CompanyChange, work: UnitOfWork) -> Json[CompanyView]:
    """Change a company; what is left out stays. A new calendar counts for periods from now on."""
    return change_company(company_id, change, work)
