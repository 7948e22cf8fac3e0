"""GET /api/kpis/{kpi_id}/explain: how a value of the company or of a team came about."""

from lodestar.application.calculation.recalculating import RecalculationContext
from lodestar.application.insight.breaking_down import explain_group_value
from lodestar.application.insight.explanation_shapes import GroupExplanation, GroupPeriodQuery
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpis/{kpi_id}/explain")
def handler(
    kpi_id: PathId, query: FromQuery[GroupPeriodQuery], context: RecalculationContext
) -> Json[GroupExplanation]:
    """How the value of one period came about, of the company or of a team (`team_id`), and of what."""
    return explain_group_value(kpi_id, query, context)
