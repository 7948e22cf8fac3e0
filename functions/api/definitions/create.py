"""POST /api/kpis/definitions: an admin defines a new KPI."""

from lodestar.application.caller import Caller
from lodestar.application.definitions.ports import QueryCheck
from lodestar.application.definitions.shapes import NewDefinitionView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.workflows.defining import define_kpi
from lodestar.application.workflows.shapes import DefinitionDraft
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/kpis/definitions", needs="kpis.create", success=201)
def handler(
    draft: DefinitionDraft, caller: Caller, work: UnitOfWork, query_check: QueryCheck
) -> Json[NewDefinitionView]:
    """Define a KPI; a query is checked and dry-run, a formula compiled, before anything is saved."""
    return define_kpi(draft, caller, work, query_check)
