"""POST /api/kpis/definitions/{definition_id}/preview: what a KPI would give, without storing anything."""

from lodestar.application.calculation.recalculating import RecalculationContext
from lodestar.application.insight.explaining import preview_value
from lodestar.application.insight.explanation_shapes import Preview, PreviewRequest
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/kpis/definitions/{definition_id}/preview", needs="kpis.create")
def handler(definition_id: PathId, wanted: PreviewRequest, context: RecalculationContext) -> Json[Preview]:
    """The value of a person, or of the company, with its explanation; open periods give the value to date."""
    return preview_value(definition_id, wanted, context)
