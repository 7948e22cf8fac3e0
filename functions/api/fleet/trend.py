"""GET /api/v1/kpis/company/trend/: a manager reads how the costs went."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.fleet.cost_figures import CostTrend, trend
from lodestar.packs.fleet.cost_queries import TrendQuery
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/v1/kpis/company/trend/")
def handler(query: FromQuery[TrendQuery], caller: Caller, work: UnitOfWork) -> Json[CostTrend]:
    """How the costs of a period went, month by month or week by week; for managers and admins."""
    return trend(query, caller, work)
