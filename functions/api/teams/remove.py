"""DELETE /api/teams/{team_id}: an admin dissolves a team."""

from lodestar.application.people.shapes import TeamView
from lodestar.application.people.teams import dissolve_team
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("DELETE", "/api/teams/{team_id}", needs="users.manage")
def handler(team_id: PathId, work: UnitOfWork) -> Json[TeamView]:
    """Dissolve a team that nobody is in; its history stays."""
    return dissolve_team(team_id, work)
