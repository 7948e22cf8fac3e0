"""GET /api/teams/{team_id}: one team."""

from lodestar.application.caller import Caller
from lodestar.application.people.shapes import TeamView
from lodestar.application.people.teams import get_team
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/teams/{team_id}")
def handler(team_id: PathId, caller: Caller, work: UnitOfWork) -> Json[TeamView]:
    """A team; for its members, its manager and admins."""
    return get_team(team_id, caller, work)
