"""GET /api/companies: a superuser lists the companies."""

from lodestar.application.json_view import Json
from lodestar.application.people import CompanyList
from lodestar.application.ports import UnitOfWork
from lodestar.application.reading import list_view
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import Cursor, Limit, page


@endpoint("GET", "/api/companies", needs="companies.manage")
def handler(work: UnitOfWork, limit: Limit = 50, cursor: Cursor = None) -> Json[CompanyList]:
    """A page of companies."""
    return Json(list_view("companies", page(limit, cursor), work))
