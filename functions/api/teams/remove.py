"""DELETE /api/teams/{team_id}: an admin dissolves a team."""

from lodestar.application.caller import Caller
from lodestar.application.people.shapes import TeamView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.workflows.leaving import dissolve_team
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("DELETE", "/api/teams/{team_id}", needs="users.manage")
def handler(team_id: PathId, caller: Caller, work: UnitOfWork) -> Json[TeamView]:
    """Dissolve a team: its people are in it until the end of today; its numbers stay."""
    return dissolve_team(team_id, caller, work)
