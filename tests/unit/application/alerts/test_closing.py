"""Alerts end with what they are about, with the reason, and a new episode begins from nothing."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from lodestar.application.alerts.closing import (
    close_alerts_of,
    close_alerts_of_kpi,
    close_withdrawn_alerts,
)
from lodestar.application.calculation.running import plan_due
from lodestar.domain.alerts import AlertRule, AlertType, CloseReason, ConditionState, WatchedAssignment
from lodestar.domain.definitions import Definition
from lodestar.domain.periods import Cadence
from lodestar.domain.runs import RunKind
from lodestar.domain.tasks import Tick
from tests.fakes.calculation import FakeSource
from tests.fakes.firm import point
from tests.fakes.people import ACME
from tests.unit.application.calculation.firm import MONDAY, TUESDAY, WEDNESDAY, Firm, on

ONE_DAY = timedelta(days=1)
MISSED = Decimal(5)


@pytest.fixture
def firm() -> Firm:
    return Firm(source=FakeSource(MISSED))


@pytest.fixture
def calls(firm: Firm) -> Definition:
    kpi = firm.kpi()
    firm.work.alerts.add_rule(AlertRule(0, kpi.id, AlertType.BELOW_TARGET, Decimal(20)), 1, firm.work.now)
    return kpi


def assign(firm: Firm, kpi: Definition, **dates: date) -> int:
    return firm.assign(kpi, user=firm.user(), target=point(100), **dates)


def states(firm: Firm) -> dict[int, tuple[str, CloseReason | None]]:
    """Of each alert, by its assignment."""
    return {
        alert.figures.assignment_id: (alert.state.value, alert.close_reason)
        for alert in firm.work.alerts.alerts.values()
    }


def test_alerts_of_a_retired_kpi_end_and_those_of_others_stay(firm: Firm, calls: Definition) -> None:
    visits = firm.kpi("visits")
    firm.work.alerts.add_rule(AlertRule(0, visits.id, AlertType.BELOW_TARGET, Decimal(20)), 1, firm.work.now)
    of_calls, of_visits = assign(firm, calls), assign(firm, visits)
    firm.calculate(TUESDAY, TUESDAY)
    close_alerts_of_kpi(calls.id, firm.work)
    assert states(firm) == {of_calls: ("closed", CloseReason.KPI_RETIRED), of_visits: ("firing", None)}


def test_the_alerts_of_whoever_leaves_end_at_once(firm: Firm, calls: Definition) -> None:
    una, ugo = assign(firm, calls), assign(firm, calls)
    firm.calculate(TUESDAY, TUESDAY)
    close_alerts_of([una], CloseReason.PERSON_LEFT, firm.work)
    assert states(firm) == {una: ("closed", CloseReason.PERSON_LEFT), ugo: ("firing", None)}
    state = firm.work.alerts.states[WatchedAssignment(1, una)]
    assert (state.state, state.hits, state.alert_id) == (ConditionState.OK, 0, None)


def test_a_resolved_alert_stays_what_it_is(firm: Firm, calls: Definition) -> None:
    una = assign(firm, calls)
    firm.calculate(MONDAY, TUESDAY)
    assert isinstance(firm.source, FakeSource)
    firm.source.otherwise = Decimal(100)
    firm.calculate(TUESDAY, TUESDAY)
    before = states(firm)
    close_alerts_of([una], CloseReason.PERSON_LEFT, firm.work)
    assert states(firm) == before == {una: ("resolved", None)}


def test_only_the_alert_about_a_withdrawn_period_ends_with_it(firm: Firm, calls: Definition) -> None:
    una = assign(firm, calls)
    firm.calculate(TUESDAY, TUESDAY)
    close_withdrawn_alerts([on(una, MONDAY)], firm.work)
    assert states(firm) == {una: ("firing", None)}
    close_withdrawn_alerts([on(una, TUESDAY)], firm.work)
    assert states(firm) == {una: ("closed", CloseReason.WITHDRAWN)}


def test_a_closed_episode_is_followed_by_a_new_one(firm: Firm, calls: Definition) -> None:
    una = assign(firm, calls)
    firm.calculate(MONDAY, MONDAY, kind=RunKind.SCHEDULED)
    firm.calculate(TUESDAY, TUESDAY)
    close_alerts_of([una], CloseReason.PERSON_LEFT, firm.work)
    firm.work.now += ONE_DAY
    firm.calculate(WEDNESDAY, WEDNESDAY)
    assert [alert.state.value for alert in firm.work.alerts.alerts.values()] == ["closed", "firing"]


def tick(firm: Firm, now: datetime) -> None:
    firm.work.now = now
    plan_due(Tick(Cadence.DAILY, now), ACME.id, firm.work.open_work, firm.messages)


def test_an_alert_opens_for_the_last_day_with_terms_and_ends_when_the_next_would_have_been_due(
    firm: Firm, calls: Definition
) -> None:
    ended, goes_on = assign(firm, calls, end_date=TUESDAY), assign(firm, calls)
    tick(firm, datetime(2026, 3, 4, 1, tzinfo=UTC))
    firm.work_off()
    assert states(firm) == {ended: ("firing", None), goes_on: ("firing", None)}
    tick(firm, datetime(2026, 3, 5, 0, 59, tzinfo=UTC))
    assert states(firm)[ended] == ("firing", None)
    tick(firm, datetime(2026, 3, 5, 1, tzinfo=UTC))
    assert states(firm) == {ended: ("closed", CloseReason.TERMS_ENDED), goes_on: ("firing", None)}


def test_an_alert_ends_also_where_nobody_is_measured_any_more(firm: Firm, calls: Definition) -> None:
    ended = assign(firm, calls, end_date=TUESDAY)
    tick(firm, datetime(2026, 3, 4, 1, tzinfo=UTC))
    firm.work_off()
    commits = firm.work.commits
    tick(firm, datetime(2026, 3, 5, 2, tzinfo=UTC))
    assert states(firm) == {ended: ("closed", CloseReason.TERMS_ENDED)}
    assert firm.work.commits == commits + 1


def test_a_due_period_of_another_cadence_ends_no_alert(firm: Firm, calls: Definition) -> None:
    ended = assign(firm, calls, end_date=TUESDAY)
    firm.calculate(TUESDAY, TUESDAY)
    now = datetime(2026, 4, 1, 4, tzinfo=UTC)
    firm.work.now = now
    plan_due(Tick(Cadence.MONTHLY, now), ACME.id, firm.work.open_work, firm.messages)
    assert states(firm) == {ended: ("firing", None)}
