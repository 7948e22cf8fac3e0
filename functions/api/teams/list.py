"""GET /api/teams: the teams of the company."""

from lodestar.application.pages import read_page_and_commit
from lodestar.application.people.shapes import TeamList
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery


@endpoint("GET", "/api/teams", needs="users.manage")
def handler(query: FromQuery[PageQuery], work: UnitOfWork) -> Json[TeamList]:
    """A page of teams."""
    return Json(read_page_and_commit("teams", query, work))
