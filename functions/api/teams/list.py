"""GET /api/teams: the teams of the company."""

from lodestar.application.people.teams import TeamList
from lodestar.application.ports import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery, list_view


@endpoint("GET", "/api/teams", needs="users.manage")
def handler(query: FromQuery[PageQuery], work: UnitOfWork) -> Json[TeamList]:
    """A page of teams."""
    return Json(list_view("teams", query, work))
