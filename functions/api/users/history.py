"""GET /api/users/{user_id}/kpis/{kpi_id}/history: a person's measurements of a KPI."""

from lodestar.application.caller import Caller
from lodestar.application.json_view import Json
from lodestar.application.ports import UnitOfWork
from lodestar.application.reading import History, HistoryRange, history_of
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import AsOf, Cursor, From, Limit, PathId, To, page


@endpoint("GET", "/api/users/{user_id}/kpis/{kpi_id}/history")
def handler(
    user_id: PathId,
    kpi_id: PathId,
    caller: Caller,
    work: UnitOfWork,
    first: From = None,
    last: To = None,
    as_of: AsOf = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Json[History]:
    """A page of measurements, oldest first; `as_of` shows what was believed at that instant."""
    range_ = HistoryRange(first, last, as_of)
    return history_of((user_id, kpi_id), range_, page(limit, cursor), caller, work)
