"""POST /api/kpis/{kpi_id}/targets: the company sets itself a target."""

from lodestar.application.assignments.company_targets import set_company_target
from lodestar.application.assignments.shapes import CompanyTargetDraft, CompanyTargetView
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/kpis/{kpi_id}/targets", success=201)
def handler(
    kpi_id: PathId, draft: CompanyTargetDraft, caller: Caller, work: UnitOfWork
) -> Json[CompanyTargetView]:
    """Set a target of the company for a range of dates; of nested ranges the narrowest counts."""
    return set_company_target(kpi_id, draft, caller, work)
