"""PUT /api/kpis/definitions/{definition_id}: an admin changes a KPI."""

from lodestar.application.definitions.defining import DefinitionDesk, change_kpi
from lodestar.application.definitions.shapes import DefinitionChange, DefinitionView
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit


@endpoint("PUT", "/api/kpis/definitions/{definition_id}")
def handler(
    definition_id: PathId, edit: Edit[DefinitionChange], desk: DefinitionDesk
) -> Json[DefinitionView]:
    """Change a KPI, by who defines KPIs or has a grant; a changed calculation makes a new version."""
    return change_kpi(definition_id, edit, desk)
