"""GET /api/alerts: what fires and what fired."""

from lodestar.application.alerts.rules import list_alerts
from lodestar.application.alerts.shapes import AlertList, AlertQuery
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/alerts")
def handler(query: FromQuery[AlertQuery], caller: Caller, work: UnitOfWork) -> Json[AlertList]:
    """A page of alerts about KPIs that the caller may see, newest first, with their notifications."""
    return list_alerts(query, caller, work)
