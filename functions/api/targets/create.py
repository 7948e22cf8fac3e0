"""POST /api/kpis/{kpi_id}/targets: the company sets itself a target."""

from lodestar.application.assignments.shapes import CompanyTargetDraft, SetTargetView
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.targets import set_company_target
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/kpis/{kpi_id}/targets", success=201)
def handler(kpi_id: PathId, draft: CompanyTargetDraft, context: ChangeContext) -> Json[SetTargetView]:
    """Set a target of the company for a range of dates; of nested ranges the narrowest counts."""
    return set_company_target(kpi_id, draft, context)
