"""GET /api/kpis/definitions: the company's KPIs."""

from lodestar.application.caller import Caller
from lodestar.application.definitions.defining import list_definitions
from lodestar.application.definitions.shapes import DefinitionList, DefinitionQuery
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpis/definitions")
def handler(query: FromQuery[DefinitionQuery], caller: Caller, work: UnitOfWork) -> Json[DefinitionList]:
    """A page of KPI definitions; for who assigns, defines or sees all KPIs."""
    return list_definitions(query, caller, work)
