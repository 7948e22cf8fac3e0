"""POST /api/teams: an admin makes a team."""

from lodestar.application.people.shapes import TeamDraft, TeamView
from lodestar.application.people.teams import create_team
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/teams", needs="users.manage", success=201)
def handler(draft: TeamDraft, work: UnitOfWork) -> Json[TeamView]:
    """Make a team."""
    return create_team(draft, work)
