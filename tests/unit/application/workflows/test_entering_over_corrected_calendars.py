"""Values that people enter while, or right after, the calendar is corrected."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import pytest

from lodestar.application.assignments.shapes import BulkTargetDraft, CompanyTargetDraft, WithdrawalQuery
from lodestar.application.people.shapes import CompanyChange
from lodestar.application.values.ports import UserDay
from lodestar.application.values.shapes import EnteredValue
from lodestar.application.workflows.assigning import withdraw_assignment
from lodestar.application.workflows.changing_companies import SettingsContext, change_company
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.entering import enter_value
from lodestar.application.workflows.importing import import_values
from lodestar.application.workflows.retiring import retire_kpi
from lodestar.application.workflows.targets import set_company_target, set_targets_of_many
from lodestar.domain.alerts import AlertRule, AlertState, AlertType, CloseReason
from lodestar.domain.assignments import UserKpiIds
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import SlotKey
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Contended
from lodestar.domain.sources import ManualSource
from lodestar.domain.targets import Target
from tests.fakes.people import ACME, caller_of
from tests.unit.application.calculation.firm import Firm

OLD_WEEK = date(2026, 2, 23), date(2026, 3, 1)
NEW_WEEK = date(2026, 2, 22), date(2026, 2, 28)


@dataclass
class Ratings:
    """A person whom somebody rates each week; the newest closed week is rated 7 of 10."""

    firm: Firm = field(default_factory=Firm)

    def __post_init__(self) -> None:
        self.kpi: Definition = self.firm.kpi("rating", ManualSource(), aggregation_period=Cadence.WEEKLY)
        self.una = self.firm.user()
        self.assigned = self.firm.assign(self.kpi, user=self.una, target=Target.point(Decimal(10)))
        self.firm.assign(self.kpi)
        rule = AlertRule(0, self.kpi.id, AlertType.BELOW_TARGET, Decimal(20))
        self.firm.work.alerts.add_rule(rule, 1, self.firm.work.now)
        self.before = self.context()
        self.enter(OLD_WEEK, "7", self.before)

    def context(self) -> ChangeContext:
        """An admin who signs in now."""
        caller = replace(caller_of(), company=self.firm.work.people.companies[ACME.id])
        return ChangeContext(caller, self.firm.work, self.firm.messages)

    def correct(self) -> None:
        context = SettingsContext(
            caller_of(Role.SUPERUSER, company_id=99), self.firm.work, self.firm.messages
        )
        asked = CompanyChange(week_start="sunday", effective_from=date(2026, 2, 15), confirm=1)
        change_company(ACME.id, asked, context)

    def enter(self, week: tuple[date, date], value: str, context: ChangeContext) -> None:
        body = EnteredValue(period_start=week[0], period_end=week[1], actual_value=Decimal(value))
        enter_value(UserKpiIds(self.una, self.assigned), body, context)

    def key(self, week: tuple[date, date]) -> SlotKey:
        return SlotKey(self.assigned, *week)


def enter_by_hand(ratings: Ratings, context: ChangeContext) -> None:
    ratings.enter(OLD_WEEK, "8", context)


def enter_by_file(ratings: Ratings, context: ChangeContext) -> None:
    email = ratings.firm.work.people.users[ratings.una].email
    text = f"kpi,user,period_start,value\nrating,{email},2026-02-23,8\n"
    import_values(text, context, dry_run=False)


def set_a_target(ratings: Ratings, context: ChangeContext) -> None:
    dates = {"period_start": str(OLD_WEEK[0]), "period_end": str(OLD_WEEK[1])}
    set_company_target(
        ratings.kpi.id, CompanyTargetDraft.model_validate({"target_value": 9, **dates}), context
    )


def set_targets_by_list(ratings: Ratings, context: ChangeContext) -> None:
    dates = {"period_start": str(OLD_WEEK[0]), "period_end": str(OLD_WEEK[1])}
    targets = [{"user_id": ratings.una, "target_value": 9}]
    asked = {"kpi_definition_id": ratings.kpi.id, "targets": targets, **dates}
    set_targets_of_many(BulkTargetDraft.model_validate(asked), context)


def withdraw_terms(ratings: Ratings, context: ChangeContext) -> None:
    withdraw_assignment(
        UserKpiIds(ratings.una, ratings.assigned), WithdrawalQuery.model_validate({}), context
    )


@pytest.mark.parametrize(
    "change", [enter_by_hand, enter_by_file, set_a_target, set_targets_by_list, withdraw_terms]
)
def test_what_was_asked_by_a_calendar_that_has_changed_meanwhile_is_tried_again(
    change: Callable[[Ratings, ChangeContext], None],
) -> None:
    ratings = Ratings()
    ratings.correct()
    with pytest.raises(Contended, match="calendar has changed"):
        change(ratings, ratings.before)


def test_a_value_of_a_new_week_takes_the_place_of_the_old_one_at_once() -> None:
    ratings = Ratings()
    ratings.correct()
    values = ratings.firm.work.values
    values.scored.append(UserDay(ratings.una, OLD_WEEK[1]))
    known = len(values.scored)
    ratings.enter(NEW_WEEK, "9", ratings.context())
    assert {key for key in values.stored if key.assignment_id == ratings.assigned} == {ratings.key(NEW_WEEK)}
    assert ratings.key(OLD_WEEK) in values.superseded
    (alert,) = ratings.firm.work.alerts.alerts.values()
    assert (alert.state, alert.figures.period_start) == (AlertState.RESOLVED, NEW_WEEK[0])
    assert [scored.day for scored in values.scored[known:]] == [NEW_WEEK[1], OLD_WEEK[1]]


def test_a_value_of_a_retired_kpi_is_corrected_and_wakes_nobody() -> None:
    ratings = Ratings()
    alerts = ratings.firm.work.alerts
    alerts.close_alerts(list(alerts.alerts), CloseReason.KPI_RETIRED, ratings.firm.work.now)
    retire_kpi(ratings.kpi.id, caller_of(), ratings.firm.work, dry_run=False)
    ratings.enter(OLD_WEEK, "5", ratings.before)
    assert ratings.firm.work.values.stored[ratings.key(OLD_WEEK)].entered.measurement.value == 5
    assert [alert.state for alert in alerts.alerts.values()] == [AlertState.CLOSED]
