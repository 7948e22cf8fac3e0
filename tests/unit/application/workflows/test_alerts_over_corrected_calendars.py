"""Weeks give way to others where a calendar is corrected, and alerts go by those that there are now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest

from lodestar.application.calculation.ports import SourceRequest
from lodestar.application.people.shapes import CompanyChange
from lodestar.application.workflows.changing_companies import SettingsContext, change_company
from lodestar.domain.alerts import AlertRule, AlertState, AlertType, CloseReason, NotificationChannel
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Role
from lodestar.domain.targets import Target
from lodestar.domain.values import NoData, Value
from tests.fakes.alerts import StoredAlert
from tests.fakes.people import ACME, caller_of
from tests.unit.application.calculation.firm import WEDNESDAY, Firm

MISSED, MET, NOTHING = Decimal(50), Decimal(100), NoData("no_rows")
OLD_WEEK = date(2026, 2, 23), date(2026, 3, 1)
NEW_WEEK = date(2026, 2, 22), date(2026, 2, 28)
"""The newest closed week by either calendar."""


@dataclass
class Newest:
    """A source that gives `value` for the newest closed week, and for all others what meets the target."""

    firm: Firm
    value: Value

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        calendar, now = self.firm.work.people.company().calendar, self.firm.work.now
        newest = calendar.instants(calendar.last_closed(Cadence.WEEKLY, now))
        return dict.fromkeys(request.subjects, self.value if request.instants == newest else MET)


@dataclass
class Watch:
    """A person's weekly KPI with a target of 100, under a rule that tells of it by email."""

    consecutive_periods: int = 1
    firm: Firm = field(default_factory=Firm)

    def __post_init__(self) -> None:
        kpi = self.firm.kpi(aggregation_period=Cadence.WEEKLY)
        self.firm.assign(kpi, user=self.firm.user(), target=Target.point(Decimal(100)))
        rule = AlertRule(
            0,
            kpi.id,
            AlertType.BELOW_TARGET,
            Decimal(10),
            consecutive_periods=self.consecutive_periods,
            channels=(NotificationChannel.EMAIL,),
        )
        self.firm.work.alerts.add_rule(rule, 1, self.firm.work.now)

    def measure(self, value: Value) -> None:
        """Calculate all weeks of a month; the newest closed one has this value."""
        self.firm.source = Newest(self.firm, value)
        self.firm.calculate(date(2026, 2, 1), WEDNESDAY)

    def correct(self, value: Value, **fields: str) -> None:
        """Let the week begin on another day since the middle of February; the newest one has this value."""
        self.firm.source = Newest(self.firm, value)
        context = SettingsContext(
            caller_of(Role.SUPERUSER, company_id=99), self.firm.work, self.firm.messages
        )
        asked = {"week_start": "sunday", "effective_from": "2026-02-15"} | fields
        change_company(ACME.id, CompanyChange.model_validate(asked), context)
        self.firm.work_off()

    @property
    def alerts(self) -> list[StoredAlert]:
        return list(self.firm.work.alerts.alerts.values())

    @property
    def told(self) -> int:
        """How many messages went out."""
        return len(self.firm.work.alerts.outbox)


def week(alert: StoredAlert) -> tuple[date, date]:
    return alert.figures.period_start, alert.figures.period_end


def test_an_alert_goes_on_with_the_week_that_took_the_place_of_its_own() -> None:
    watch = Watch()
    watch.measure(MISSED)
    assert [week(alert) for alert in watch.alerts] == [OLD_WEEK]
    watch.correct(MISSED)
    (alert,) = watch.alerts
    assert (alert.state, week(alert), watch.told) == (AlertState.FIRING, NEW_WEEK, 1)


def test_an_alert_ends_where_the_week_in_its_place_meets_the_target() -> None:
    watch = Watch()
    watch.measure(MISSED)
    watch.correct(MET)
    (alert,) = watch.alerts
    assert (alert.state, week(alert)) == (AlertState.RESOLVED, NEW_WEEK)


def test_an_alert_is_withdrawn_with_its_week_where_nothing_is_known_of_the_one_in_its_place() -> None:
    watch = Watch()
    watch.measure(MISSED)
    watch.correct(NOTHING)
    (alert,) = watch.alerts
    assert (alert.state, alert.close_reason) == (AlertState.CLOSED, CloseReason.WITHDRAWN)
    watch.measure(MISSED)  # what was missing comes late
    assert [each.state for each in watch.alerts] == [AlertState.CLOSED, AlertState.FIRING]
    assert week(watch.alerts[1]) == NEW_WEEK


def test_a_week_that_took_the_place_of_a_good_one_may_fire() -> None:
    watch = Watch()
    watch.measure(MET)
    watch.correct(MISSED)
    (alert,) = watch.alerts
    assert (alert.state, week(alert), watch.told) == (AlertState.FIRING, NEW_WEEK, 1)


def test_a_week_with_the_first_day_of_the_one_before_it_is_judged_too() -> None:
    watch = Watch()
    watch.measure(MET)
    watch.correct(MISSED, effective_from="2026-03-01")  # it is cut short, and has six days
    (alert,) = watch.alerts
    assert week(alert) == (date(2026, 2, 23), date(2026, 2, 28))


@pytest.mark.parametrize(("then", "state"), [(MISSED, AlertState.FIRING), (MET, None)])
def test_a_week_and_the_one_in_its_place_are_one_miss_in_a_row(then: Value, state: AlertState | None) -> None:
    watch = Watch(consecutive_periods=2)
    watch.measure(MISSED)
    watch.correct(MISSED)
    assert watch.alerts == []
    watch.firm.work.now = watch.firm.work.now.replace(day=11)
    watch.firm.source = Newest(watch.firm, then)
    watch.firm.calculate(date(2026, 3, 1), date(2026, 3, 7))
    assert [alert.state for alert in watch.alerts] == ([] if state is None else [state])
