"""DELETE /api/users/{user_id}/kpis/{kpi_id}: a manager takes back a KPI that was given by mistake."""

from lodestar.application.assignments.shapes import AssignmentView, WithdrawalQuery
from lodestar.application.workflows.assigning import withdraw_assignment
from lodestar.application.workflows.context import ChangeContext
from lodestar.domain.assignments import UserKpiIds
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathIds
from lodestar.wire.json_view import Json


@endpoint("DELETE", "/api/users/{user_id}/kpis/{kpi_id}")
def handler(ids: PathIds, query: FromQuery[WithdrawalQuery], context: ChangeContext) -> Json[AssignmentView]:
    """Take back an assignment, or its terms from a day on; what was measured there goes out of sight."""
    return withdraw_assignment(UserKpiIds(*ids), query, context)
