"""Clients of the systems that the platform takes the place of go on as they are: requests and answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from local.running_stack import RunningStack
from tests.e2e.client import Body, Client
from tests.e2e.conftest import Found, SignIn
from tests.e2e.slack_stub import SlackStub, keep_webhook
from tests.older_requests import DEFINITIONS, OlderRequest

JANUARY = {"period_start": "2025-01-01", "period_end": "2025-01-31"}
NUMBER = (int, Decimal)
MAYBE_NUMBER = (int, Decimal, type(None))

type Shape = Any
"""The type of a value, or several; of an object the shapes of its fields, of a list that of each element."""


def differences(answer: object, shape: Shape, path: str = "") -> Iterator[str]:
    """What of a shape an answer has not, or has of another type. It may have more fields."""
    if isinstance(shape, Mapping):
        if not isinstance(answer, Mapping):
            yield f"{path} is no object"
            return
        yield from (f"{path}.{name} is missing" for name in shape if name not in answer)
        for name, inner in shape.items():
            yield from differences(answer.get(name), inner, f"{path}.{name}") if name in answer else ()
    elif isinstance(shape, list):
        if not isinstance(answer, list) or not answer:
            yield f"{path} is no list with anything in it"
            return
        for position, element in enumerate(answer):
            yield from differences(element, shape[0], f"{path}[{position}]")
    elif not isinstance(answer, shape) or (isinstance(answer, bool) and shape is not bool):
        yield f"{path} is {answer!r}, not {shape}"


def require_shape(answer: object, shape: Shape) -> None:
    assert [*differences(answer, shape)] == []


DEFINITION: Shape = {
    "id": int,
    "name": str,
    "description": str,
    "category": str,
    "calculation_type": str,
    "unit": str,
    "aggregation_period": str,
    "is_active": bool,
}


@dataclass(frozen=True)
class Desk:
    """A company in which each of the older requests made its KPI; Una is in a team that Ada manages."""

    ada: Client
    una: int
    team: int
    made: Mapping[str, Body]

    def given(self, what: str, **terms: object) -> str:
        """The path of Una's KPI, which she has from January on."""
        body = {"kpi_definition_id": self.made[what]["id"], "target_value": 4, "weight": 40}
        answer = self.ada.post(
            f"/users/{self.una}/kpis/assign", {**body, "start_date": "2025-01-01", **terms}
        )
        return f"/users/{self.una}/kpis/{answer['id']}"


@pytest.fixture(scope="module")
def desk(found_company: Found, stack: RunningStack, slack: SlackStub) -> Desk:
    ada = found_company("older")
    team = ada.create_team("Support", ada.me()["id"])["id"]
    una = ada.create_user("Una", "una@older.test", role="user", team_id=team)["id"]
    made = {what: ada.post("/kpis/definitions", each.older) for what, each in DEFINITIONS.items()}
    keep_webhook(stack, ada.me()["company"]["id"], slack.webhook_url)
    return Desk(ada, una, team, made)


# Definitions


@pytest.mark.parametrize(("what", "request_"), DEFINITIONS.items(), ids=DEFINITIONS)
def test_every_definition_is_taken_as_it_stands(desk: Desk, what: str, request_: OlderRequest) -> None:
    answer = desk.made[what]
    assert {name: answer[name] for name in request_.shown} == request_.shown
    require_shape(answer, {**DEFINITION, "created_roles": list} | {"data_source": {"type": str}})


def test_the_same_in_the_newer_words_is_the_same_kpi(desk: Desk) -> None:
    own = ("id", "key", "created_at", "updated_at", "created_roles")
    for what, request_ in DEFINITIONS.items():
        newer = desk.ada.post("/kpis/definitions", {**request_.newer, "key": f"new_{request_.newer['key']}"})
        assert newer["created_roles"] == []  # the older one has made them
        for answer in (newer, older := dict(desk.made[what])):
            for name in own:
                del answer[name]
        assert newer == older


def test_the_list_of_definitions_has_every_field(desk: Desk) -> None:
    require_shape(desk.ada.get("/kpis/definitions"), {"definitions": [DEFINITION]})


def test_the_long_request_makes_target_alerts_and_roles(desk: Desk, sign_in: SignIn) -> None:
    kpi = desk.made["the long one of the company system"]
    shown = desk.ada.get(f"/kpis/{kpi['id']}")
    assert (shown["target"], shown["unit"]) == (40, "number")
    roles = {each["name"]: each["permissions"] for each in desk.ada.get("/roles")["roles"]}
    assert roles == {"ceo": [], "sales_manager": [], "sales_rep": []}
    for role, may_edit in (("ceo", True), ("sales_manager", True), ("sales_rep", False)):
        desk.ada.create_user(role, f"{role}@older.test", role=role)
        person = sign_in(f"{role}@older.test")
        assert person.get(f"/kpis/{kpi['id']}")["name"] == kpi["name"]
        change = person.call("PUT", f"/kpis/definitions/{kpi['id']}", {"description": kpi["description"]})
        assert change.status_code == (200 if may_edit else 403)


