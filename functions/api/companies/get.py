"""GET /api/companies/{company_id}: a superuser, or an admin of it, reads a company."""

from lodestar.application.caller import Caller
from lodestar.application.people.companies import get_company
from lodestar.application.people.shapes import CompanyView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/companies/{company_id}")
def handler(company_id: PathId, caller: Caller, work: UnitOfWork) -> Json[CompanyView]:
    """A company with its first admin."""
    return get_company(company_id, caller, work)
