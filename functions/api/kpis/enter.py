"""POST /api/kpis/{kpi_id}/values: somebody enters a value of the company or of a team."""

from lodestar.application.values.shapes import GroupValue, GroupValueView
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.entering import enter_group_value
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.runtime.responses import Created


@endpoint("POST", "/api/kpis/{kpi_id}/values", success=201)
def handler(kpi_id: PathId, body: GroupValue, context: ChangeContext) -> Created[GroupValueView]:
    """Enter the company's value of a manual KPI, or a team's, for the period of a date; 200 corrects one."""
    entered = enter_group_value(kpi_id, body, context)
    return Created(entered.view, entered.is_first)
