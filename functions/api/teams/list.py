"""GET /api/teams: the teams of the company."""

from lodestar.application.json_view import Json
from lodestar.application.people import TeamList
from lodestar.application.ports import UnitOfWork
from lodestar.application.reading import list_view
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import Cursor, Limit, page


@endpoint("GET", "/api/teams", needs="users.manage")
def handler(work: UnitOfWork, limit: Limit = 50, cursor: Cursor = None) -> Json[TeamList]:
    """A page of teams."""
    return Json(list_view("teams", page(limit, cursor), work))
