"""POST /api/kpis/definitions/{definition_id}/preview: what a KPI would give, without storing anything."""

from lodestar.application.desks import InsightDesk
from lodestar.application.reading.explaining import PreviewRequest, preview_value
from lodestar.application.reading.explanations import Preview
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/kpis/definitions/{definition_id}/preview", needs="kpis.create")
def handler(definition_id: PathId, wanted: PreviewRequest, desk: InsightDesk) -> Json[Preview]:
    """The value of a person, or of the company, with its explanation; open periods give the value to date."""
    return preview_value(definition_id, wanted, desk)
