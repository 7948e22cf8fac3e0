"""POST /api/kpis/definitions: an admin defines a new KPI."""

from lodestar.application.definitions.defining import DefinitionDraft, DefinitionView, define_kpi
from lodestar.application.desks import DefinitionDesk
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/kpis/definitions", needs="kpis.create", success=201)
def handler(draft: DefinitionDraft, desk: DefinitionDesk) -> Json[DefinitionView]:
    """Define a KPI; a query is checked and dry-run, a formula compiled, before anything is saved."""
    return define_kpi(draft, desk)
