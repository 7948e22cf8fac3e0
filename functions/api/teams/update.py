"""PUT /api/teams/{team_id}: an admin changes a team."""

from lodestar.application.people.shapes import TeamChange, TeamView
from lodestar.application.people.teams import change_team
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("PUT", "/api/teams/{team_id}", needs="users.manage")
def handler(team_id: PathId, change: TeamChange, work: UnitOfWork) -> Json[TeamView]:
    """Change a team's name or manager; what is left out stays."""
    return change_team(team_id, change, work)
