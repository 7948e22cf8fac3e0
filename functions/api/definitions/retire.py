"""DELETE /api/kpis/definitions/{definition_id}: an admin retires a KPI."""

from lodestar.application.definitions import DefinitionView, retire_kpi
from lodestar.application.edge import Id
from lodestar.application.json_view import Json
from lodestar.application.ports import UnitOfWork
from lodestar.runtime.endpoint import endpoint


@endpoint("DELETE", "/api/kpis/definitions/{definition_id}", needs="kpis.delete")
def handler(definition_id: Id, work: UnitOfWork) -> Json[DefinitionView]:
    """Deactivate a KPI; its history stays."""
    return retire_kpi(definition_id, work)
