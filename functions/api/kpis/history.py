"""GET /api/kpis/{kpi_id}/history: the company's measurements of a KPI."""

from lodestar.application.caller import Caller
from lodestar.application.insight.people_kpis import history_of_company
from lodestar.application.insight.shapes import History, HistoryQuery
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpis/{kpi_id}/history")
def handler(
    kpi_id: PathId, query: FromQuery[HistoryQuery], caller: Caller, work: UnitOfWork
) -> Json[History]:
    """A page of measurements of the company itself, oldest first; for those who see this KPI."""
    return history_of_company(kpi_id, query, caller, work)
