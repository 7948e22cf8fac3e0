"""GET /api/v1/kpis/company/summary/: a manager reads what the fleet cost in a period."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.fleet.cost_figures import FleetSummary, summary
from lodestar.packs.fleet.cost_queries import SummaryQuery
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/v1/kpis/company/summary/")
def handler(query: FromQuery[SummaryQuery], caller: Caller, work: UnitOfWork) -> Json[FleetSummary]:
    """What the fleet cost in a period; for managers and admins."""
    return summary(query, caller, work)
