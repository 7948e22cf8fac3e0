"""Whom the company's KPIs are shown to, of which periods, and where a series goes."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.insight.company_kpis import (
    FORECAST_PERIODS,
    MAX_ALERTS_ON_DASHBOARD,
    PERIODS_SEARCHED,
    company_kpi_in_detail,
    company_kpis,
    dashboard,
)
from lodestar.application.insight.company_shapes import CompanyKpiQuery, SeriesQuery
from lodestar.domain.definitions import Category, Definition
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Grant, Role
from lodestar.domain.refusals import Forbidden, InvalidRequest, NotFound
from tests.fakes.people import ACME, caller_of
from tests.fakes.work import shown
from tests.unit.application.insight.acme import ADMIN, MANAGER, NOBODY, SUPPORT, TODAY, UNA, Acme

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def acme() -> Acme:
    return Acme(caller=ADMIN)


# The list


def listed(acme: Acme, **query: Any) -> dict[str, Any]:
    """What the view is asked with."""
    asked: dict[str, Any] = {}
    acme.work.views.answers["company_kpis"] = lambda parameters: asked.update(parameters) or "{}"
    company_kpis(CompanyKpiQuery(**query), acme.caller, acme.work)
    assert acme.work.commits == 1
    return asked


def test_the_list_is_of_today_and_of_periods_that_were_closed_yesterday(acme: Acme) -> None:
    asked = listed(acme)
    assert asked["on"] == TODAY
    assert asked["calendar"] == (ACME.calendar, YESTERDAY, PERIODS_SEARCHED)


def test_periods_are_searched_far_enough_for_a_sparkline_that_ends_in_the_past() -> None:
    assert PERIODS_SEARCHED >= 2 * 6


@pytest.mark.parametrize(
    ("caller", "everything", "categories", "granted"),
    [
        (ADMIN, True, sorted(Category), []),
        (MANAGER, False, [], []),
        (caller_of("seller", {"kpis.sales.view"}), False, ["sales"], []),
        (caller_of("ceo", {"kpis.view_all"}), True, [], []),
        (caller_of(Role.USER, grants={9: Grant(can_view=True), 5: Grant(can_view=True)}), False, [], [5, 9]),
        (caller_of(Role.USER, grants={9: Grant(can_edit=True)}), False, [], []),
    ],
    ids=["an admin", "a manager", "by category", "all", "by grant", "a grant without sight"],
)
def test_numbers_are_shown_to_those_whose_role_or_grant_shows_them(
    acme: Acme, caller: Any, everything: bool, categories: list[str], granted: list[int]
) -> None:
    asked = listed(acme.as_caller(caller))
    assert (asked["everything"], asked["categories"], asked["granted"]) == (everything, categories, granted)


def test_filters_and_pages_are_asked_of_the_view(acme: Acme) -> None:
    asked = listed(acme, period=Cadence.DAILY, category=Category.SALES, limit=2, cursor="17")
    assert [asked[name] for name in ("period", "category", "limit", "cursor")] == ["daily", "sales", 2, 17]


def test_a_cursor_that_was_never_given_is_refused(acme: Acme) -> None:
    with pytest.raises(InvalidRequest, match="next_cursor"):
        company_kpis(CompanyKpiQuery(cursor="abc"), ADMIN, acme.work)


# The dashboard


def test_the_dashboard_has_every_kpi_and_the_newest_alerts_that_fire(acme: Acme) -> None:
    view, asked = shown(dashboard(acme.caller, acme.work).text)
    assert (view, acme.work.commits) == ("dashboard", 1)
    assert {name: asked[name] for name in ("period", "category", "limit", "cursor")} == dict.fromkeys(
        ("period", "category", "limit", "cursor")
    )
    assert (asked["state"], asked["alerts"]) == ("firing", MAX_ALERTS_ON_DASHBOARD)
    assert [asked[name] for name in ("severity", "kpi_id", "user_id")] == [None] * 3


def test_the_alerts_of_the_dashboard_are_those_that_the_caller_may_see(acme: Acme) -> None:
    asked = shown(dashboard(MANAGER, acme.work).text)[1]
    assert (asked["me"], asked["teams"], asked["everything"]) == (MANAGER.user_id, [SUPPORT], False)


# One KPI in detail


def kpi_of_company(acme: Acme, **changes: Any) -> Definition:
    definition = acme.define(**{"aggregation_period": Cadence.DAILY} | changes)
    acme.assign(definition)
    return definition


def remember(acme: Acme, kpi: Definition, values: Mapping[date, object]) -> None:
    acme.work.insight.values[kpi.id] = {
        start: None if value is None else Decimal(str(value)) for start, value in values.items()
    }


def detail(acme: Acme, kpi_id: int, days: int = 30) -> dict[str, Any]:
    view, parameters = shown(
        company_kpi_in_detail(kpi_id, SeriesQuery(days=days), acme.caller, acme.work).text
    )
    assert (view, acme.work.commits) == ("company_kpi", 1)
    acme.work.commits = 0
    return parameters


def test_a_locked_kpi_is_refused_in_detail_and_an_unknown_one_is_not_found(acme: Acme) -> None:
    locked = kpi_of_company(acme, category=Category.FINANCE)
    unassigned = acme.define()
    withdrawn = acme.define()
    acme.work.assignments.save_terms({acme.assign(withdrawn): ()})
    nobody = caller_of("nobody", set())
    with pytest.raises(Forbidden, match="is locked for you"):
        company_kpi_in_detail(locked.id, SeriesQuery(), nobody, acme.work)
    for kpi_id in (unassigned.id, withdrawn.id, NOBODY):
        with pytest.raises(NotFound, match="a KPI is one once it is assigned to the company"):
            company_kpi_in_detail(kpi_id, SeriesQuery(), nobody, acme.work)


def test_a_retired_kpi_stands_as_it_did_before_and_has_no_forecast(acme: Acme) -> None:
    kpi = kpi_of_company(acme, is_active=False, retired_on=date(2026, 2, 10))
    remember(acme, kpi, {date(2026, 2, 9) - timedelta(days=back): 5 for back in range(24)})
    asked = detail(acme, kpi.id)
    assert (asked["on"], asked["since"], asked["forecast"]) == ("2026-02-10", "2026-01-12", "null")


@pytest.mark.parametrize(
    "dates", [{"end_date": TODAY - timedelta(days=1)}, {"start_date": TODAY + timedelta(days=1)}]
)
def test_a_kpi_that_the_company_had_or_will_have_is_one_of_its_own(
    acme: Acme, dates: dict[str, date]
) -> None:
    kpi = acme.define(aggregation_period=Cadence.DAILY)
    acme.assign(kpi, **dates)
    assert detail(acme, kpi.id)["id"] == kpi.id


def test_a_kpi_that_is_only_a_persons_is_none_of_the_company(acme: Acme) -> None:
    personal = acme.define()
    acme.assign(personal, UNA)
    with pytest.raises(NotFound):
        detail(acme, personal.id)


@pytest.mark.parametrize(
    ("cadence", "days", "since", "first"),
    [
        (Cadence.DAILY, 1, "2026-03-04", "2026-03-04"),
        (Cadence.DAILY, 30, "2026-02-03", "2026-02-03"),
        (Cadence.WEEKLY, 7, "2026-02-26", "2026-02-23"),
        (Cadence.MONTHLY, 4, "2026-03-01", "2026-03-01"),
        (Cadence.MONTHLY, 5, "2026-02-28", "2026-02-01"),
        (Cadence.QUARTERLY, 64, "2025-12-31", "2025-10-01"),
    ],
)
def test_a_series_begins_with_the_period_that_holds_its_first_day(
    acme: Acme, cadence: Cadence, days: int, since: str, first: str
) -> None:
    asked = detail(acme, kpi_of_company(acme, aggregation_period=cadence).id, days)
    assert (asked["since"], asked["series_first"]) == (since, first)


def test_the_longest_series_is_within_the_calendar(acme: Acme) -> None:
    acme.work.now = acme.work.now.replace(year=1905)
    asked = detail(acme, kpi_of_company(acme).id, 3660)
    assert asked["since"] == "1900-01-01"


def test_trend_and_forecast_rest_on_closed_periods_alone(acme: Acme) -> None:
    kpi = kpi_of_company(acme, precision=1)
    values = {TODAY - timedelta(days=back): 10 if back > 4 else 12 for back in range(1, 9)}
    remember(acme, kpi, values)
    before = detail(acme, kpi.id)
    assert json.loads(before["trend"]) == {"percent": 20.0, "label": "growing"}
    forecast = json.loads(before["forecast"])
    assert (forecast["period_start"], forecast["period_end"]) == ("2026-03-04", "2026-03-04")
    assert 12 <= forecast["value"] < 12.5
    remember(acme, kpi, values | {TODAY: 500})
    after = detail(acme, kpi.id)
    assert (after["trend"], after["forecast"]) == (before["trend"], before["forecast"])


def test_the_trend_is_that_of_the_series_and_the_forecast_is_not(acme: Acme) -> None:
    kpi = kpi_of_company(acme)
    remember(acme, kpi, {TODAY - timedelta(days=back): back for back in range(1, 9)})
    long, short = detail(acme, kpi.id), detail(acme, kpi.id, days=4)
    assert json.loads(short["trend"]) is None
    assert json.loads(long["trend"])["label"] == "falling"
    assert short["forecast"] == long["forecast"] != "null"


def test_a_period_without_a_value_is_a_gap_and_no_zero(acme: Acme) -> None:
    kpi = kpi_of_company(acme)
    gaps = {TODAY - timedelta(days=back): None if back == 3 else 10 for back in range(1, 10)}
    remember(acme, kpi, gaps)
    asked = detail(acme, kpi.id)
    assert json.loads(asked["trend"]) == {"percent": 0, "label": "steady"}
    assert json.loads(asked["forecast"])["value"] == 10


def test_too_few_values_have_neither_trend_nor_forecast(acme: Acme) -> None:
    kpi = kpi_of_company(acme)
    remember(acme, kpi, {TODAY - timedelta(days=back): 5 for back in range(1, 4)})
    asked = detail(acme, kpi.id)
    assert (asked["trend"], asked["forecast"]) == ("null", "null")


def test_a_forecast_forgets_what_lies_before_its_periods(acme: Acme) -> None:
    kpi = kpi_of_company(acme)
    recent = {TODAY - timedelta(days=back): 10 for back in range(1, FORECAST_PERIODS + 1)}
    remember(acme, kpi, recent)
    alone = detail(acme, kpi.id, days=3660)["forecast"]
    remember(acme, kpi, recent | {TODAY - timedelta(days=FORECAST_PERIODS + 1): 9_999})
    assert detail(acme, kpi.id, days=3660)["forecast"] == alone


def test_a_series_that_reaches_further_back_than_the_forecast_has_the_trend_of_all_of_it(acme: Acme) -> None:
    kpi = kpi_of_company(acme)
    days = range(1, 2 * FORECAST_PERIODS + 1)
    remember(
        acme, kpi, {TODAY - timedelta(days=back): 10 if back > FORECAST_PERIODS else 12 for back in days}
    )
    assert json.loads(detail(acme, kpi.id, days=3660)["trend"]) == {"percent": 20, "label": "growing"}


def test_a_forecast_has_the_decimals_of_its_kpi(acme: Acme) -> None:
    kpi = kpi_of_company(acme, precision=0)
    remember(acme, kpi, {TODAY - timedelta(days=back): f"{back}.4" for back in range(1, 9)})
    assert isinstance(json.loads(detail(acme, kpi.id)["forecast"])["value"], int)


def test_a_forecast_is_of_the_running_period_of_the_kpis_own_cadence(acme: Acme) -> None:
    kpi = kpi_of_company(acme, aggregation_period=Cadence.MONTHLY)
    remember(acme, kpi, {date(2025, month, 1): month for month in range(5, 13)})
    forecast = json.loads(detail(acme, kpi.id)["forecast"])
    assert (forecast["period_start"], forecast["period_end"]) == ("2026-03-01", "2026-03-31")
