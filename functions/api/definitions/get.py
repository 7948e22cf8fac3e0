"""GET /api/kpis/definitions/{definition_id}: one KPI."""

from lodestar.application.definitions import DefinitionView
from lodestar.application.json_view import Json
from lodestar.application.ports import UnitOfWork
from lodestar.application.viewing import found
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId


@endpoint("GET", "/api/kpis/definitions/{definition_id}", needs="kpis.assign")
def handler(definition_id: PathId, work: UnitOfWork) -> Json[DefinitionView]:
    """A KPI with how it is calculated."""
    return Json(found(work.views.last("definition", {"id": definition_id}), "KPI definition"))
