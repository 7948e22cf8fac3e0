"""DELETE /api/kpis/{kpi_id}/assignments/{assignment_id}: an admin takes back what was given by mistake."""

from lodestar.application.assignments.shapes import AssignmentView, WithdrawalQuery
from lodestar.application.workflows.assigning import withdraw_group_assignment
from lodestar.application.workflows.context import ChangeContext
from lodestar.domain.assignments import KpiAssignmentIds
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathIds
from lodestar.wire.json_view import Json


@endpoint("DELETE", "/api/kpis/{kpi_id}/assignments/{assignment_id}", needs="kpis.assign_all")
def handler(ids: PathIds, query: FromQuery[WithdrawalQuery], context: ChangeContext) -> Json[AssignmentView]:
    """Take back a team's or the company's assignment, or its terms from a day on, with what was measured."""
    return withdraw_group_assignment(KpiAssignmentIds(*ids), query, context)
