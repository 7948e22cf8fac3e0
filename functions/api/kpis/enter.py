"""POST /api/kpis/{kpi_id}/values: somebody enters a value of the company."""

from lodestar.application.values.shapes import CompanyValue, CompanyValueView
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.entering import enter_company_value
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.runtime.responses import Created


@endpoint("POST", "/api/kpis/{kpi_id}/values", success=201)
def handler(kpi_id: PathId, body: CompanyValue, context: ChangeContext) -> Created[CompanyValueView]:
    """Enter the company's value of a manual KPI for the period of a date; 200 when it corrects one."""
    entered = enter_company_value(kpi_id, body, context)
    return Created(entered.view, entered.is_first)
