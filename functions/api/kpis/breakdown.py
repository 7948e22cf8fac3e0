"""GET /api/kpis/{kpi_id}/breakdown: what a value of the company or of a team is made of."""

from lodestar.application.caller import Caller
from lodestar.application.insight.breaking_down import break_down
from lodestar.application.insight.explanation_shapes import Breakdown, BreakdownQuery
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpis/{kpi_id}/breakdown")
def handler(
    kpi_id: PathId, query: FromQuery[BreakdownQuery], caller: Caller, work: UnitOfWork
) -> Json[Breakdown]:
    """The value of one period by team or by person, as far as the caller may see them."""
    return break_down(kpi_id, query, caller, work)
