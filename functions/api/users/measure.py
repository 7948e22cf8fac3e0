"""POST /api/users/{user_id}/kpis/{kpi_id}/measure: somebody enters a value."""

from lodestar.application.values.shapes import EnteredValue, MeasurementView
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.entering import enter_value
from lodestar.domain.assignments import UserKpiIds
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathIds
from lodestar.runtime.responses import Created


@endpoint("POST", "/api/users/{user_id}/kpis/{kpi_id}/measure", success=201)
def handler(ids: PathIds, body: EnteredValue, context: ChangeContext) -> Created[MeasurementView]:
    """Enter the value of a manual KPI for one period: 201, or 200 when it corrects one."""
    entered = enter_value(UserKpiIds(*ids), body, context)
    return Created(entered.view, entered.is_first)
