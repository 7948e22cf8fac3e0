"""GET /api/teams/{team_id}/kpis: how a team stands."""

from lodestar.application.caller import Caller
from lodestar.application.insight.people_kpis import kpis_of_team
from lodestar.application.insight.shapes import TeamKpis
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import Day, PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/teams/{team_id}/kpis")
def handler(team_id: PathId, caller: Caller, work: UnitOfWork, on: Day | None = None) -> Json[TeamKpis]:
    """Members and averages for the team's manager and admins; averages alone for a member."""
    return kpis_of_team(team_id, on, caller, work)
