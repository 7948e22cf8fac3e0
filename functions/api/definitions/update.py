"""PUT /api/kpis/definitions/{definition_id}: an admin changes a KPI."""

from lodestar.application.caller import Caller
from lodestar.application.definitions.ports import QueryCheck
from lodestar.application.definitions.shapes import DefinitionChange, DefinitionView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.workflows.retiring import change_kpi
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit


@endpoint("PUT", "/api/kpis/definitions/{definition_id}")
def handler(
    definition_id: PathId,
    edit: Edit[DefinitionChange],
    caller: Caller,
    work: UnitOfWork,
    query_check: QueryCheck,
) -> Json[DefinitionView]:
    """Change a KPI, by who defines KPIs or has a grant; a changed calculation makes a new version."""
    return change_kpi(definition_id, edit, caller, work, query_check)
