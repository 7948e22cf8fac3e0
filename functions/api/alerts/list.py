"""GET /api/alerts: what fires and what fired."""

from lodestar.application.alert_rules import AlertFilter, AlertList, AlertState, alerts_for
from lodestar.application.caller import Caller
from lodestar.application.json_view import Json
from lodestar.application.ports import UnitOfWork
from lodestar.domain.alerts import Severity
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import Cursor, Limit, QueryId, page


@endpoint("GET", "/api/alerts")
def handler(
    caller: Caller,
    work: UnitOfWork,
    state: AlertState | None = None,
    severity: Severity | None = None,
    kpi_id: QueryId = None,
    user_id: QueryId = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Json[AlertList]:
    """A page of alerts about KPIs that the caller may see, newest first, with their notifications."""
    return alerts_for(AlertFilter(state, severity, kpi_id, user_id), page(limit, cursor), caller, work)
