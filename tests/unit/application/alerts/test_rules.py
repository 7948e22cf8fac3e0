"""Alert rules: what may be watched, by whom, and what becomes of it."""

from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.alerts.rules import create_alert_rule, list_alerts
from lodestar.application.alerts.shapes import AlertQuery, AlertRuleDraft
from lodestar.domain.alerts import AlertRule, AlertState, AlertType, NotificationChannel, Severity
from lodestar.domain.assignments import SubjectType
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Forbidden, InvalidContent, NotFound
from tests.fakes.definitions import KPI
from tests.fakes.people import ADA, caller_of
from tests.fakes.work import FakeWork, shown


@pytest.fixture
def work() -> FakeWork:
    return FakeWork()


def draft(**fields: Any) -> AlertRuleDraft:
    plain = {"alert_type": "below_target", "threshold_percentage": 20, "notification_channels": ["slack"]}
    return AlertRuleDraft.model_validate(plain | fields)


def test_a_rule_watches_every_subject_of_a_kpi_unless_it_names_some(work: FakeWork) -> None:
    kpi = work.definitions.add(KPI)
    view, asked = shown(create_alert_rule(kpi.id, draft(), caller_of(), work).text)
    assert (view, work.commits) == ("alert_rule", 1)
    assert work.alerts.rules[asked["id"]] == AlertRule(
        id=1,
        definition_id=kpi.id,
        alert_type=AlertType.BELOW_TARGET,
        threshold_percentage=Decimal(20),
        recovery_percentage=None,
        consecutive_periods=1,
        severity=None,
        channels=(NotificationChannel.SLACK,),
        applies_to=(SubjectType.COMPANY, SubjectType.TEAM, SubjectType.USER),
        evaluate_open=False,
    )


def test_a_rule_is_written_down_as_it_was_asked_for(work: FakeWork) -> None:
    kpi = work.definitions.add(KPI)
    create_alert_rule(kpi.id, draft(severity="critical", recovery_percentage=5), caller_of(), work)
    (entry,) = work.audit.entries
    assert (entry.action, entry.about.type, entry.about.id, entry.before) == (
        "alert_rule.created",
        "alert_rule",
        1,
        None,
    )
    assert entry.after == {
        "kpi_id": kpi.id,
        "alert_type": AlertType.BELOW_TARGET,
        "threshold_percentage": Decimal(20),
        "recovery_percentage": Decimal(5),
        "consecutive_periods": 1,
        "severity": Severity.CRITICAL,
        "notification_channels": [NotificationChannel.SLACK],
        "applies_to": list(SubjectType),
        "evaluate_open": False,
    }


def test_a_channel_or_subject_that_is_named_twice_counts_once(work: FakeWork) -> None:
    kpi = work.definitions.add(KPI)
    named_twice = draft(notification_channels=["slack", "email", "slack"], applies_to=["team", "team"])
    create_alert_rule(kpi.id, named_twice, caller_of(), work)
    assert work.alerts.rules[1].channels == (NotificationChannel.EMAIL, NotificationChannel.SLACK)
    assert work.alerts.rules[1].applies_to == (SubjectType.TEAM,)


def test_a_kpi_that_the_company_does_not_have_cannot_be_watched(work: FakeWork) -> None:
    with pytest.raises(NotFound, match=r"There is no such KPI\."):
        create_alert_rule(404, draft(), caller_of(), work)
    assert (work.alerts.rules, work.audit.entries, work.commits) == ({}, [], 0)


def test_a_kpi_that_is_locked_for_somebody_they_do_not_watch(work: FakeWork) -> None:
    kpi = work.definitions.add(KPI)
    for keys in ({"alerts.manage"}, {"alerts.manage", "kpis.finance.view"}):
        with pytest.raises(Forbidden, match='"Deals" is locked for you'):
            create_alert_rule(kpi.id, draft(), caller_of("watcher", keys), work)
    assert (work.alerts.rules, work.audit.entries, work.commits) == ({}, [], 0)
    create_alert_rule(kpi.id, draft(), caller_of("watcher", {"alerts.manage", "kpis.sales.view"}), work)
    assert len(work.alerts.rules) == 1


def test_a_recovery_above_the_threshold_is_refused(work: FakeWork) -> None:
    kpi = work.definitions.add(KPI)
    with pytest.raises(InvalidContent, match="recovery_percentage must not be above threshold_percentage"):
        create_alert_rule(kpi.id, draft(recovery_percentage="20.01"), caller_of(), work)
    assert (work.alerts.rules, work.audit.entries, work.commits) == ({}, [], 0)


@pytest.mark.parametrize("recovery", ["0", "19.99", "20"])
def test_a_recovery_up_to_the_threshold_is_taken(work: FakeWork, recovery: str) -> None:
    kpi = work.definitions.add(KPI)
    create_alert_rule(kpi.id, draft(recovery_percentage=recovery), caller_of(), work)
    assert work.alerts.rules[1].recovery_percentage == Decimal(recovery)


def test_a_list_of_alerts_is_asked_for_with_what_its_reader_may_see(work: FakeWork) -> None:
    manager = caller_of(Role.MANAGER, managed_team_ids=frozenset({5, 4}))
    view, asked = shown(list_alerts(AlertQuery(state=AlertState.FIRING), manager, work).text)
    assert view == "alerts"
    assert (asked["me"], asked["teams"], asked["state"]) == (ADA, [4, 5], "firing")
    assert asked["everything"] is False


def test_whoever_leads_no_team_gets_alerts_of_none(work: FakeWork) -> None:
    _, asked = shown(list_alerts(AlertQuery(), caller_of(Role.USER), work).text)
    assert (asked["teams"], asked["everything"]) == ([], False)
    no_more = caller_of("assistant", permissions=(), managed_team_ids=frozenset({5}))
    assert shown(list_alerts(AlertQuery(), no_more, work).text)[1]["teams"] == []
    _, asked = shown(list_alerts(AlertQuery(), caller_of(Role.ADMIN), work).text)
    assert asked["everything"] is True
