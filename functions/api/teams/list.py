"""GET /api/teams: the teams of the company."""

from lodestar.application.caller import Caller
from lodestar.application.people.shapes import TeamList
from lodestar.application.people.teams import list_teams
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery


@endpoint("GET", "/api/teams")
def handler(query: FromQuery[PageQuery], caller: Caller, work: UnitOfWork) -> Json[TeamList]:
    """A page of teams: all for admins, those that they manage for a manager."""
    return list_teams(query, caller, work)
