"""Versions of definitions and score snapshots on a real database."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lodestar.domain.definitions import Definition, Unit
from lodestar.domain.sources import AggregationMethod, ManualSource, RecordsSource
from lodestar.persistence.unit_of_work import DatabaseWork
from tests.integration.tenants import NOW, Tenant, point, user_days

CALLS = RecordsSource("calls", AggregationMethod.SUM)
FIRST = date(2026, 3, 2)


def read(tenant: Tenant, view: str, **parameters: Any) -> Any:
    with tenant.work() as work:
        text = work.views.read(view, {"limit": 50, "cursor": None, **parameters})
    return json.loads(text or "null", parse_float=Decimal)


def save(tenant: Tenant, definition: Definition, actor_id: int | None) -> None:
    with tenant.work(actor_id=actor_id) as work:
        work.definitions.save(definition)
        work.commit()


def add(work: DatabaseWork, definition: Definition) -> Definition:
    added = work.definitions.add(definition)
    work.commit()
    return added


# Versions


def test_a_version_names_who_changed_the_calculation_and_not_who_defined_the_kpi(tenant: Tenant) -> None:
    ada, max_ = tenant.user(name="Ada"), tenant.user(name="Max")
    first = tenant.definition(data_source=CALLS, created_by=ada)
    second = replace(
        first, data_source=replace(CALLS, method=AggregationMethod.MAX), unit=Unit.MINUTES, version=2
    )
    save(tenant, replace(second, updated_at=NOW + timedelta(hours=1)), max_)
    newest, oldest = read(tenant, "versions", id=first.id)["versions"]
    assert (oldest["author_id"], oldest["author_name"], oldest["diff"]) == (None, None, [])
    assert (newest["author_id"], newest["author_name"]) == (max_, "Max")
    assert newest["created_at"] == "2026-03-10T13:00:00+00:00"
    assert [each["is_current"] for each in (newest, oldest)] == [True, False]
    assert [each["field"] for each in newest["diff"]] == ["data_source", "unit"]
    source, unit = newest["diff"]
    assert unit == {"field": "unit", "before": "count", "after": "minutes"}
    assert (source["before"]["method"], source["after"]["method"]) == ("sum", "max")


def test_the_first_version_names_who_defined_the_kpi(tenant: Tenant) -> None:
    ada = tenant.user(name="Ada")
    other = tenant.definition()
    with tenant.work(actor_id=ada) as work:
        mine = add(work, replace(other, key="mine"))
    (version,) = read(tenant, "versions", id=mine.id)["versions"]
    assert (version["author_id"], version["author_name"], version["version"]) == (ada, "Ada", 1)


def test_a_change_that_does_not_touch_the_value_shows_in_the_diff_of_the_next_version(tenant: Tenant) -> None:
    first = tenant.definition(data_source=CALLS)
    renamed = replace(first, name="Calls answered")
    save(tenant, renamed, None)
    assert len(read(tenant, "versions", id=first.id)["versions"]) == 1
    save(tenant, replace(renamed, data_source=ManualSource(), version=2), None)
    newest = read(tenant, "versions", id=first.id)["versions"][0]
    assert [each["field"] for each in newest["diff"]] == ["calculation_type", "data_source", "name"]


def test_versions_come_in_pages_with_the_diff_over_the_edge_of_a_page(tenant: Tenant) -> None:
    definition = tenant.definition(data_source=CALLS)
    for version in range(2, 6):
        save(
            tenant,
            replace(definition, data_source=replace(CALLS, source=f"s{version}"), version=version),
            None,
        )
    pages, cursor = [], None
    for _ in range(3):
        page = read(tenant, "versions", id=definition.id, limit=2, cursor=cursor)
        pages.append([each["version"] for each in page["versions"]])
        cursor = page["next_cursor"] and int(page["next_cursor"])
    assert (pages, cursor) == ([[5, 4], [3, 2], [1]], None)
    assert read(tenant, "versions", id=definition.id, limit=1)["versions"][0]["diff"] != []


def test_a_definition_can_be_read_with_the_calculation_of_an_older_version(tenant: Tenant) -> None:
    first = tenant.definition(data_source=CALLS, name="Old name")
    save(tenant, replace(first, name="New name", data_source=ManualSource(), version=2), None)
    with tenant.work() as work:
        old, new = work.definitions.version(first.id, 1), work.definitions.version(first.id, 2)
        assert work.definitions.version(first.id, 3) is None
    assert old is not None
    assert new is not None
    assert (old.definition.data_source, old.definition.version, old.is_current) == (CALLS, 1, False)
    assert (new.definition.data_source, new.is_current) == (ManualSource(), True)
    assert old.definition.name == "New name"


# Scores


@pytest.fixture
def scored(tenant: Tenant) -> tuple[Tenant, int]:
    """Somebody with two KPIs on three days: calls of 8, 9 and none, and a rating of 5 from the second day on."""
    user = tenant.user()
    calls = tenant.definition(data_source=CALLS, key="calls", name="Calls")
    rating = tenant.definition(key="rating")
    calling = tenant.assignment(calls, user, target=point(10), weight=Decimal(75))
    rated = tenant.assignment(rating, user, target=point(5), weight=Decimal(25))
    days = [FIRST + timedelta(days=each) for each in range(3)]
    for day, value in zip(days, ("8", "9", None), strict=True):
        tenant.write([tenant.measurement(calling, calls, day, value)])
    for day in days[1:]:
        tenant.write([tenant.measurement(rated, rating, day, "5")])
    with tenant.work() as work:
        work.values.write_scores(user_days([user], days), tenant.company.calendar, NOW)
        work.commit()
    return tenant, user


def scores(tenant: Tenant, user: int, **parameters: Any) -> Any:
    return read(
        tenant,
        "scores",
        id=user,
        **{"from": date(1900, 1, 1), "to": date(2199, 12, 31), "as_of": None} | parameters,
    )


def test_scores_are_told_oldest_first_with_what_they_were_made_of(scored: tuple[Tenant, int]) -> None:
    told = scores(*scored)
    assert told["next_cursor"] is None
    figures = [(each["on_date"], each["overall_score"], each["coverage"]) for each in told["scores"]]
    assert figures == [("2026-03-02", 80, 75), ("2026-03-03", Decimal("92.5"), 100), ("2026-03-04", 100, 25)]
    calls, rating = told["scores"][0]["parts"]
    assert calls["kpi"].pop("id") > 0
    assert calls["kpi"] == {"key": "calls", "name": "Calls"}
    assert (calls["weight"], calls["achievement_percentage"]) == (75, 80)
    assert (rating["kpi"]["key"], rating["achievement_percentage"]) == ("rating", None)


def test_scores_come_in_pages_between_two_dates(scored: tuple[Tenant, int]) -> None:
    first = scores(*scored, limit=2)
    assert ([each["on_date"] for each in first["scores"]], first["next_cursor"]) == (
        ["2026-03-02", "2026-03-03"],
        "2026-03-03",
    )
    rest = scores(*scored, limit=2, cursor=date(2026, 3, 3))
    assert ([each["on_date"] for each in rest["scores"]], rest["next_cursor"]) == (["2026-03-04"], None)
    between = scores(*scored, **{"from": date(2026, 3, 3), "to": date(2026, 3, 3)})
    assert [each["on_date"] for each in between["scores"]] == ["2026-03-03"]


def test_somebody_without_scores_has_an_empty_page(tenant: Tenant) -> None:
    assert scores(tenant, tenant.user()) == {"scores": [], "next_cursor": None}
