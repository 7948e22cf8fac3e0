"""GET /api/kpis/{kpi_id}/history: the company's measurements of a KPI."""

from lodestar.application.json_view import Json
from lodestar.application.ports import UnitOfWork
from lodestar.application.reading import History, HistoryRange, history_of_company
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import AsOf, Cursor, From, Limit, PathId, To, page


@endpoint("GET", "/api/kpis/{kpi_id}/history", needs="kpis.view_all")
def handler(
    kpi_id: PathId,
    work: UnitOfWork,
    first: From = None,
    last: To = None,
    as_of: AsOf = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Json[History]:
    """A page of measurements of the company itself, oldest first."""
    return history_of_company(kpi_id, HistoryRange(first, last, as_of), page(limit, cursor), work)
