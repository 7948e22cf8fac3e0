"""The company's own KPIs in SQL: what is shown of whom, against what, in which words."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.postgres import Database
from lodestar.application.alerts.rules import alerts_in_sight
from lodestar.application.assignments.shapes import CompanyTargetDraft
from lodestar.application.caller import Caller
from lodestar.application.insight.company_kpis import (
    PERIODS_SEARCHED,
    company_kpi_in_detail,
    company_kpi_parameters,
    company_kpis,
    dashboard,
)
from lodestar.application.insight.company_shapes import CompanyKpiQuery, SeriesQuery
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.targets import set_company_target
from lodestar.domain.alerts import AlertRule, AlertType
from lodestar.domain.assignments import THE_COMPANY, Assignment, SubjectType
from lodestar.domain.definitions import Category, Definition, TargetType, Unit
from lodestar.domain.measurements import Measurement, Slot
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Actor, Grant, KpiScope, visible_kpis
from lodestar.domain.refusals import Conflict, NotFound
from lodestar.domain.targets import DatedTarget
from lodestar.domain.targets_in_force import Targets
from lodestar.persistence.unit_of_work import WorkContext
from tests.fakes.calculation import FakeMessages
from tests.integration.tenants import NOW, Tenant, new_tenant, point, wait_until_blocked
from tests.oracle.trends import FROM, change, direction, in_words

TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
CEO = frozenset({"kpis.view_all"})
SETS_TARGETS = CEO | {"kpis.edit_targets"}


def caller_of(
    tenant: Tenant, permissions: frozenset[str] = CEO, grants: dict[int, Grant] | None = None
) -> Caller:
    actor = Actor(1, tenant.id, "ceo", permissions, grants=grants or {})
    return Caller(actor, "Cleo", "cleo@example.com", "UTC", tenant.company, "request")


def company_kpi(tenant: Tenant, target: str | None = None, **changes: Any) -> tuple[Definition, Assignment]:
    definition = tenant.definition(**changes)
    return definition, tenant.assignment(definition, target=None if target is None else point(target))


def enter(tenant: Tenant, kpi: tuple[Definition, Assignment], day: date, value: str) -> None:
    """What somebody enters today for the period of a day."""
    definition, assignment = kpi
    period = tenant.company.calendar.containing(definition.aggregation_period, day)
    slot = Slot(assignment.id, definition, period, is_open=period.end >= TODAY, is_news=True)
    author = tenant.user()
    row = tenant.measurement(assignment, definition, day, value)
    tenant.write([replace(row, slot=slot)])
    tenant.run(
        "update lodestar.measurements set entered_by = :author where company_id = :company "
        "and assignment_id = :id and period_start = :start",
        author=author,
        id=assignment.id,
        start=period.start,
    )


def calculate(tenant: Tenant, kpi: tuple[Definition, Assignment], day: date, value: str | None) -> None:
    definition, assignment = kpi
    period = tenant.company.calendar.containing(definition.aggregation_period, day)
    row: Measurement = tenant.measurement(assignment, definition, day, value)
    tenant.write([replace(row, slot=replace(row.slot, is_open=period.end >= TODAY))])


def shown(tenant: Tenant, caller: Caller | None = None, **query: Any) -> list[dict[str, Any]]:
    with tenant.work() as work:
        answer = company_kpis(CompanyKpiQuery(**query), caller or caller_of(tenant), work)
    kpis: list[dict[str, Any]] = json.loads(answer.text, parse_float=Decimal)["kpis"]
    return kpis


def only(tenant: Tenant, **query: Any) -> dict[str, Any]:
    (kpi,) = shown(tenant, **query)
    return kpi


# What is shown


def test_a_kpi_stands_as_its_newest_closed_period_does(tenant: Tenant) -> None:
    kpi = company_kpi(tenant, target="10", name="Revenue", category=Category.SALES)
    for days, value in ((3, "3"), (2, "8"), (1, "12")):
        calculate(tenant, kpi, TODAY - timedelta(days=days), value)
    calculate(tenant, kpi, TODAY, "1")  # to date
    found = only(tenant)
    assert found == {
        "id": kpi[0].id,
        "key": kpi[0].key,
        "name": "Revenue",
        "description": "",
        "category": "sales",
        "unit": "count",
        "precision": 2,
        "aggregation_period": "daily",
        "target_type": "higher_better",
        "value": 12,
        "target": 10,
        "progress": 120,
        "status": "exceeds",
        "change": {"absolute": 4, "percent": 50, "direction": "improving", "text": "+4 from the day before"},
        "period_start": "2026-03-09",
        "period_end": "2026-03-09",
        "state": "final",
        "locked": False,
    }


def test_what_somebody_entered_for_the_running_period_is_shown_at_once(tenant: Tenant) -> None:
    kpi = company_kpi(tenant)
    calculate(tenant, kpi, YESTERDAY, "12")
    enter(tenant, kpi, TODAY, "17")
    found = only(tenant)
    assert (found["value"], found["state"], found["period_start"]) == (17, "open", TODAY.isoformat())
    assert found["change"]["text"] == "+5 from yesterday"


def test_a_value_to_date_is_shown_where_there_is_no_other(tenant: Tenant) -> None:
    kpi = company_kpi(tenant)
    calculate(tenant, kpi, TODAY, "3")
    found = only(tenant)
    assert (found["value"], found["state"], found["change"]) == (3, "open", None)


def test_a_period_without_data_is_not_passed_over(tenant: Tenant) -> None:
    kpi = company_kpi(tenant)
    calculate(tenant, kpi, TODAY - timedelta(days=2), "3")
    calculate(tenant, kpi, YESTERDAY, None)
    found = only(tenant)
    assert (found["value"], found["status"], found["change"]) == (None, "no_data", None)


def test_what_was_never_measured_has_no_value_and_the_target_in_force(tenant: Tenant) -> None:
    definition, _ = company_kpi(tenant, target="10")
    found = only(tenant)
    assert (found["value"], found["status"], found["state"], found["target"]) == (None, "no_data", None, 10)
    with tenant.work() as work:
        for first, last, value in ((TODAY, TODAY, 12), (date(2026, 3, 1), date(2026, 3, 31), 11)):
            work.assignments.add_company_target(
                definition.id, DatedTarget(point(value), first, last, NOW), ""
            )
        work.commit()
    assert only(tenant)["target"] == 12


def test_a_range_shows_its_two_bounds(tenant: Tenant) -> None:
    kpi = company_kpi(tenant, target_type=TargetType.RANGE)
    tenant.run(
        "update lodestar.terms set target_low = 2, target_high = 3 where company_id = :company and assignment_id = :id",
        id=kpi[1].id,
    )
    assert only(tenant)["target"] == {"min": 2, "max": 3}


def test_where_one_assignment_ends_and_the_next_begins_the_newer_one_counts(tenant: Tenant) -> None:
    definition = tenant.definition(aggregation_period=Cadence.WEEKLY)
    monday, wednesday = date(2026, 3, 2), date(2026, 3, 4)
    old = tenant.assignment(definition, end_date=wednesday - timedelta(days=1))
    new = tenant.assignment(definition, start_date=wednesday)
    tenant.write([tenant.measurement(old, definition, monday - timedelta(days=7), "1")])
    tenant.write([tenant.measurement(old, definition, monday, "2")])
    tenant.write([tenant.measurement(new, definition, monday, "5")])
    assert only(tenant)["change"]["text"] == "+4 from the week before"
    with tenant.work() as work:
        values = work.insight.company_values(definition.id, monday - timedelta(days=7), monday)
    assert list(values.values()) == [1, 5]


# What is a KPI of the company


def test_a_kpi_of_the_company_is_active_and_assigned_to_the_company_today(tenant: Tenant) -> None:
    person = tenant.user()
    team = tenant.team()
    kept, _ = company_kpi(tenant)
    retired, _ = company_kpi(tenant, is_active=False)
    ended, over, coming, personal, of_team = (tenant.definition() for _ in range(5))
    tenant.assignment(ended, end_date=YESTERDAY)
    tenant.assignment(over, end_date=YESTERDAY)
    tenant.assignment(coming, start_date=TODAY + timedelta(days=1))
    tenant.assignment(personal, person)
    tenant.assignment(of_team, team_id=team)
    assert [each["id"] for each in shown(tenant)] == [kept.id]
    with tenant.work() as work:
        known = [
            each.id
            for each in (kept, retired, ended, over, coming, personal, of_team)
            if work.assignments.company_kpi(each.id) is not None
        ]
    assert known == [kept.id, retired.id, ended.id, over.id, coming.id]


def test_nothing_of_another_company_is_shown(tenant: Tenant, context: WorkContext) -> None:
    stranger = new_tenant(context)
    definition, _ = company_kpi(stranger)
    assert shown(tenant) == []
    with tenant.work() as work, pytest.raises(NotFound):
        company_kpi_in_detail(definition.id, SeriesQuery(), caller_of(tenant), work)


def test_the_list_is_filtered_and_paged(tenant: Tenant) -> None:
    ids = [company_kpi(tenant, category=each)[0].id for each in (Category.SALES, Category.FINANCE) * 2]
    weekly, _ = company_kpi(tenant, aggregation_period=Cadence.WEEKLY)
    assert [each["id"] for each in shown(tenant, category=Category.SALES)] == [ids[0], ids[2]]
    assert [each["id"] for each in shown(tenant, period=Cadence.WEEKLY)] == [weekly.id]
    found: list[int] = []
    cursor = None
    while True:
        with tenant.work() as work:
            query = CompanyKpiQuery(limit=2, cursor=cursor)
            page = json.loads(company_kpis(query, caller_of(tenant), work).text)
        found += [each["id"] for each in page["kpis"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert len(page["kpis"]) == 2
    assert found == [*ids, weekly.id]


def test_a_list_without_a_limit_has_every_row(tenant: Tenant) -> None:
    for _ in range(3):
        company_kpi(tenant)
    with tenant.work() as work:
        everything = {"period": None, "category": None, "limit": None, "cursor": None}
        parameters = everything | company_kpi_parameters(caller_of(tenant), work)
        answer = json.loads(work.views.read("company_kpis", parameters) or "")
    assert (len(answer["kpis"]), answer["next_cursor"]) == (3, None)


# Who sees what

scopes = st.builds(
    lambda everything, categories, positions: (everything, categories, positions),
    st.booleans(),
    st.frozensets(st.sampled_from(Category), max_size=2),
    st.frozensets(st.integers(0, 2)),
)


@given(scopes)
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_list_locks_what_the_domain_does_not_show(
    context: WorkContext, scope: tuple[bool, frozenset[Category], frozenset[int]]
) -> None:
    everything, categories, positions = scope
    tenant = new_tenant(context)
    kpis = [
        company_kpi(tenant, category=each) for each in (Category.SALES, Category.FINANCE, Category.CUSTOM)
    ]
    for each in kpis:
        calculate(tenant, each, YESTERDAY, "5")
    keys = {f"kpis.{category}.view" for category in categories} | ({"kpis.view_all"} if everything else set())
    grants = {kpis[position][0].id: Grant(can_view=True) for position in positions}
    caller = caller_of(tenant, frozenset(keys), grants)
    allowed: KpiScope = visible_kpis(caller.actor)
    for found, (definition, _) in zip(shown(tenant, caller), kpis, strict=True):
        if allowed.shows(definition.id, definition.category):
            assert (found["id"], found["value"]) == (definition.id, 5)
        else:
            assert found == {"name": "KPI", "category": definition.category, "locked": True}


def fire(tenant: Tenant, definition: Definition, assignment: Assignment) -> int:
    rule = AlertRule(0, definition.id, AlertType.BELOW_TARGET, Decimal(10))
    author = tenant.user()
    with tenant.work() as work:
        rule_id = work.alerts.add_rule(rule, author, NOW)
        alert_id = work.session.value(
            "insert into lodestar.alerts (company_id, rule_id, assignment_id, definition_id, state, severity, "
            "text, value, target_low, target_high, period_start, period_end, opened_at, updated_at) values "
            "(:company, :rule, :assignment, :definition, 'firing', 'warning', 'low', 1, 2, 2, :day, :day, "
            ":at, :at) returning id",
            rule=rule_id,
            assignment=assignment.id,
            definition=definition.id,
            day=YESTERDAY,
            at=NOW,
        )
        work.commit()
    return int(alert_id)


def test_alerts_about_the_company_are_for_those_who_see_its_kpi(tenant: Tenant) -> None:
    sales, finance = (company_kpi(tenant, category=each) for each in (Category.SALES, Category.FINANCE))
    personal = tenant.definition(category=Category.SALES)
    of_sales, of_finance = fire(tenant, *sales), fire(tenant, *finance)
    of_person = fire(tenant, personal, tenant.assignment(personal, tenant.user()))
    sees = {
        frozenset(): [],
        frozenset({"kpis.sales.view"}): [of_sales],
        CEO: [of_person, of_finance, of_sales],
    }
    for permissions, wanted in sees.items():
        caller = caller_of(tenant, permissions)
        with tenant.work() as work:
            board = json.loads(dashboard(caller, work).text)
        with tenant.work() as work:
            filters = dict.fromkeys(("state", "severity", "kpi_id", "user_id", "cursor"))
            found = json.loads(
                work.views.read("alerts", {**filters, "limit": 9, **alerts_in_sight(caller)}) or ""
            )
        assert [each["id"] for each in board["alerts"]] == wanted
        assert [each["id"] for each in found["alerts"]] == wanted
    granted = caller_of(tenant, frozenset(), {finance[0].id: Grant(can_view=True)})
    with tenant.work() as work:
        assert [each["id"] for each in json.loads(dashboard(granted, work).text)["alerts"]] == [of_finance]


# The change


@pytest.mark.parametrize("cadence", Cadence)
@pytest.mark.parametrize("is_running", [True, False])
def test_a_change_names_the_period_that_it_is_from(
    tenant: Tenant, cadence: Cadence, is_running: bool
) -> None:
    kpi = company_kpi(tenant, aggregation_period=cadence)
    calendar = tenant.company.calendar
    running = calendar.containing(cadence, TODAY)
    newest = running if is_running else calendar.previous(running)
    enter(tenant, kpi, newest.start, "7")
    enter(tenant, kpi, calendar.previous(newest).start, "10")
    assert only(tenant)["change"]["text"] == f"-3 from {FROM[cadence][0 if is_running else 1]}"


@pytest.mark.parametrize(
    ("previous", "current", "unit", "precision", "text"),
    [
        ("10", "15", Unit.COUNT, 2, "+5"),
        ("10", "12.5", Unit.HOURS, 2, "+2.5"),
        ("10", "12.3456", Unit.NUMBER, 2, "+2.35"),
        ("10", "12.3456", Unit.NUMBER, 0, "+2"),
        ("1000", "900", Unit.CURRENCY, 2, "-100"),
        ("40", "42.5", Unit.PERCENT, 1, "+2.5 points"),
        ("41", "40", Unit.PERCENT, 1, "-1 point"),
        ("10", "10", Unit.COUNT, 2, "no change"),
        ("10", "10.004", Unit.COUNT, 2, "no change"),
        ("-3", "-5", Unit.CURRENCY, 2, "-2"),
    ],
)
def test_a_change_has_the_decimals_of_the_kpi_and_no_zeros_behind_them(
    tenant: Tenant, previous: str, current: str, unit: Unit, precision: int, text: str
) -> None:
    kpi = company_kpi(tenant, unit=unit, precision=precision)
    enter(tenant, kpi, YESTERDAY, previous)
    enter(tenant, kpi, TODAY, current)
    found = only(tenant)["change"]
    assert found["text"] == f"{text} from yesterday"
    assert found["absolute"] == Decimal(current) - Decimal(previous)


def test_there_is_no_change_from_a_period_that_is_not_the_one_before(tenant: Tenant) -> None:
    kpi = company_kpi(tenant)
    enter(tenant, kpi, YESTERDAY, "7")
    enter(tenant, kpi, TODAY - timedelta(days=3), "10")
    assert only(tenant)["change"] is None


numbers = st.decimals(-100, 100, places=2)


@given(numbers, numbers, st.sampled_from(TargetType), st.none() | numbers)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_change_in_sql_is_that_of_the_rules(
    context: WorkContext, previous: Decimal, current: Decimal, kind: TargetType, aim: Decimal | None
) -> None:
    tenant = new_tenant(context)
    kpi = company_kpi(tenant, target_type=kind, target=None if aim is None else str(aim))
    calculate(tenant, kpi, YESTERDAY - timedelta(days=1), str(previous))
    calculate(tenant, kpi, YESTERDAY, str(current))
    moved = change(current, previous)
    assert moved is not None
    found = only(tenant)["change"]
    wanted = direction(moved, kind, kpi[1].terms[0].target)
    assert (found["absolute"], found["percent"], found["direction"]) == (
        moved.absolute,
        moved.percent,
        wanted,
    )


@given(
    st.decimals(-(10**6), 10**6, places=4) | st.decimals(-2, 2, places=4),
    st.sampled_from(Unit),
    st.integers(0, 4),
    st.sampled_from(Cadence),
    st.integers(0, 3),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_change_is_told_in_the_same_words(
    context: WorkContext, absolute: Decimal, unit: Unit, precision: int, cadence: Cadence, back: int
) -> None:
    sql = "select lodestar.change_in_words($1::numeric, $2, $3::integer, $4, $5::integer)"
    with context.engine.connect() as connection:
        told = connection.exec_driver_sql(sql, (absolute, unit, precision, cadence, back)).scalar()
    assert told == f"{in_words(absolute, unit, precision)} from {FROM[cadence][min(back, 1)]}"


def test_there_are_no_words_without_a_change(context: WorkContext) -> None:
    with context.engine.connect() as connection:
        sql = "select lodestar.change_in_words(null, '%', 2, 'daily', 0)"
        assert connection.exec_driver_sql(sql).scalar() is None


# In detail


def detail(tenant: Tenant, kpi: tuple[Definition, Assignment], days: int = 30) -> dict[str, Any]:
    with tenant.work() as work:
        answer = company_kpi_in_detail(kpi[0].id, SeriesQuery(days=days), caller_of(tenant), work)
    found: dict[str, Any] = json.loads(answer.text, parse_float=Decimal)
    return found


def test_a_detail_is_the_entry_of_the_list_with_its_series(tenant: Tenant) -> None:
    kpi = company_kpi(tenant, target="10")
    for days in range(6):
        calculate(tenant, kpi, TODAY - timedelta(days=days), str(20 - days))
    found = detail(tenant, kpi, days=4)
    series = found.pop("series")
    assert {each: found[each] for each in found if each not in {"trend", "forecast", "retired_on"}} == only(
        tenant
    )
    assert [(each["period_start"], each["value"], each["state"]) for each in series] == [
        ("2026-03-07", 17, "final"),
        ("2026-03-08", 18, "final"),
        ("2026-03-09", 19, "final"),
        ("2026-03-10", 20, "open"),
    ]
    assert series[0] == {
        "period_start": "2026-03-07",
        "period_end": "2026-03-07",
        "value": 17,
        "target": 10,
        "progress": 170,
        "state": "final",
    }
    assert (found["trend"], found["forecast"]) == (None, None)


def test_a_series_has_the_periods_that_end_in_its_days_and_the_running_one(tenant: Tenant) -> None:
    kpi = company_kpi(tenant, aggregation_period=Cadence.MONTHLY)
    for month in range(1, 4):
        calculate(tenant, kpi, date(2026, month, 1), str(month))
    assert [each["value"] for each in detail(tenant, kpi, days=10)["series"]] == [3]
    assert [each["value"] for each in detail(tenant, kpi, days=11)["series"]] == [2, 3]
    assert [each["value"] for each in detail(tenant, kpi, days=3660)["series"]] == [1, 2, 3]


# The dashboard


def test_the_dashboard_has_a_card_for_each_kpi_by_its_cadence(tenant: Tenant) -> None:
    caller = caller_of(tenant, frozenset({"kpis.sales.view"}))
    kpi = company_kpi(tenant, target="10", name="Revenue", category=Category.SALES)
    for days, value in enumerate(("7", "6", None, "4", "3", "2", "1")):
        if days != 2:
            calculate(tenant, kpi, YESTERDAY - timedelta(days=days), value)
    company_kpi(tenant, name="Costs", category=Category.FINANCE, aggregation_period=Cadence.QUARTERLY)
    new, _ = company_kpi(tenant, name="New", category=Category.SALES, aggregation_period=Cadence.WEEKLY)
    with tenant.work() as work:
        board = json.loads(dashboard(caller, work).text)
    assert board["daily"] == [
        {
            "id": kpi[0].id,
            "title": "Revenue",
            "category": "sales",
            "unit": "count",
            "value": 7,
            "target": 10,
            "progress": 70,
            "status": "needs_attention",
            "change": "+1 from the day before",
            "sparkline": [2, 3, 4, None, 6, 7],
            "locked": False,
        }
    ]
    assert board["quarterly"] == [{"title": "Costs", "category": "finance", "locked": True}]
    (card,) = board["weekly"]
    assert (card["id"], card["value"], card["change"], card["sparkline"]) == (new.id, None, None, [])
    assert (board["monthly"], board["alerts"]) == ([], [])


def test_a_sparkline_is_six_long_wherever_it_ends(tenant: Tenant) -> None:
    kpi = company_kpi(tenant)
    calculate(tenant, kpi, TODAY - timedelta(days=PERIODS_SEARCHED), "5")
    with tenant.work() as work:
        (card,) = json.loads(dashboard(caller_of(tenant), work).text)["daily"]
    assert (card["value"], card["sparkline"]) == (5, [None] * 5 + [5])


# Targets


def test_a_dated_target_of_the_company_goes_before_the_default_of_its_assignment(tenant: Tenant) -> None:
    definition, assignment = company_kpi(tenant, target="10")
    person = tenant.assignment(definition, tenant.user())
    period = tenant.company.calendar.containing(Cadence.DAILY, YESTERDAY)
    with tenant.work() as work:
        work.assignments.add_company_target(definition.id, DatedTarget(point(12), YESTERDAY, TODAY, NOW), "")
        own = work.assignments.own_targets([assignment, person])
        wide = work.assignments.company_targets({definition.id})
        work.commit()
    assert own[assignment.id].dated_for(period) == point(12)
    assert own[person.id] == Targets((), person)
    assert wide[definition.id].dated_for(period) == point(12)


def test_of_two_targets_for_the_same_dates_at_once_one_is_refused(
    tenant: Tenant, database: Database, rival: WorkContext
) -> None:
    definition, _ = company_kpi(tenant)
    author = tenant.user()
    draft = CompanyTargetDraft(target_value=5, period_start=TODAY, period_end=TODAY)
    caller = caller_of(tenant, SETS_TARGETS)
    with (
        tenant.work(actor_id=author) as first,
        tenant.work(rival, actor_id=author) as second,
        ThreadPoolExecutor() as other,
    ):
        first.definitions.lock(definition.id)
        waiting = other.submit(
            set_company_target, definition.id, draft, ChangeContext(caller, second, FakeMessages())
        )
        wait_until_blocked(database)
        set_company_target(definition.id, draft, ChangeContext(caller, first, FakeMessages()))
        with pytest.raises(Conflict, match=f"{TODAY} to {TODAY}"):
            waiting.result(timeout=10)
    rows = tenant.rows("select assignment_id, created_by from lodestar.targets where company_id = :company")
    assert [tuple(row.values()) for row in rows] == [(None, author)]


def test_the_subject_of_a_company_kpi_is_the_company(tenant: Tenant) -> None:
    definition, assignment = company_kpi(tenant)
    with tenant.work() as work:
        found = work.assignments.of_subject(definition.id, THE_COMPANY)
    assert found == assignment
    assert found.subject_type is SubjectType.COMPANY