# The personal system


def test_a_persons_kpi_is_given_changed_entered_and_read(desk: Desk) -> None:
    path = desk.given("what a manager enters")
    desk.ada.put(path, {"target_value": 4.5, "weight": 50, "effective_from": "2025-01-01"})
    desk.ada.put(path, {"is_active": True})
    measured = desk.ada.post(f"{path}/measure", {"actual_value": 4, **JANUARY, "notes": "Calm in a storm."})
    assert (measured["actual_value"], measured["notes"]) == (4, "Calm in a storm.")
    require_shape(
        desk.ada.get(f"{path}/history"),
        {
            "measurements": [
                {
                    "period_start": str,
                    "period_end": str,
                    "actual_value": NUMBER,
                    "target_value": NUMBER,
                    "achievement_percentage": NUMBER,
                    "calculated_at": str,
                }
            ]
        },
    )
    own_kpi: Shape = {
        "id": int,
        "kpi_definition": {"id": int, "name": str, "description": str, "unit": str},
        "target_value": NUMBER,
        "weight": NUMBER,
        "trend": [MAYBE_NUMBER],
    }
    measurement = {
        "actual_value": NUMBER,
        "achievement_percentage": NUMBER,
        "period_start": str,
        "period_end": str,
    }
    person = desk.ada.get(f"/users/{desk.una}/kpis", on="2025-02-10")
    require_shape(person, {"kpis": [own_kpi], "overall_score": NUMBER})
    (entered,) = [each for each in person["kpis"] if each["kpi_definition"]["name"] == "Tone"]
    require_shape(entered, {**own_kpi, "current_measurement": measurement})
    require_shape(
        desk.ada.get(f"/teams/{desk.team}/kpis", on="2025-02-10"),
        {
            "team_members": [{"user_id": int, "name": str, "overall_score": NUMBER, "kpis": [own_kpi]}],
            "team_averages": {"overall_score": NUMBER, "kpi_averages": {"tone": dict}},
        },
    )
    assert desk.ada.put(path, {"end_date": "2025-06-30"})["end_date"] == "2025-06-30"
    assert desk.ada.put(path, {"is_active": False})["is_active"] is False


def test_queries_over_cases_and_ratings_find_their_columns(desk: Desk, stack: RunningStack) -> None:
    opened = {"status": "closed", "opened_at": "2025-01-07T08:00:00Z"}
    case = {"source": "support_cases", "user_id": desk.una, "attributes": opened}
    desk.ada.push(
        {**case, "external_id": "1", "occurred_at": "2025-01-07T11:00:00Z"},
        {**case, "external_id": "2", "occurred_at": "2025-01-07T13:00:00Z"},
        {**case, "external_id": "3", "occurred_at": "2025-01-09T13:00:00Z", "attributes": {"status": "open"}},
        *(
            {
                "source": "ratings",
                "user_id": desk.una,
                "external_id": f"{stars}",
                "occurred_at": "2025-01-08T12:00:00Z",
                "value": stars,
            }
            for stars in (1, 4, 5, 3)
        ),
    )
    whats = ("a query that lists what is bound", "a formula over two queries")
    paths = [desk.given(what, end_date="2025-01-31") for what in whats]
    stack.wait_idle()
    desk.ada.run("2025-01-01", "2025-01-31")
    values = [desk.ada.get(f"{path}/history")["measurements"][0]["actual_value"] for path in paths]
    assert values == [4, 50]


def test_conversations_wait_for_a_connection_and_are_never_0(desk: Desk, stack: RunningStack) -> None:
    path = desk.given("conversations in Intercom", end_date="2025-01-31")
    stack.wait_idle()
    kpi = desk.made["conversations in Intercom"]["id"]
    run = desk.ada.run("2025-01-01", "2025-01-31", definition_ids=[kpi])
    assert run["outcomes"] == {"computed": 0, "no_data": 0, "error": 1, "skipped": 0}
    assert run["failures"] == [{"reason": "no_connection", "count": 1}]
    assert desk.ada.get(f"{path}/history")["measurements"] == []
    preview = desk.ada.post(f"/kpis/definitions/{kpi}/preview", {"user_id": desk.una, **JANUARY}, 200)
    assert (preview["value"], preview["explanation"]["error"]["reason"]) == (None, "no_connection")
    explained = desk.ada.get(f"{path}/explain", **JANUARY)
    assert explained["not_measured"]["reason"] == explained["error"]["reason"] == "no_connection"


# The company system


@pytest.fixture(scope="module")
def visits(desk: Desk) -> int:
    """A KPI of the company that somebody enters every day."""
    draft = {
        "name": "Visits",
        "tracking_period": "daily",
        "data_source": {"type": "manual"},
        "target": {"value": 9},
    }
    return int(desk.ada.post("/kpis/definitions", draft)["id"])


