"""GET /api/kpis/{kpi_id}/history: the measurements of a KPI of the company, or of a team."""

from lodestar.application.caller import Caller
from lodestar.application.insight.people_kpis import history_of_group
from lodestar.application.insight.shapes import GroupHistoryQuery, History
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpis/{kpi_id}/history")
def handler(
    kpi_id: PathId, query: FromQuery[GroupHistoryQuery], caller: Caller, work: UnitOfWork
) -> Json[History]:
    """A page of measurements of the company, or of a team (`team_id`), oldest first; for who sees these."""
    return history_of_group(kpi_id, query, caller, work)
