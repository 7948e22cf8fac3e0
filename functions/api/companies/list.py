"""GET /api/companies: a superuser lists the companies."""

from lodestar.application.pages import read_page_and_commit
from lodestar.application.people.shapes import CompanyList
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery


@endpoint("GET", "/api/companies", needs="companies.manage")
def handler(query: FromQuery[PageQuery], work: UnitOfWork) -> Json[CompanyList]:
    """A page of companies."""
    return Json(read_page_and_commit("companies", query, work, at=work.now))