def test_the_companys_targets_and_values_are_set_and_read(desk: Desk, visits: int) -> None:
    target = {"target_value": 50, "period_start": "2026-01-01", "period_end": "2026-01-31"}
    assert desk.ada.post(f"/kpis/{visits}/targets", target)["target_value"] == 50
    body = {"value": 47, "period_date": "2026-01-24", "meta_data": {"notes": "A holiday nearby."}}
    value = desk.ada.post(f"/kpis/{visits}/values", body)
    shown = {name: value[name] for name in ("value", "target", "progress", "status", "meta_data")}
    assert shown == {
        "value": 47,
        "target": 50,
        "progress": 94,
        "status": "on_track",
        "meta_data": body["meta_data"],
    }


def test_the_dashboard_has_cards_for_each_period_and_alerts(desk: Desk, visits: int) -> None:
    board = desk.ada.get("/kpis/dashboard")
    assert {"daily", "weekly", "monthly", "alerts"} <= board.keys()
    card = {"title": str, "status": str, "target": MAYBE_NUMBER, "progress": MAYBE_NUMBER}
    require_shape(board["daily"], [card])


@pytest.mark.parametrize("alert_type", ["below_target", "above_target", "trend_down", "trend_up"])
def test_a_rule_of_every_type_is_kept_and_says_whether_it_is_active(
    desk: Desk, visits: int, alert_type: str
) -> None:
    body = {
        "alert_type": alert_type,
        "threshold_percentage": 20,
        "notification_channels": ["email", "slack", "dashboard"],
    }
    rule = desk.ada.post(f"/kpis/{visits}/alerts", body)
    assert {name: rule[name] for name in ("alert_type", "threshold_percentage")} == {
        "alert_type": alert_type,
        "threshold_percentage": 20,
    }
    assert sorted(rule["notification_channels"]) == ["dashboard", "email", "slack"]
    assert rule["is_active"] is (alert_type == "below_target")


# Lines of business


def test_the_fleet_answers_in_its_older_shapes(desk: Desk) -> None:
    january = {"period_start": "2026-01-01", "period_end": "2026-01-31"}
    row = {
        "cost_center": "Vans",
        "basis_unit": "KM",
        "total_cost": 9,
        "total_units": 3,
        "rate": 3,
        "status": "OK",
    }
    desk.ada.post("/fleet/snapshots", {"rows": [{**row, **january}]}, 200)
    meta = {"schema": str, "period_start": str, "period_end": str, "grain": str}
    costs = {"total_cost": str, "total_units": str, "avg_rate": str}
    counts = dict.fromkeys(("snapshot_count", "missing_activity_count", "missing_rate_count"), int)
    require_shape(
        desk.ada.get("/v1/kpis/company/summary/", month="2026-01"),
        {"meta": {**meta, "basis_unit": str}, "kpis": {**costs, "cost_per_unit": str, **counts}},
    )
    require_shape(
        desk.ada.get("/v1/kpis/company/cost-structure/", month="2026-01"),
        {
            "meta": {**meta, "basis_unit": type(None), "group_by": str},
            "items": [{"group_id": int, "group_name": str, "total_cost": str, "share_pct": str}],
            "totals": {"total_cost": str},
        },
    )
    require_shape(
        desk.ada.get("/v1/kpis/company/trend/", month="2026-01", grain="month"),
        {"meta": {**meta, "basis_unit": str}, "series": [{"period_start": str, "period_end": str, **costs}]},
    )
    refused = desk.ada.call("GET", "/v1/kpis/company/trend/", grain="year")
    assert (refused.status_code, type(refused.json()["error"])) == (400, str)


def test_vehicle_sales_answer_in_their_older_shape(desk: Desk) -> None:
    whole = ("aged_inventory", "total_listings", "active_buyers")
    parts = ("average_profit_per_unit", "lead_to_purchase_time", "conversion_rate", "average_price")
    rest = ("total_value", "scoring_rate", "average_score")
    metrics = dict.fromkeys(whole, int) | dict.fromkeys((*parts, *rest), NUMBER)
    require_shape(desk.ada.get("/kpi"), {"metrics": metrics, "success": bool, "message": type(None)})


def test_a_job_search_answers_in_its_older_shapes(desk: Desk) -> None:
    counts = ("cvSentToday", "cvTarget", "outreachToday", "outreachTarget", "followupsDue")
    require_shape(
        desk.ada.get("/kpis/today"),
        {
            **dict.fromkeys((*counts, "seniorReviewsThisWeek"), int),
            "heatBreakdown": [{"heat": int, "count": int}],
            "nextBestAction": {"title": str, "action": str, "ref": dict},
        },
    )
    week = ("cvSent", "outreach", "followupsSent", "eventsAttended", "boostTasksDone")
    require_shape(desk.ada.get("/kpis/week"), dict.fromkeys(week, int))
