"""GET /api/companies: a superuser lists the companies."""

from lodestar.application.people.companies import CompanyList
from lodestar.application.ports import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery, list_view


@endpoint("GET", "/api/companies", needs="companies.manage")
def handler(query: FromQuery[PageQuery], work: UnitOfWork) -> Json[CompanyList]:
    """A page of companies."""
    return Json(list_view("companies", query, work))
