"""DELETE /api/kpis/definitions/{definition_id}: an admin retires a KPI."""

from lodestar.application.definitions.shapes import DefinitionView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.workflows.retiring import retire_kpi
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("DELETE", "/api/kpis/definitions/{definition_id}", needs="kpis.delete")
def handler(definition_id: PathId, work: UnitOfWork) -> Json[DefinitionView]:
    """Deactivate a KPI; its history stays."""
    return retire_kpi(definition_id, work)
