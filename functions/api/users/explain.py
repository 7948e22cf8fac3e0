"""GET /api/users/{user_id}/kpis/{kpi_id}/explain: how a value came about."""

from lodestar.application.calculation.recalculating import RecalculationContext
from lodestar.application.insight.explaining import explain_value
from lodestar.application.insight.explanation_shapes import Explanation, PeriodQuery
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/users/{user_id}/kpis/{kpi_id}/explain")
def handler(
    user_id: PathId, kpi_id: PathId, query: FromQuery[PeriodQuery], context: RecalculationContext
) -> Json[Explanation]:
    """How the value of one period came about: version, source, inputs, target, revisions."""
    return explain_value(user_id, kpi_id, query, context)
