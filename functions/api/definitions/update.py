"""PUT /api/kpis/definitions/{definition_id}: an admin changes a KPI."""

from lodestar.application.caller import Caller
from lodestar.application.definitions import DefinitionChange, DefinitionView, change_kpi
from lodestar.application.json_view import Json
from lodestar.application.ports import QueryCheck, UnitOfWork
from lodestar.application.preconditions import Edit, Precondition
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId


@endpoint("PUT", "/api/kpis/definitions/{definition_id}")
def handler(  # noqa: PLR0913 — what is changed, and the state that it was changed from
    *,
    definition_id: PathId,
    change: DefinitionChange,
    seen: Precondition,
    caller: Caller,
    work: UnitOfWork,
    query_check: QueryCheck,
) -> Json[DefinitionView]:
    """Change a KPI, by who defines KPIs or has a grant; a changed calculation makes a new version."""
    return change_kpi(definition_id, Edit(change, seen), caller, work, query_check)
