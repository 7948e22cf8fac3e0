"""Alerts end with their reason in SQL, are read with it, and their rule begins anew."""

import json
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.alerts.ports import AlertFigures, FiringAlert
from lodestar.application.alerts.rules import alerts_in_sight
from lodestar.domain.alerts import (
    AlertRule,
    AlertType,
    CloseReason,
    ConditionState,
    RuleState,
    Severity,
    WatchedAssignment,
)
from lodestar.domain.assignments import Assignment
from tests.integration.bulk import caller_of
from tests.integration.tenants import NOW, Tenant, point

DAY = NOW.date()


@pytest.fixture
def fired(tenant: Tenant) -> dict[str, Any]:
    """Two people's alerts under one rule: their assignments, alerts and the rule, by id."""
    definition, author = tenant.definition(), tenant.user(role="admin")
    given: list[Assignment] = [tenant.assignment(definition, tenant.user()) for _ in range(2)]
    with tenant.work() as work:
        rule_id = work.alerts.add_rule(
            AlertRule(0, definition.id, AlertType.BELOW_TARGET, Decimal(10)), author, NOW
        )
        alerts = work.alerts.open_alerts(
            [
                AlertFigures(
                    rule_id, each.id, definition.id, Severity.CRITICAL, "…", Decimal(5), point(10), DAY, DAY
                )
                for each in given
            ],
            NOW,
        )
        work.alerts.save_rule_states(
            {
                WatchedAssignment(rule_id, each.id): RuleState(ConditionState.FIRING, 3, DAY, 1, alert_id)
                for each, alert_id in zip(given, alerts, strict=True)
            }
        )
        work.commit()
    ids = [each.id for each in given]
    return {"rule": rule_id, "kpi": definition.id, "assignments": ids, "alerts": alerts, "author": author}


def close(tenant: Tenant, alert_id: int, reason: CloseReason) -> None:
    with tenant.work() as work:
        work.alerts.close_alerts([alert_id], reason, NOW)
        work.commit()


def test_a_closed_alert_fires_no_more_and_the_other_goes_on(tenant: Tenant, fired: dict[str, Any]) -> None:
    first, second = fired["alerts"]
    close(tenant, first, CloseReason.PERSON_LEFT)
    close(tenant, first, CloseReason.KPI_RETIRED)  # the first reason stays
    with tenant.work() as work:
        assert work.alerts.firing_alerts() == [
            FiringAlert(second, fired["assignments"][1], fired["kpi"], DAY, DAY)
        ]
        states = work.alerts.rule_states([fired["rule"]])
    found = {
        watched.assignment_id: (state.state, state.hits, state.alert_id) for watched, state in states.items()
    }
    assert found == {
        fired["assignments"][0]: (ConditionState.OK, 0, None),
        fired["assignments"][1]: (ConditionState.FIRING, 3, second),
    }


@pytest.mark.parametrize("reason", CloseReason)
def test_the_list_shows_why_an_alert_is_over_and_can_be_asked_for_those(
    tenant: Tenant, fired: dict[str, Any], reason: CloseReason
) -> None:
    close(tenant, fired["alerts"][0], reason)
    asked = {"severity": None, "kpi_id": None, "user_id": None, "cursor": None, "limit": 10, "now": NOW}
    with tenant.work() as work:
        parameters = {**asked, **alerts_in_sight(caller_of(tenant, fired["author"])), "state": "closed"}
        text = work.views.read("alerts", parameters)
    (alert,) = json.loads(text or "")["alerts"]
    assert (alert["id"], alert["state"], alert["close_reason"]) == (fired["alerts"][0], "closed", reason)
    assert (alert["closed_at"] is None, alert["resolved_at"]) == (False, None)
