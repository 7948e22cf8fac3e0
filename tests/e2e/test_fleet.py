"""What a fleet costs, over HTTP: a worked example, who names a company, and what is refused."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.e2e.client import Body, Client, decoded
from tests.e2e.conftest import Found, SignIn

SUMMARY, STRUCTURE, TREND = (f"/v1/kpis/company/{each}" for each in ("summary", "cost-structure", "trend"))
READS = (SUMMARY, STRUCTURE, TREND)
JANUARY = {"basis_unit": "KM", "period_start": "2026-01-01", "period_end": "2026-01-31"}
FEBRUARY = {"basis_unit": "KM", "period_start": "2026-02-01", "period_end": "2026-02-28"}
ROWS = [
    {
        "cost_center": "CC-DEMO-001",
        **JANUARY,
        "total_cost": "1000.00",
        "total_units": "500.000",
        "rate": "2.000000",
        "status": "OK",
    },
    {
        "cost_center": "Overhead-General",
        **JANUARY,
        "total_cost": 300,
        "total_units": 0,
        "status": "MISSING_ACTIVITY",
    },
    {
        "cost_center": "CC-DEMO-001",
        **FEBRUARY,
        "total_cost": 900,
        "total_units": 450,
        "rate": 2,
        "status": "OK",
    },
]


@pytest.fixture(scope="module")
def ada(found_company: Found) -> Client:
    """The admin of a company with the snapshots of the worked example."""
    ada = found_company("fleet")
    answer = ada.post("/fleet/snapshots", {"rows": ROWS}, 200)
    assert answer == {"created": 3, "updated": 0, "unchanged": 0, "overruled": [], "errors": []}
    return ada


def meta(first: str, last: str, grain: str = "period", basis_unit: str | None = "KM") -> Body:
    return {
        "schema": "kpi-v1",
        "period_start": first,
        "period_end": last,
        "grain": grain,
        "basis_unit": basis_unit,
    }


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_worked_example_with_and_without_the_slash(ada: Client, slash: str) -> None:
    assert ada.get(SUMMARY + slash, month="2026-01") == {
        "meta": meta("2026-01-01", "2026-01-31"),
        "kpis": {
            "total_cost": "1300.00",
            "total_units": "500.000",
            "avg_rate": "2.6",
            "cost_per_unit": "2.6",
            "snapshot_count": 2,
            "missing_activity_count": 1,
            "missing_rate_count": 0,
        },
    }
    structure = ada.get(STRUCTURE + slash, month="2026-01", group_by="cost_center")
    ids = [each.pop("group_id") for each in structure["items"]]
    assert ids == sorted(ids)  # as they were made
    assert structure == {
        "meta": {**meta("2026-01-01", "2026-01-31", basis_unit=None), "group_by": "cost_center"},
        "items": [
            {"group_name": "CC-DEMO-001", "total_cost": "1000.00", "share_pct": "76.92"},
            {"group_name": "Overhead-General", "total_cost": "300.00", "share_pct": "23.08"},
        ],
        "totals": {"total_cost": "1300.00"},
    }
    days = {"period_start": "2026-01-01", "period_end": "2026-02-28"}
    assert ada.get(TREND + slash, grain="month", **days) == {
        "meta": meta("2026-01-01", "2026-02-28", "month"),
        "series": [
            {
                "period_start": "2026-01-01",
                "period_end": "2026-01-31",
                "total_cost": "1300.00",
                "total_units": "500.000",
                "avg_rate": "2.6",
            },
            {
                "period_start": "2026-02-01",
                "period_end": "2026-02-28",
                "total_cost": "900.00",
                "total_units": "450.000",
                "avg_rate": "2",
            },
        ],
    }


def test_the_same_snapshots_again_change_nothing(ada: Client) -> None:
    again = ada.post("/fleet/snapshots", {"rows": ROWS}, 200)
    assert again == {"created": 0, "updated": 0, "unchanged": 3, "overruled": [], "errors": []}
    assert ada.get(SUMMARY, month="2026-01")["kpis"]["snapshot_count"] == 2


def test_the_fields_stand_in_the_order_of_the_spec(ada: Client) -> None:
    summary = ada.get(SUMMARY, month="2026-01")
    assert [*summary["meta"]] == [*meta("", "")]
    assert [*summary["kpis"]][:4] == ["total_cost", "total_units", "avg_rate", "cost_per_unit"]
    assert [*ada.get(STRUCTURE, month="2026-01")["items"][0]] == [
        "group_id",
        "group_name",
        "total_cost",
        "share_pct",
    ]


@pytest.mark.parametrize("path", READS)
def test_a_month_wins_and_the_rest_is_not_read(ada: Client, path: str) -> None:
    alone = ada.get(path, month="2026-01")
    assert ada.get(path, month="2026-01", period_start="soon", period_end="2020-02-31") == alone
    assert ada.get(path, period_start="2026-01-01", period_end="2026-01-31") == alone


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"month": "2026-13"}, "query.month"),
        ({"month": "January", "period_start": "2026-01-01", "period_end": "2026-01-31"}, "query.month"),
        ({"period_start": "2026-01-01", "period_end": "2026-02-30"}, "query.period_end"),
        ({"period_start": "01.01.2026", "period_end": "2026-01-31"}, "query.period_start"),
        ({"period_start": "2026-01-01"}, "query.period_end"),
        ({"period_end": "2026-01-31"}, "query.period_start"),
        ({"period_start": "2026-01-31", "period_end": "2026-01-01"}, "query.period_end"),
        ({"period_start": "0001-01-01", "period_end": "9999-12-31"}, "query.period_start"),
        ({"basis_unit": "MILE"}, "query.basis_unit"),
        ({"basis_unit": "km"}, "query.basis_unit"),
    ],
    ids=str,
)
def test_a_parameter_that_cannot_be_meant_is_refused(
    ada: Client, path: str, query: Mapping[str, Any], field: str
) -> None:
    refuse(ada, path, query, field)


def test_another_grain_or_grouping_is_refused(ada: Client) -> None:
    refuse(ada, TREND, {"grain": "day"}, "query.grain")
    refuse(ada, STRUCTURE, {"group_by": "vehicle"}, "query.group_by")


def refuse(client: Client, path: str, query: Mapping[str, Any], field: str) -> None:
    refusal = decoded(client.call("GET", path, **query), 400)
    assert refusal["error"]
    assert [each["field"] for each in refusal["details"]] == [field]


@pytest.mark.parametrize("path", READS)
def test_a_superuser_names_the_company_and_nobody_else_may(
    ada: Client, superuser: Client, sign_in: SignIn, path: str
) -> None:
    company = ada.me()["company"]["id"]
    assert superuser.get(path, company_id=company, month="2026-01") == ada.get(path, month="2026-01")
    assert "company_id" in decoded(superuser.call("GET", path), 400)["error"]
    platform = superuser.me()["company"]["id"]
    refusals = [superuser.call("GET", path, company_id=each) for each in (10**15, platform)]
    assert {decoded(each, 404)["error"] for each in refusals} == {"There is no such company."}
    refusals = [ada.call("GET", path, company_id=each) for each in (company, platform, 10**15)]
    assert len({decoded(refusal, 403)["error"] for refusal in refusals}) == 1


def test_a_ready_made_definition_is_calculated_for_the_company_as_any_kpi(ada: Client) -> None:
    january = {"period_start": "2025-01-01", "period_end": "2025-01-31"}
    row = {"cost_center": "Vans", "basis_unit": "KM", "total_cost": "13.25", "total_units": 5, "status": "OK"}
    ada.post("/fleet/snapshots", {"rows": [{**row, **january}]}, 200)
    installed = ada.post("/kpis/catalog/fleet_cost_per_km/install", {})
    kpi = installed["entries"][0]["definition_id"]
    ada.assign_to_company(kpi, target_value=3, start_date="2025-01-01", end_date="2025-01-31")
    assert ada.run(*january.values(), definition_ids=[kpi])["state"] == "completed"
    (measured,) = ada.company_history(kpi)
    assert (measured["period_start"], measured["actual_value"]) == (date(2025, 1, 1), Decimal("2.65"))
