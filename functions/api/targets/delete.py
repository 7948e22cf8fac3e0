"""DELETE /api/kpis/{kpi_id}/targets/{target_id}: a target of the company is deleted."""

from lodestar.application.assignments.shapes import SetTargetView
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.targets import delete_company_target
from lodestar.domain.targets import KpiTarget
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathIds
from lodestar.wire.json_view import Json


@endpoint("DELETE", "/api/kpis/{kpi_id}/targets/{target_id}")
def handler(ids: PathIds, context: ChangeContext) -> Json[SetTargetView]:
    """Delete a target of the company; closed periods keep it, and the running one is judged without it."""
    return delete_company_target(KpiTarget(*ids), context)
