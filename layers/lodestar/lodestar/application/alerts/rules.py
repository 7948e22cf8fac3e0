"""Alert rules and alerts: what to watch, and what came of it."""

from lodestar.application.access import require_found, require_unlocked, visibility_parameters
from lodestar.application.alerts.ports import AlertWork
from lodestar.application.alerts.shapes import (
    AlertList,
    AlertQuery,
    AlertRuleDraft,
    AlertRuleView,
)
from lodestar.application.caller import Caller
from lodestar.application.pages import read_page_and_commit
from lodestar.application.work import AuditObject
from lodestar.domain.alerts import AlertRule
from lodestar.domain.definitions import Definition
from lodestar.domain.refusals import InvalidContent, NotFound
from lodestar.wire.json_view import Json


def create_alert_rule(
    kpi_id: int, draft: AlertRuleDraft, caller: Caller, work: AlertWork
) -> Json[AlertRuleView]:
    """Watch a KPI: one rule covers every subject that it applies to.

    Raises:
        NotFound: the company has no such KPI.
        Forbidden: it is locked for the caller.
        InvalidContent: a recovery above the threshold.
    """
    definition = work.definitions.get(kpi_id)
    if definition is None:
        raise NotFound("There is no such KPI.")
    rule_id = add_alert_rule(definition, draft, caller, work)
    return Json(require_found(work.views.read_and_commit("alert_rule", {"id": rule_id}), "alert rule"))


def add_alert_rule(definition: Definition, draft: AlertRuleDraft, caller: Caller, work: AlertWork) -> int:
    """Insert a rule for a KPI of the company; its id.

    Raises:
        Forbidden: the KPI is locked for the caller, who would read it in the alerts.
        InvalidContent: a recovery above the threshold.
    """
    require_unlocked(definition, caller.actor)
    if draft.recovery_percentage is not None and draft.recovery_percentage > draft.threshold_percentage:
        raise InvalidContent.of(
            "recovery_percentage", "recovery_percentage must not be above threshold_percentage."
        )
    rule = AlertRule(
        id=0,
        definition_id=definition.id,
        alert_type=draft.alert_type,
        threshold_percentage=draft.threshold_percentage,
        recovery_percentage=draft.recovery_percentage,
        consecutive_periods=draft.consecutive_periods,
        severity=draft.severity,
        channels=tuple(sorted(set(draft.notification_channels))),
        applies_to=tuple(sorted(set(draft.applies_to))),
        evaluate_open=draft.evaluate_open,
    )
    rule_id = work.alerts.add_rule(rule, caller.user_id, work.now)
    after = {"kpi_id": definition.id, **draft.model_dump()}
    work.audit.record("alert_rule.created", AuditObject("alert_rule", rule_id), None, after)
    return rule_id


def list_alerts(query: AlertQuery, caller: Caller, work: AlertWork) -> Json[AlertList]:
    """A page of the alerts about people, teams and the company that the caller may see, newest first."""
    return Json(read_page_and_commit("alerts", query, work, **alerts_in_sight(caller)))


def alerts_in_sight(caller: Caller) -> dict[str, object]:
    """What a view of alerts binds: a person gets nothing about KPIs that they may not see."""
    teams = sorted(team_id for team_id in caller.actor.managed_team_ids if caller.actor.leads(team_id))
    return {"me": caller.user_id, "teams": teams, **visibility_parameters(caller.actor)}
