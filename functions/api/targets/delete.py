"""DELETE /api/kpis/{kpi_id}/targets/{target_id}: a target of the company is deleted."""

from lodestar.application.assignments.company_targets import delete_company_target
from lodestar.application.assignments.shapes import CompanyTargetView
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.domain.targets import KpiTarget
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathIds
from lodestar.wire.json_view import Json


@endpoint("DELETE", "/api/kpis/{kpi_id}/targets/{target_id}")
def handler(ids: PathIds, caller: Caller, work: UnitOfWork) -> Json[CompanyTargetView]:
    """Delete a target of the company; what was measured against it stays."""
    return delete_company_target(KpiTarget(*ids), caller, work)
