"""GET /api/kpis/dashboard: the company at a glance."""

from lodestar.application.caller import Caller
from lodestar.application.insight.company_kpis import dashboard
from lodestar.application.insight.company_shapes import Dashboard
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpis/dashboard")
def handler(caller: Caller, work: UnitOfWork) -> Json[Dashboard]:
    """The company's KPIs as cards by cadence, and the newest alerts that fire."""
    return dashboard(caller, work)
