"""Alerts that fresh measurements open, continue and end, and whom they tell."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from lodestar.application.alerts.ports import AlertFigures
from lodestar.application.alerts.raising import raise_alerts
from lodestar.domain.alerts import (
    AlertRule,
    AlertState,
    AlertType,
    ConditionState,
    NotificationChannel,
    Severity,
    WatchedAssignment,
)
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import TargetType
from lodestar.domain.measurements import MeasurementState, WrittenMeasurement
from lodestar.domain.periods import Cadence
from lodestar.domain.targets import Target
from tests.fakes.alerts import StoredAlert
from tests.fakes.definitions import KPI
from tests.fakes.work import NOW, FakeWork
from tests.unit.application.calculation.firm import MONDAY, TUESDAY, WEDNESDAY, measurement_of, on

CALLS = replace(KPI, id=7, key="calls", name="Calls", aggregation_period=Cadence.DAILY)
LAST_WEEK = MONDAY - timedelta(days=7)
UNA, UGO = 31, 32
"""Assignments of the KPI to two people."""
RULE = AlertRule(0, CALLS.id, AlertType.BELOW_TARGET, Decimal(20), channels=(NotificationChannel.SLACK,))


@pytest.fixture
def work() -> FakeWork:
    work = FakeWork()
    work.alerts.add_rule(RULE, 1, NOW)
    return work


def write(
    work: FakeWork,
    value: str,
    day: date = TUESDAY,
    revision: int = 1,
    assignment_id: int = UNA,
    target: str = "100",
) -> int:
    """A value that was just written; how many notifications it makes."""
    measurement = measurement_of(CALLS, assignment_id, day, Decimal(value), target)
    change = WrittenMeasurement(on(assignment_id, day), revision, MeasurementState.FINAL)
    return raise_alerts([change], [measurement], {assignment_id: SubjectType.USER}, work)


def alert_of(work: FakeWork, number: int = 1) -> StoredAlert:
    return work.alerts.alerts[number]


def test_a_missed_target_opens_an_alert_with_its_figures(work: FakeWork) -> None:
    assert write(work, "50") == 1
    figures = AlertFigures(
        rule_id=1,
        assignment_id=UNA,
        definition_id=CALLS.id,
        severity=Severity.CRITICAL,
        text="CRITICAL: Calls 50% below target",
        value=Decimal(50),
        target=Target.point(Decimal(100)),
        period_start=TUESDAY,
        period_end=TUESDAY,
    )
    assert work.alerts.alerts == {1: StoredAlert(figures, AlertState.FIRING, opened_at=NOW, updated_at=NOW)}


def test_what_leaves_tells_the_numbers_as_text(work: FakeWork) -> None:
    write(work, "50.5")
    (stored,) = work.alerts.outbox.values()
    assert (stored.notification.alert_id, stored.notification.channel) == (1, NotificationChannel.SLACK)
    assert stored.notification.subject == "CRITICAL: Calls 50% below target"
    assert stored.notification.body == {
        "kpi": "calls",
        "kpi_name": "Calls",
        "category": "sales",
        "severity": "critical",
        "text": "CRITICAL: Calls 50% below target",
        "value": "50.5",
        "target": "100",
        "period_start": "2026-03-03",
        "period_end": "2026-03-03",
        "assignment_id": UNA,
    }


def test_a_met_target_raises_nothing(work: FakeWork) -> None:
    assert write(work, "100") == 0
    assert (work.alerts.alerts, work.alerts.outbox) == ({}, {})


def test_each_channel_but_the_dashboard_gets_a_notification(work: FakeWork) -> None:
    work.alerts.rules[1] = replace(work.alerts.rules[1], channels=tuple(NotificationChannel))
    assert write(work, "50") == 2
    assert [stored.notification.channel for stored in work.alerts.outbox.values()] == [
        NotificationChannel.EMAIL,
        NotificationChannel.SLACK,
    ]


def test_a_rule_for_the_dashboard_alone_opens_an_alert_and_tells_nobody(work: FakeWork) -> None:
    work.alerts.rules[1] = replace(work.alerts.rules[1], channels=(NotificationChannel.DASHBOARD,))
    assert write(work, "50") == 0
    assert len(work.alerts.alerts) == 1


def test_an_alert_that_goes_on_has_new_figures_and_tells_nobody_again(work: FakeWork) -> None:
    write(work, "50", MONDAY + timedelta(days=1))
    work.now += timedelta(hours=1)
    assert write(work, "70", revision=2) == 0
    (alert,) = work.alerts.alerts.values()
    assert (alert.state, alert.figures.value, alert.figures.severity) == (
        AlertState.FIRING,
        70,
        Severity.WARNING,
    )
    assert (alert.opened_at, alert.updated_at, alert.resolved_at) == (NOW, work.now, None)
    assert len(work.alerts.outbox) == 1


def test_a_met_target_resolves_the_alert_and_the_next_miss_opens_another(work: FakeWork) -> None:
    write(work, "50")
    write(work, "100", revision=2)
    assert (alert_of(work).state, alert_of(work).resolved_at) == (AlertState.RESOLVED, NOW)
    assert alert_of(work).figures.value == 100
    assert write(work, "50", revision=3) == 1
    assert (alert_of(work).state, alert_of(work, 2).state) == (AlertState.RESOLVED, AlertState.FIRING)


def test_a_rule_remembers_which_alert_it_opened_for_whom(work: FakeWork) -> None:
    write(work, "50", assignment_id=UGO)
    write(work, "50", assignment_id=UNA)
    states = {watched: (state.state, state.alert_id) for watched, state in work.alerts.states.items()}
    assert states == {
        WatchedAssignment(1, UGO): (ConditionState.FIRING, 1),
        WatchedAssignment(1, UNA): (ConditionState.FIRING, 2),
    }
    write(work, "100", revision=2, assignment_id=UNA)
    assert (alert_of(work, 1).state, alert_of(work, 2).state) == (AlertState.FIRING, AlertState.RESOLVED)


def test_two_people_in_one_write_have_an_alert_each(work: FakeWork) -> None:
    measurements = [measurement_of(CALLS, each, TUESDAY, Decimal(50), "100") for each in (UNA, UGO)]
    changes = [WrittenMeasurement(on(each, TUESDAY), 1, MeasurementState.FINAL) for each in (UNA, UGO)]
    subject_types = dict.fromkeys((UNA, UGO), SubjectType.USER)
    assert raise_alerts(changes, measurements, subject_types, work) == 2
    assert [alert.figures.assignment_id for alert in work.alerts.alerts.values()] == [UNA, UGO]


def test_two_rules_on_a_kpi_each_have_their_own_alert(work: FakeWork) -> None:
    work.alerts.add_rule(replace(RULE, threshold_percentage=Decimal(60)), 1, NOW)
    write(work, "50")
    assert len(work.alerts.alerts) == 1
    write(work, "30", revision=2)
    assert [alert.figures.rule_id for alert in work.alerts.alerts.values()] == [1, 2]


def test_a_rule_on_another_kpi_or_another_kind_of_subject_says_nothing() -> None:
    work = FakeWork()
    work.alerts.add_rule(replace(RULE, definition_id=8), 1, NOW)
    work.alerts.add_rule(replace(RULE, applies_to=(SubjectType.TEAM,)), 1, NOW)
    assert write(work, "50") == 0
    assert work.alerts.states == {}


def test_a_rule_judges_its_own_kpi_where_several_are_written_at_once(work: FakeWork) -> None:
    visits = replace(CALLS, id=8, key="visits", name="Visits")
    measurements = [
        measurement_of(kpi, assignment_id, TUESDAY, Decimal(50), "100")
        for kpi, assignment_id in ((CALLS, UNA), (visits, UGO))
    ]
    changes = [WrittenMeasurement(on(each, TUESDAY), 1, MeasurementState.FINAL) for each in (UNA, UGO)]
    assert raise_alerts(changes, measurements, dict.fromkeys((UNA, UGO), SubjectType.USER), work) == 1
    assert [alert.figures.assignment_id for alert in work.alerts.alerts.values()] == [UNA]


def test_what_did_not_change_is_not_judged(work: FakeWork) -> None:
    measurement = measurement_of(CALLS, UNA, TUESDAY, Decimal(50), "100")
    assert raise_alerts([], [measurement], {UNA: SubjectType.USER}, work) == 0
    assert work.alerts.states == {}


def test_a_period_before_the_newest_closed_one_is_no_news(work: FakeWork) -> None:
    assert write(work, "50", MONDAY) == 0
    assert work.alerts.states == {}


def test_a_period_of_which_less_than_half_is_covered_raises_nothing(work: FakeWork) -> None:
    weekly = replace(CALLS, aggregation_period=Cadence.WEEKLY)
    judged = {}
    for days in (3, 4):
        measurement = replace(measurement_of(weekly, UNA, LAST_WEEK, Decimal(50), "100"), covered_days=days)
        change = WrittenMeasurement(measurement.slot.key, 1, MeasurementState.FINAL)
        judged[days] = raise_alerts([change], [measurement], {UNA: SubjectType.USER}, work)
    assert judged == {3: 0, 4: 1}


def test_the_running_period_is_judged_for_rules_that_ask_for_it(work: FakeWork) -> None:
    assert write(work, "50", WEDNESDAY) == 0
    work.alerts.rules[1] = replace(work.alerts.rules[1], evaluate_open=True)
    assert write(work, "50", WEDNESDAY) == 1


def test_a_missed_upper_bound_is_told_as_above() -> None:
    work = FakeWork()
    churn = replace(CALLS, name="Churn", target_type=TargetType.LOWER_BETTER)
    work.alerts.add_rule(RULE, 1, NOW)
    measurement = measurement_of(churn, UNA, TUESDAY, Decimal(125), "100")
    change = WrittenMeasurement(on(UNA, TUESDAY), 1, MeasurementState.FINAL)
    raise_alerts([change], [measurement], {UNA: SubjectType.USER}, work)
    assert alert_of(work).figures.text == "WARNING: Churn 25% above target"


def test_a_rule_with_a_severity_of_its_own_keeps_to_it(work: FakeWork) -> None:
    work.alerts.rules[1] = replace(work.alerts.rules[1], severity=Severity.WARNING)
    write(work, "10")
    assert alert_of(work).figures.severity is Severity.WARNING


def test_a_rule_that_waits_for_two_periods_opens_after_a_correction_of_the_second(work: FakeWork) -> None:
    work.alerts.rules[1] = replace(work.alerts.rules[1], consecutive_periods=2)
    write(work, "50", TUESDAY)
    assert work.alerts.states[WatchedAssignment(1, UNA)].state is ConditionState.PENDING
    work.now += timedelta(days=1)  # the values of Wednesday come, wrong at first
    for value, revision in (("100", 1), ("50", 2)):
        wednesday = measurement_of(CALLS, UNA, WEDNESDAY, Decimal(value), "100")
        slot = replace(wednesday.slot, is_open=False)
        change = WrittenMeasurement(on(UNA, WEDNESDAY), revision, MeasurementState.FINAL)
        raise_alerts([change], [replace(wednesday, slot=slot)], {UNA: SubjectType.USER}, work)
    assert len(work.alerts.alerts) == 1
