"""PUT /api/kpis/{kpi_id}/targets/{target_id}: a target of the company gets another value."""

from lodestar.application.assignments.shapes import CompanyTargetChange, SetTargetView
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.targets import change_company_target
from lodestar.domain.targets import KpiTarget
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathIds
from lodestar.wire.json_view import Json


@endpoint("PUT", "/api/kpis/{kpi_id}/targets/{target_id}")
def handler(ids: PathIds, change: CompanyTargetChange, context: ChangeContext) -> Json[SetTargetView]:
    """Change the value or the notes of a target; closed periods keep theirs unless they are restated."""
    return change_company_target(KpiTarget(*ids), change, context)
