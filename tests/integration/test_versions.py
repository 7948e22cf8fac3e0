"""Versions of definitions on a real database: from when on they count, and what is read across them."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lodestar.application.definitions.defining import save_definition
from lodestar.application.definitions.versions import all_definitions
from lodestar.domain.definitions import Definition, TargetType, Thresholds, Unit
from lodestar.domain.measurements import EnteredMeasurement
from lodestar.domain.periods import Cadence, Period
from lodestar.domain.sources import AggregationMethod, ManualSource, RecordsSource
from lodestar.persistence.unit_of_work import WorkContext
from tests.fakes.people import caller_of
from tests.integration.tenants import NOW, Tenant, new_tenant, point

CALLS = RecordsSource("calls", AggregationMethod.COUNT)
MONDAY, TODAY = date(2026, 3, 9), date(2026, 3, 10)


def change(tenant: Tenant, before: Definition, **fields: Any) -> Definition:
    """Save a changed definition, as an edit does."""
    after = before.changed_to(replace(before, **fields))
    with tenant.work() as work:
        save_definition(before, after, caller_of().actor, work)
        work.commit()
    return after


def starts(tenant: Tenant, definition: Definition) -> list[tuple[int, date | None, bool]]:
    rows = tenant.rows(
        "select version, effective_from, begins_anew from lodestar.definition_versions "
        "where company_id = :company and definition_id = :id order by version",
        id=definition.id,
    )
    return [(row["version"], row["effective_from"], row["begins_anew"]) for row in rows]


def read(tenant: Tenant, view: str, **parameters: Any) -> Any:
    with tenant.work() as work:
        return json.loads(work.views.read(view, parameters) or "null", parse_float=Decimal)


def entry_of(tenant: Tenant, user: int, on: date = TODAY) -> Any:
    calendar = (tenant.company.calendar, min(on, MONDAY), 7)
    (entry,) = read(tenant, "user_kpis", users=[user], on=on, calendar=calendar)["kpis"]
    return entry


def team_of(tenant: Tenant, team: int, user: int, on: date) -> Any:
    seen = {"me": 0, "with_members": True, "min_group_size": 3, "everything": True}
    calendar = (tenant.company.calendar, min(on, MONDAY), 7)
    return read(
        tenant, "team_kpis", team=team, users=[user], on=on, calendar=calendar, categories=[], granted=[], **seen
    )  # fmt: skip


def entry_of_company(tenant: Tenant) -> Any:
    rights = {"everything": True, "categories": [], "granted": []}
    listed = read(
        tenant, "company_kpis", period=None, category=None, on=TODAY, cursor=None, limit=10,
        calendar=(tenant.company.calendar, MONDAY, 12), **rights,
    )  # fmt: skip
    (entry,) = listed["kpis"]
    return entry


@pytest.mark.parametrize(
    ("cadence", "first_day"),
    [
        (Cadence.DAILY, TODAY),
        (Cadence.WEEKLY, date(2026, 3, 9)),
        (Cadence.MONTHLY, date(2026, 3, 1)),
        (Cadence.QUARTERLY, date(2026, 1, 1)),
    ],
)
def test_a_version_counts_from_the_running_period_on(
    tenant: Tenant, cadence: Cadence, first_day: date
) -> None:
    kpi = tenant.definition(data_source=CALLS, aggregation_period=cadence)
    given = tenant.assignment(kpi, tenant.user())
    tenant.write([tenant.measurement(given, kpi, date(2025, 12, 1), "5")])
    second = change(tenant, kpi, unit=Unit.HOURS)
    change(tenant, second, thresholds=Thresholds(Decimal(120)))
    assert starts(tenant, kpi) == [(1, None, False), (2, first_day, True), (3, first_day, False)]
    with tenant.work() as work:
        definitions = all_definitions(work)
    before = definitions.for_period(kpi, tenant.company.calendar.containing(cadence, date(2025, 12, 1)))
    running = definitions.for_period(kpi, tenant.company.calendar.containing(cadence, TODAY))
    assert (before.version, before.unit, before.thresholds) == (1, Unit.COUNT, Thresholds())
    assert (running.version, running.unit, running.thresholds.exceeds) == (3, Unit.HOURS, 120)


def test_what_was_never_measured_has_no_past_that_a_version_could_change(tenant: Tenant) -> None:
    kpi = tenant.definition(data_source=CALLS)
    change(tenant, kpi, unit=Unit.HOURS)
    assert starts(tenant, kpi) == [(1, None, False), (2, None, True)]


def test_versions_show_from_when_on_they_count(tenant: Tenant) -> None:
    kpi = tenant.definition(data_source=CALLS)
    tenant.write([tenant.measurement(tenant.assignment(kpi), kpi, MONDAY, "5")])
    change(tenant, kpi, unit=Unit.HOURS)
    versions = read(tenant, "versions", id=kpi.id, limit=10, cursor=None)["versions"]
    assert [version["effective_from"] for version in versions] == ["2026-03-10", None]


@pytest.mark.parametrize(
    ("fields", "is_compared"),
    [
        ({"data_source": ManualSource()}, False),
        ({"unit": Unit.HOURS}, False),
        ({"thresholds": Thresholds(Decimal(120))}, True),
        ({"target_type": TargetType.LOWER_BETTER}, True),
    ],
    ids=["source", "unit", "thresholds", "direction"],
)
def test_a_change_is_told_only_between_values_that_can_be_compared(
    tenant: Tenant, fields: dict[str, Any], is_compared: bool
) -> None:
    kpi, user = tenant.definition(data_source=CALLS), tenant.user()
    of_user, of_company = tenant.assignment(kpi, user), tenant.assignment(kpi)
    older, newer = MONDAY - timedelta(days=1), MONDAY
    tenant.write([tenant.measurement(each, kpi, older, "5") for each in (of_user, of_company)])
    after = change(tenant, kpi, **fields)
    tenant.write([tenant.measurement(each, after, newer, "7") for each in (of_user, of_company)])
    told = entry_of(tenant, user)["change"]
    assert (told and told["absolute"]) == (2 if is_compared else None)
    of_list = entry_of_company(tenant)
    assert (of_list["change"] and of_list["change"]["absolute"]) == (2 if is_compared else None)
    with tenant.work() as work:
        values = work.insight.company_values(kpi.id, older, newer)
    assert list(values.values()) == ([5, 7] if is_compared else [7])


def test_a_change_is_for_the_better_by_the_version_of_its_value(tenant: Tenant) -> None:
    kpi, user = tenant.definition(data_source=CALLS), tenant.user()
    of_user, of_company = tenant.assignment(kpi, user), tenant.assignment(kpi)
    for day, value in ((MONDAY - timedelta(days=1), "5"), (MONDAY, "7")):
        tenant.write([tenant.measurement(each, kpi, day, value) for each in (of_user, of_company)])
    change(tenant, kpi, target_type=TargetType.LOWER_BETTER)
    shown = entry_of(tenant, user), entry_of_company(tenant)
    assert [entry["change"]["direction"] for entry in shown] == ["improving", "improving"]


def test_between_two_older_versions_the_one_that_began_anew_decides(tenant: Tenant) -> None:
    first, user = tenant.definition(data_source=CALLS), tenant.user()
    given = tenant.assignment(first, user)
    days = [MONDAY - timedelta(days=back) for back in (3, 2, 1, 0)]
    tenant.write([tenant.measurement(given, first, days[0], "1")])
    second = change(tenant, first, thresholds=Thresholds(Decimal(120)))
    tenant.write([tenant.measurement(given, second, days[1], "2")])
    third = change(tenant, second, unit=Unit.HOURS)
    tenant.write([tenant.measurement(given, third, days[2], "3")])
    changes = [entry_of(tenant, user, day)["change"] for day in days[1:3]]
    assert (changes[0]["absolute"], changes[1]) == (1, None)


def test_a_target_of_a_version_with_a_range_is_shown_as_one(tenant: Tenant) -> None:
    kpi, user = tenant.definition(data_source=CALLS, target_type=TargetType.RANGE), tenant.user()
    given = tenant.assignment(kpi, user)
    band = replace(point(5), high=Decimal(9))
    tenant.write([tenant.measurement(given, kpi, MONDAY, "7", target=band)])
    change(tenant, kpi, target_type=TargetType.HIGHER_BETTER)
    assert entry_of(tenant, user)["target_value"] == {"min": 5, "max": 9}


def test_what_a_later_version_calculates_takes_the_place_of_an_entered_value_and_keeps_it_as_a_revision(
    tenant: Tenant,
) -> None:
    kpi = tenant.definition()
    una = tenant.user()
    given = tenant.assignment(kpi, una)
    today = Period(Cadence.DAILY, TODAY, TODAY)
    entered = tenant.measurement(given, kpi, TODAY, "4", is_entered=True, is_open=True, period=today)
    with tenant.work(actor_id=una) as work:
        work.values.enter([EnteredMeasurement(entered, "from the list")], NOW)
        work.commit()
    after = change(tenant, kpi, data_source=CALLS)
    later = NOW + timedelta(hours=1)
    by_its_own_version = tenant.measurement(given, kpi, TODAY, "8", is_open=True, period=today)
    assert tenant.write([by_its_own_version], later) == []
    (written,) = tenant.write(
        [tenant.measurement(given, after, TODAY, "9", is_open=True, period=today)], later
    )
    assert written.revision == 2
    (row,) = tenant.rows(
        "select value, entered_by, notes, definition_version from lodestar.measurements where company_id = :company"
    )
    assert (row["value"], row["entered_by"], row["notes"], row["definition_version"]) == (9, None, "", 2)
    (past,) = tenant.rows("select value, notes from lodestar.revisions where company_id = :company")
    assert (past["value"], past["notes"]) == (4, "from the list")


KINDS = st.lists(
    st.sampled_from(
        [
            None,
            *({"unit": unit} for unit in (Unit.HOURS, Unit.COUNT)),
            {"thresholds": Thresholds(Decimal(120))},
            {"thresholds": Thresholds()},
        ]
    ),
    min_size=6,
    max_size=6,
)


@given(KINDS, st.lists(st.none() | st.integers(0, 99), min_size=6, max_size=6))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_no_series_looks_across_a_version_that_measures_something_else(
    context: WorkContext, changes: list[dict[str, Any] | None], values: list[int | None]
) -> None:
    tenant = new_tenant(context)
    kpi, user = tenant.definition(data_source=CALLS), tenant.user()
    of_user, of_company = tenant.assignment(kpi, user), tenant.assignment(kpi)
    wanted: list[int | None] = []
    for back, fields, value in zip(range(5, -1, -1), changes, values, strict=True):
        before = kpi
        kpi = kpi if fields is None else change(tenant, kpi, **fields)
        wanted = wanted if kpi.measures_like(before) else [None] * len(wanted)
        text = None if value is None else str(value)
        day = MONDAY - timedelta(days=back)
        tenant.write([tenant.measurement(each, kpi, day, text) for each in (of_user, of_company)])
        wanted = [*wanted, value]
    assert entry_of(tenant, user)["trend"] == wanted
    (card,) = dashboard_of(tenant)["daily"]
    assert card["sparkline"] == wanted
    with tenant.work() as work:
        found = work.insight.company_values(kpi.id, MONDAY - timedelta(days=5), MONDAY)
    assert [value for value in found.values() if value is not None] == [
        value for value in wanted if value is not None
    ]


def test_a_trend_goes_by_the_newest_period_that_is_measured(tenant: Tenant) -> None:
    kpi, user = tenant.definition(data_source=CALLS), tenant.user()
    given_to = tenant.assignment(kpi, user)
    tenant.write([tenant.measurement(given_to, kpi, MONDAY - timedelta(days=2), "5")])
    after = change(tenant, kpi, unit=Unit.HOURS)
    assert entry_of(tenant, user)["trend"] == [None, None, None, 5, None, None]
    tenant.write([tenant.measurement(given_to, after, MONDAY - timedelta(days=1), "7")])
    assert entry_of(tenant, user)["trend"] == [None, None, None, None, 7, None]


def dashboard_of(tenant: Tenant) -> Any:
    query = dict.fromkeys(["period", "category", "limit", "cursor", "severity", "kpi_id", "user_id"])
    return read(
        tenant, "dashboard", **query, on=TODAY, state="firing", alerts=1, now=NOW, me=0, teams=[],
        calendar=(tenant.company.calendar, MONDAY, 12), everything=True, categories=[], granted=[],
    )  # fmt: skip


def test_an_earlier_day_knows_nothing_of_what_its_running_period_came_to(tenant: Tenant) -> None:
    team, kpi = tenant.team(), tenant.definition(data_source=CALLS, aggregation_period=Cadence.MONTHLY)
    user = tenant.user(team)
    given = tenant.assignment(kpi, user)
    tenant.write([tenant.measurement(given, kpi, date(2026, 2, 1), "9")])
    for on, value in ((date(2026, 2, 20), None), (TODAY, 9)):
        told = entry_of(tenant, user, on)["current_measurement"]
        assert (told and told["actual_value"]) == value
        averages = team_of(tenant, team, user, on)["team_averages"]["kpi_averages"]
        assert [each["average"] for each in averages.values()] == ([] if value is None else [value])
