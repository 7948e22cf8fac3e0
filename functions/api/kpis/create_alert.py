"""POST /api/kpis/{kpi_id}/alerts: an admin lets a KPI be watched."""

from lodestar.application.alerts.rules import create_alert_rule
from lodestar.application.alerts.shapes import AlertRuleDraft, AlertRuleView
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/kpis/{kpi_id}/alerts", needs="alerts.manage", success=201)
def handler(kpi_id: PathId, draft: AlertRuleDraft, caller: Caller, work: UnitOfWork) -> Json[AlertRuleView]:
    """Make an alert rule; it covers every subject that it applies to."""
    return create_alert_rule(kpi_id, draft, caller, work)
