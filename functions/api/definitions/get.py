"""GET /api/kpis/definitions/{definition_id}: one KPI."""

from lodestar.application.caller import Caller
from lodestar.application.definitions.defining import get_definition
from lodestar.application.definitions.shapes import DefinitionView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpis/definitions/{definition_id}")
def handler(definition_id: PathId, caller: Caller, work: UnitOfWork) -> Json[DefinitionView]:
    """A KPI with how it is calculated; for who assigns, defines or sees all KPIs, or has a grant on it."""
    return get_definition(definition_id, caller, work)
