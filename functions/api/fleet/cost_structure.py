"""GET /api/v1/kpis/company/cost-structure/: a manager reads which cost centers cost how much."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.fleet.cost_figures import CostStructure, cost_structure
from lodestar.packs.fleet.cost_queries import CostStructureQuery
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/v1/kpis/company/cost-structure/")
def handler(query: FromQuery[CostStructureQuery], caller: Caller, work: UnitOfWork) -> Json[CostStructure]:
    """Which cost centers cost how much in a period; for managers and admins."""
    return cost_structure(query, caller, work)
