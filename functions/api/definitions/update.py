"""PUT /api/kpis/definitions/{definition_id}: an admin changes a KPI."""

from lodestar.application.definitions import DefinitionChange, DefinitionView, change_kpi
from lodestar.application.json_view import Json
from lodestar.application.ports import QueryCheck, UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId


@endpoint("PUT", "/api/kpis/definitions/{definition_id}", needs="kpis.create")
def handler(
    definition_id: PathId, change: DefinitionChange, work: UnitOfWork, query_check: QueryCheck
) -> Json[DefinitionView]:
    """Change a KPI; a change of how it is calculated makes a new version."""
    return change_kpi(definition_id, change, work, query_check)
