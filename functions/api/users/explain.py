"""GET /api/users/{user_id}/kpis/{kpi_id}/explain: how a value came about."""

from lodestar.application.desks import InsightDesk
from lodestar.application.explaining import PeriodQuery, explain_value
from lodestar.application.explanations import Explanation
from lodestar.application.json_view import Json
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId


@endpoint("GET", "/api/users/{user_id}/kpis/{kpi_id}/explain")
def handler(
    user_id: PathId, kpi_id: PathId, query: FromQuery[PeriodQuery], desk: InsightDesk
) -> Json[Explanation]:
    """How the value of one period came about: version, source, inputs, target, revisions."""
    return explain_value((user_id, kpi_id), query, desk)
