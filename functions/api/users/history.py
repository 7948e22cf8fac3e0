"""GET /api/users/{user_id}/kpis/{kpi_id}/history: a person's measurements of a KPI."""

from lodestar.application.caller import Caller
from lodestar.application.insight.people_kpis import history_of_user
from lodestar.application.insight.shapes import History, HistoryQuery
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/users/{user_id}/kpis/{kpi_id}/history")
def handler(
    user_id: PathId, kpi_id: PathId, query: FromQuery[HistoryQuery], caller: Caller, work: UnitOfWork
) -> Json[History]:
    """A page of measurements, oldest first; `as_of` shows what was believed at that instant."""
    return history_of_user(user_id, kpi_id, query, caller, work)
