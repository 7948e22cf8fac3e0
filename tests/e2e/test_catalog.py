"""The catalog over HTTP: browse, install, install again, and use what was installed."""

import pytest

from tests.e2e.client import Body, Client
from tests.e2e.conftest import Found

FORMULA = "ltv_to_cac_ratio"
"""Its inputs are KPIs of the catalog, of which one is a formula over others in its turn."""


@pytest.fixture(scope="module")
def ada(found_company: Found) -> Client:
    return found_company("catalog")


def entries(client: Client, **query: object) -> dict[str, Body]:
    return {each["key"]: each for each in client.all_of("entries", "/kpis/catalog", **query)}


def test_pages_of_the_catalog_are_all_of_it_once_in_the_order_of_keys(ada: Client) -> None:
    by_sevens = ada.all_of("entries", "/kpis/catalog", limit=7)
    keys = [by_seven["key"] for by_seven in by_sevens]
    assert keys == sorted(entries(ada))


def test_a_formula_is_installed_behind_all_that_it_is_made_of_and_only_once(ada: Client) -> None:
    shown = entries(ada)
    first = ada.post(f"/kpis/catalog/{FORMULA}/install", {}, 201)["entries"]
    again = ada.post(f"/kpis/catalog/{FORMULA}/install", {}, 200)["entries"]

    order = [each["key"] for each in first]
    assert order[-1] == FORMULA
    for position, key in enumerate(order):
        assert set(shown[key]["requires"]) <= set(order[:position])
    assert {each["outcome"] for each in first} == {"created"}
    assert {each["outcome"] for each in again} == {"unchanged"}
    definition = ada.get(f"/kpis/definitions/{first[-1]['definition_id']}")
    assert (definition["key"], definition["version"]) == (FORMULA, 1)
    assert entries(ada)[FORMULA]["installed"]["definition_id"] == definition["id"]


def test_a_team_set_is_installed_and_every_query_of_it_runs_in_the_sandbox(ada: Client) -> None:
    support = entries(ada, team_type="customer_support")
    assert "query" in {each["calculation_type"] for each in support.values()}

    installed = ada.post("/kpis/catalog/install", {"team_type": "customer_support"}, 201)["entries"]

    assert support.keys() <= {each["key"] for each in installed}
    assert {each["outcome"] for each in installed} == {"created"}


def test_a_kpi_of_the_companys_own_stays_where_the_catalog_has_the_key_too(ada: Client) -> None:
    own = ada.api.definitions.get(ada.define("win_rate", {"type": "manual"})["id"])
    refused = ada.call("POST", "/kpis/catalog/win_rate/install", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "own_key")

    rest = ada.post("/kpis/catalog/install", {"category": "sales"}, 201)["entries"]
    assert {each["key"] for each in rest if each["outcome"] == "error"} == {"win_rate"}
    assert ada.api.definitions.get(own["id"]) == own


def test_what_is_about_a_pack_comes_with_the_pack_and_not_with_a_category(found_company: Found) -> None:
    eve = found_company("vanless")
    common = eve.post("/kpis/catalog/install", {"category": "operations"})["entries"]
    assert common
    assert not [each for each in common if each["key"].startswith("fleet_")]
    keys = [each["key"] for each in eve.post("/kpis/catalog/install", {"pack": "fleet"})["entries"]]
    assert sorted(keys) == [each["key"] for each in eve.get("/kpis/catalog", pack="fleet")["entries"]]
    assert keys
    assert eve.get("/kpis/catalog", category="sales")["entries"][0]["pack"] is None


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/kpis/catalog/nothing/install", {}, 404),
        ("/kpis/catalog/install", {}, 422),
        ("/kpis/catalog/install", {"category": "sales", "team_type": "sales"}, 422),
        ("/kpis/catalog/install", {"category": "weather"}, 422),
        ("/kpis/catalog/install", {"pack": "vehicles"}, 422),
    ],
)
def test_what_cannot_be_installed_is_refused_with_what_to_change(
    ada: Client, path: str, body: Body, status: int
) -> None:
    refused = ada.call("POST", path, body)
    assert refused.status_code == status
    assert status == 404 or refused.json()["details"]


def test_a_pack_that_there_is_not_is_refused_with_those_that_there_are(ada: Client) -> None:
    refused = ada.call("GET", "/kpis/catalog", pack="vehicles")
    assert (refused.status_code, refused.json()["details"]) == (
        400,
        [
            {
                "field": "query.pack",
                "message": "There is no such pack: choose from fleet, vehicle_sales, job_search.",
            }
        ],
    )


def test_whether_to_update_is_said_in_no_other_words_than_true_and_false(ada: Client) -> None:
    refused = ada.call("POST", "/kpis/catalog/win_rate/install", update="yes")
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (400, "query.update")
