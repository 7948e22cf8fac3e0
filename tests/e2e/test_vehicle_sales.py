"""Vehicles, buyers and leads over HTTP, and the numbers that everybody of the company sees."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.e2e.client import Body, Client, Csv
from tests.e2e.conftest import Found, SignIn

NOW = datetime.now(UTC).replace(microsecond=0)


def ago(days: int) -> str:
    return (NOW - timedelta(days=days)).isoformat()


VANS: list[Body] = [
    {"external_id": "old", "cost": "9000.00", "list_price": 11500, "listed_at": ago(61)},
    {"external_id": "new", "cost": 7000, "list_price": 8500.5, "listed_at": ago(59), "score": 77.25},
    {
        "external_id": "sold",
        "cost": 5000,
        "list_price": 6400,
        "listed_at": ago(90),
        "sold_at": ago(10),
        "sold_price": "6000.99",
    },
]
BUYERS = f"external_id,name,last_active_at\nbea,Bea Buyer,{ago(29)}\nbob,,{ago(31)}\nben,Ben,yesterday\n"
LEADS: list[Body] = [
    {"external_id": "1", "vehicle": "sold", "buyer": "bea", "created_at": ago(14), "outcome": "purchased"}
    | {"purchased_at": ago(10)},
    {"external_id": "2", "vehicle": "sold", "buyer": "bob", "created_at": ago(14), "outcome": "lost"},
    {"external_id": "3", "vehicle": "new", "buyer": "bob", "created_at": ago(1), "outcome": "open"},
    {"external_id": "4", "vehicle": "none", "buyer": "bob", "created_at": ago(1), "outcome": "open"},
]


@pytest.fixture(scope="module")
def ada(found_company: Found) -> Client:
    """The admin of a company that has loaded everything above."""
    ada = found_company("vans")
    assert ada.post("/vehicle-sales/vehicles", {"rows": VANS}, 200)["created"] == 3
    buyers = ada.call("POST", "/vehicle-sales/buyers/import", Csv(BUYERS)).json()
    assert (buyers["created"], [(each["index"], each["field"]) for each in buyers["errors"]]) == (
        2,
        [(2, "last_active_at")],
    )
    leads = ada.post("/vehicle-sales/leads", {"rows": LEADS}, 200)
    assert (leads["created"], [(each["index"], each["field"]) for each in leads["errors"]]) == (
        3,
        [(3, "vehicle")],
    )
    return ada


@pytest.fixture(scope="module")
def una(ada: Client, sign_in: SignIn) -> Client:
    """A user without any rights of her own."""
    ada.create_user("Una", "una@vans.test")
    return sign_in("una@vans.test")


def test_everybody_sees_the_numbers_of_the_company(una: Client) -> None:
    assert una.get("/kpi") == {
        "metrics": {
            "average_profit_per_unit": Decimal("1000.99"),
            "lead_to_purchase_time": Decimal("4.0"),
            "aged_inventory": 1,
            "total_listings": 2,
            "active_buyers": 1,
            "conversion_rate": Decimal("50.0"),
            "average_price": Decimal("10000.25"),
            "total_value": Decimal("20000.50"),
            "scoring_rate": Decimal("50.0"),
            "average_score": Decimal("77.3"),
        },
        "success": True,
        "message": None,
    }
    later = una.get("/kpi", from_=ago(9)[:10])["metrics"]
    assert (later["average_profit_per_unit"], later["conversion_rate"], later["total_listings"]) == (0, 0, 2)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-03-02&to=2026-03-01", "query.to"),
        ("from=yesterday", "query.from"),
        ("to=2026-02-30", "query.to"),
        ("since=2026-03-01", "query.since"),
    ],
)
def test_days_that_are_none_or_out_of_order_are_refused(una: Client, query: str, field: str) -> None:
    refusal = una.call("GET", f"/kpi?{query}")
    assert (refusal.status_code, refusal.json()["details"][0]["field"]) == (400, field)


def test_the_rows_are_listed_as_they_were_loaded(ada: Client) -> None:
    rows = {each["external_id"]: each for each in ada.get("/vehicle-sales/vehicles")["rows"]}
    assert rows.keys() == {"old", "new", "sold"}
    new = rows["new"]
    assert new.keys() == {*VANS[2], "id", "score"}
    assert (new["list_price"], new["score"], new["sold_at"]) == (Decimal("8500.50"), Decimal("77.25"), None)
    assert [each["name"] for each in ada.get("/vehicle-sales/buyers")["rows"]] == ["Bea Buyer", None]
    bobs = ada.get("/vehicle-sales/leads", buyer="bob", outcome="lost")["rows"]
    assert [bob["external_id"] for bob in bobs] == ["2"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/vehicle-sales/boats", None),
        ("POST", "/vehicle-sales/boats", {"rows": VANS}),
        ("POST", "/vehicle-sales/boats/import", Csv("external_id\n1\n")),
        ("DELETE", "/vehicle-sales/boats/1", None),
    ],
)
def test_there_are_no_other_tables(ada: Client, method: str, path: str, body: Any) -> None:
    assert ada.call(method, path, body).status_code == 404


def test_a_van_goes_when_no_lead_names_it_any_more(ada: Client) -> None:
    (van,) = ada.get("/vehicle-sales/vehicles", external_id="new")["rows"]
    (lead,) = ada.get("/vehicle-sales/leads", vehicle="new")["rows"]
    refusal = ada.call("DELETE", f"/vehicle-sales/vehicles/{van['id']}")
    assert (refusal.status_code, refusal.json()["code"]) == (409, "still_used")
    for row in (f"leads/{lead['id']}", f"vehicles/{van['id']}"):
        assert ada.call("DELETE", f"/vehicle-sales/{row}").status_code == 200
    again = {"rows": [VANS[1]]}
    assert ada.post("/vehicle-sales/vehicles", again, 200)["created"] == 1
    assert ada.post("/vehicle-sales/leads", {"rows": [LEADS[2]]}, 200)["created"] == 1
