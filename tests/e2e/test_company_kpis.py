"""The company's own KPIs over HTTP: who sees, enters, aims and grants what."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from local.running_stack import RunningStack
from tests.e2e.client import Body, Client, decoded
from tests.e2e.conftest import Found, SignIn

RECORDS = {"type": "records", "source": "orders", "method": "count"}
MANUAL = {"type": "manual", "allowed_range": {"min": 0, "max": 1000}, "requires_note_below": 1}
ROLES = {
    "ceo": ["kpis.view_all"],
    "sales_viewer": ["kpis.sales.view"],
    "target_setter": ["kpis.sales.view", "kpis.edit_targets"],
    "author": ["kpis.create", "kpis.delete", "kpis.assign_all", "alerts.manage", "kpis.sales.view"],
}
PEOPLE = {"cleo": "ceo", "sam": "sales_viewer", "tess": "target_setter", "art": "author", "una": "user"}
SEES_ALL = ("ada", "cleo")
SEES_SALES = (*SEES_ALL, "sam", "tess", "art")


def day(back: int = 0) -> str:
    """A date of the company, which is in UTC."""
    return (datetime.now(UTC).date() - timedelta(days=back)).isoformat()


@dataclass(frozen=True)
class Firm:
    """A company with people by name, KPIs by key: `revenue` (sales), `costs` (finance), `orders` (records)."""

    people: Mapping[str, Client]
    ids: Mapping[str, int]
    kpis: Mapping[str, int]

    @property
    def ada(self) -> Client:
        return self.people["ada"]

    def status(self, person: str, method: str, path: str, body: object = None) -> int:
        return self.people[person].call(method, path.format_map(self.kpis | self.ids), body).status_code

    def listed(self, person: str, **query: object) -> dict[str, Body]:
        """The list as somebody sees it, by name."""
        return {each["name"]: each for each in self.people[person].all_of("kpis", "/kpis/", **query)}


@pytest.fixture(scope="module")
def firm(stack: RunningStack, found_company: Found, sign_in: SignIn) -> Firm:
    ada = found_company("firm")
    for name, permissions in ROLES.items():
        ada.post("/roles", {"name": name, "permissions": permissions})
    ids = {
        name: ada.create_user(name.title(), f"{name}@firm.test", role=role)["id"]
        for name, role in PEOPLE.items()
    }
    people = {"ada": ada} | {name: sign_in(f"{name}@firm.test") for name in PEOPLE}
    kpis = {
        "revenue": ada.define("revenue", MANUAL, category="sales", unit="currency", precision=0)["id"],
        "costs": ada.define("costs", MANUAL, category="finance", target_type="lower_better")["id"],
        "orders": ada.define("orders", RECORDS, category="sales", unit="count")["id"],
        "unassigned": ada.define("unassigned", MANUAL)["id"],
    }
    for key in ("revenue", "costs", "orders"):
        ada.assign_to_company(kpis[key], target_value=100, start_date="2025-01-01")
    for key, values in (("revenue", (95, 90, 80)), ("costs", (50, 60, 70))):
        for back, value in enumerate(values):
            ada.post(f"/kpis/{kpis[key]}/values", {"value": value, "period_date": day(back)})
    stack.wait_idle()  # orders are counted for all days since they are assigned
    return Firm(people, ids, kpis)


# Seeing


def test_everybody_knows_of_every_kpi_and_sees_the_numbers_that_are_for_them(firm: Firm) -> None:
    locked = {"costs": {"name": "costs", "category": "finance", "locked": True}}
    for person in SEES_ALL:
        assert not any(each["locked"] for each in firm.listed(person).values())
    for person in ("sam", "tess", "art"):
        listed = firm.listed(person)
        assert {name: each for name, each in listed.items() if each["locked"]} == locked
    assert all(each.keys() == {"name", "category", "locked"} for each in firm.listed("una").values())
    assert all(each["locked"] is True for each in firm.listed("una").values())
    assert {frozenset(firm.listed(person)) for person in firm.people} == {
        frozenset({"revenue", "costs", "orders"})
    }


def test_the_list_says_how_a_kpi_stands(firm: Firm) -> None:
    revenue = firm.listed("cleo")["revenue"]
    assert (revenue["id"], revenue["value"], revenue["target"], revenue["progress"]) == (
        firm.kpis["revenue"],
        95,
        100,
        95,
    )
    assert (revenue["status"], revenue["state"]) == ("on_track", "open")
    assert revenue["change"]["text"] == "+5 from yesterday"
    assert firm.listed("cleo")["costs"]["change"]["direction"] == "improving"
    assert firm.listed("cleo")["orders"]["value"] == 0


def test_the_list_answers_with_and_without_the_slash_at_its_end(firm: Firm) -> None:
    answers = [firm.ada.call("GET", path) for path in ("/kpis/", "/kpis")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert firm.ada.call("GET", "/kpis?period=daily&category=sales").json()["kpis"]
    assert firm.ada.call("GET", "/kpis/?period=weekly").json() == {"kpis": [], "next_cursor": None}


def test_a_list_never_reveals_what_a_detail_refuses(firm: Firm) -> None:
    for person, client in firm.people.items():
        board = client.get("/kpis/dashboard")
        cards = {each["title"]: each for each in board["daily"]}
        for name, each in firm.listed(person).items():
            is_locked = each["locked"]
            assert cards[name]["locked"] is is_locked
            for path in ("", "/history", "/targets"):
                status = client.call("GET", f"/kpis/{firm.kpis[name]}{path}").status_code
                assert status == (403 if is_locked else 200), (person, name, path)


def test_a_detail_has_the_series(firm: Firm) -> None:
    found = firm.people["sam"].get(f"/kpis/{firm.kpis['revenue']}", days=2)
    assert [each["value"] for each in found["series"]] == [90, 95]
    assert (found["trend"], found["forecast"]) == (None, None)


def test_the_dashboard_has_cards_by_cadence(firm: Firm) -> None:
    board = firm.people["sam"].get("/kpis/dashboard")
    assert board.keys() == {"daily", "weekly", "monthly", "quarterly", "alerts"}
    cards = {each["title"]: each for each in board["daily"]}
    assert cards["costs"] == {"title": "costs", "category": "finance", "locked": True}
    assert cards["revenue"]["change"] == "+5 from yesterday"
    assert cards["revenue"]["sparkline"] == [None, None, None, 80, 90, 95]


def test_what_is_not_the_companys_is_not_found(firm: Firm) -> None:
    for path in ("", "/targets"):
        assert firm.status("ada", "GET", f"/kpis/{{unassigned}}{path}") == 404
    value = {"value": 5, "period_date": day()}
    assert firm.status("ada", "POST", "/kpis/{unassigned}/values", value) == 404


def test_a_retired_kpi_is_in_no_list_of_today_and_its_closed_periods_can_be_read(firm: Firm) -> None:
    kpi = firm.ada.define("old_sales", MANUAL, category="sales")["id"]
    firm.ada.assign_to_company(kpi, target_value=100, start_date="2025-01-01")
    for back, value in ((3, 50), (2, 60), (0, 99)):
        firm.ada.post(f"/kpis/{kpi}/values", {"value": value, "period_date": day(back)})
    decoded(firm.ada.call("DELETE", f"/kpis/definitions/{kpi}"), 200)
    assert "old_sales" not in firm.listed("ada")
    found = firm.ada.get(f"/kpis/{kpi}")
    assert (found["retired_on"], found["forecast"], found["state"]) == (day(), None, "final")
    assert [(each["period_start"], each["value"]) for each in found["series"]] == [(day(3), 50), (day(2), 60)]
    history = firm.ada.get(f"/kpis/{kpi}/history")["measurements"]
    assert [each["actual_value"] for each in history] == [50, 60]
    assert firm.status("una", "GET", f"/kpis/{kpi}") == 403
    value = {"value": 70, "period_date": day(1)}
    decoded(firm.ada.call("POST", f"/kpis/{kpi}/values", value), 201)
    assert firm.status("ada", "POST", f"/kpis/{kpi}/values", value | {"period_date": day()}) == 400
    assert firm.ada.get(f"/kpis/{kpi}/targets")["targets"] == []


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/kpis/?period=hourly", "query.period"),
        ("/kpis/?category=magic", "query.category"),
        ("/kpis/{revenue}?days=0", "query.days"),
        ("/kpis/{revenue}?days=3661", "query.days"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_refused(firm: Firm, path: str, field: str) -> None:
    answer = firm.ada.call("GET", path.format_map(firm.kpis))
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (400, field)


def test_what_is_locked_for_somebody_stays_out_of_their_reach_whatever_they_may_write(firm: Firm) -> None:
    today = {"period_start": day(), "period_end": day()}
    alert = {"alert_type": "below_target", "threshold_percentage": 5, "notification_channels": ["dashboard"]}
    over_costs = {
        "type": "formula",
        "formula": "c",
        "inputs": [{"variable": "c", "source": {"type": "kpi", "key": "costs"}}],
    }
    for method, path, body in (
        ("PUT", "/kpis/definitions/{costs}", {"category": "sales"}),
        ("PUT", "/kpis/definitions/{costs}", {"description": "Ours."}),
        ("PUT", "/kpis/definitions/{revenue}", {"category": "finance"}),
        ("PUT", "/kpis/definitions/{revenue}", {"data_source": over_costs}),
        ("DELETE", "/kpis/definitions/{costs}?dry_run=true", None),
        ("POST", "/kpis/definitions", {"key": "mine", "copy_of": firm.kpis["costs"], "category": "sales"}),
        ("POST", "/kpis/definitions/{costs}/preview", today),
        ("POST", "/kpis/definitions/{costs}/preview", {**today, "user_id": firm.ids["art"]}),
        ("POST", "/kpis/{costs}/assign", {"start_date": day(), "target_value": 1, "renew": True}),
        ("POST", "/kpis/{costs}/alerts", alert),
        ("PUT", "/kpis/{costs}/permissions/{una}", grant()),
        ("GET", "/kpis/{costs}", None),
        ("GET", f"/kpis/{{costs}}/explain?period_start={day()}&period_end={day()}", None),
    ):
        assert firm.status("art", method, path, body) == 403, (method, path, body)
    assert firm.ada.get(f"/kpis/definitions/{firm.kpis['costs']}")["version"] == 1


# Grants


def grant(view: bool = False, edit: bool = False, targets: bool = False) -> Body:
    return {"can_view": view, "can_edit": edit, "can_set_targets": targets}


def test_a_grant_opens_one_kpi_and_can_be_taken_away(firm: Firm) -> None:
    path = f"/kpis/{firm.kpis['costs']}/permissions/{firm.ids['una']}"
    value = {"value": 44, "period_date": day(9)}
    target = {"target_value": 40, "period_start": "2030-01-01", "period_end": "2030-01-31"}
    wanted = (
        (grant(), (403, 403, 403, 403)),
        (grant(view=True), (200, 403, 403, 200)),
        (grant(view=True, edit=True), (200, 201, 403, 200)),
        (grant(view=True, targets=True), (200, 403, 201, 200)),
        (grant(), (403, 403, 403, 403)),
    )
    for body, statuses in wanted:
        answer = firm.ada.put(path, body)
        assert answer == {"kpi_id": firm.kpis["costs"], "user_id": firm.ids["una"], **body}
        found = (
            firm.status("una", "GET", "/kpis/{costs}"),
            firm.status("una", "POST", "/kpis/{costs}/values", value),
            firm.status("una", "POST", "/kpis/{costs}/targets", target),
            firm.status("una", "GET", "/kpis/definitions/{costs}"),
        )
        assert found == statuses, body
        assert firm.listed("una")["costs"]["locked"] is not body["can_view"]
        assert firm.listed("una")["revenue"]["locked"] is True
    assert firm.ada.get(f"/kpis/{firm.kpis['costs']}/permissions")["permissions"] == []
    kept = firm.ada.all_of("entries", "/audit", object_type="definition", object_id=firm.kpis["costs"])
    changes = [each for each in kept if each["action"] == "grant.changed"]
    assert len(changes) == 4  # the first PUT changed nothing


def test_nobody_hands_out_more_than_they_hold(firm: Firm) -> None:
    path = "/kpis/{costs}/permissions/{art}"
    assert firm.status("art", "PUT", path, grant(view=True)) == 403  # to themselves
    assert firm.status("art", "PUT", "/kpis/{revenue}/permissions/{una}", grant(view=True)) == 200
    assert (
        firm.status("art", "PUT", "/kpis/{revenue}/permissions/{una}", grant(view=True, targets=True)) == 403
    )
    assert firm.status("art", "PUT", "/kpis/{revenue}/permissions/{una}", grant()) == 200
    for person in ("cleo", "sam", "tess", "una"):
        assert firm.status(person, "PUT", path, grant()) == 403


def test_a_grant_is_for_a_kpi_and_a_user_that_there_are(firm: Firm) -> None:
    assert firm.status("ada", "PUT", "/kpis/999999/permissions/{una}", grant(view=True)) == 404
    assert firm.status("ada", "PUT", "/kpis/{costs}/permissions/999999", grant(view=True)) == 404
    assert firm.status("ada", "PUT", "/kpis/{costs}/permissions/{una}", {"can_view": True}) == 422


# Values


def send_value(firm: Firm, kpi: str = "revenue", person: str = "ada", **fields: object) -> httpx.Response:
    body = {"value": 50, "period_date": "2025-06-15", **fields}
    return firm.people[person].call("POST", f"/kpis/{firm.kpis[kpi]}/values", body)


def test_a_value_is_entered_once_and_then_corrected(firm: Firm) -> None:
    meta = {"source": "bank", "exact": 0.1, "deep": [{"a": None}]}
    first = send_value(firm, value=99.5, meta_data=meta, notes="By hand.")
    assert decoded(first, 201) == decoded(
        httpx.Response(
            200,
            text=json.dumps(
                {
                    "kpi_id": firm.kpis["revenue"],
                    "team_id": None,
                    "period_start": "2025-06-15",
                    "period_end": "2025-06-15",
                    "value": 99.5,
                    "target": 100,
                    "progress": 99.5,
                    "status": "on_track",
                    "state": "final",
                    "meta_data": meta,
                    "notes": "By hand.",
                    "run_id": None,
                }
            ),
        ),
        200,
    )
    again = decoded(send_value(firm, value=101), 200)
    assert (again["state"], again["status"], again["notes"]) == ("restated", "exceeds", "By hand.")
    assert again["meta_data"]["source"] == "bank"  # what is not sent stays
    assert decoded(send_value(firm, value=101, meta_data={}), 200)["meta_data"] == {}
    assert decoded(send_value(firm, value=101, notes=""), 200)["notes"] == ""


def test_a_teams_own_value_is_entered_and_what_is_made_of_peoples_is_not(firm: Firm) -> None:
    team = firm.ada.post("/teams", {"name": "Sales of the year"})["id"]
    mood = firm.ada.define("mood", MANUAL, category="sales")["id"]
    value = {"value": 7, "period_date": "2025-06-15", "team_id": team}
    assert firm.status("ada", "POST", f"/kpis/{mood}/values", value) == 422
    firm.ada.post(f"/kpis/{mood}/assign", {"team_id": team, "start_date": "2025-01-01", "target_value": 10})
    entered = decoded(firm.ada.call("POST", f"/kpis/{mood}/values", value), 201)
    assert (entered["team_id"], entered["value"], entered["progress"]) == (team, 7, 70)
    firm.ada.call("PUT", f"/kpis/definitions/{mood}", {"rollup": "average"})
    refused = firm.ada.call("POST", f"/kpis/{mood}/values", value | {"period_date": day()})
    assert (refused.status_code, "made of people's" in refused.text) == (422, True)
    decoded(firm.ada.call("POST", f"/kpis/{mood}/values", value | {"value": 8}), 200)  # by its own version
    history = firm.ada.get(f"/kpis/{mood}/history", team_id=team)["measurements"]
    assert [(each["actual_value"], each["period_start"]) for each in history] == [(8, "2025-06-15")]


def test_a_low_value_needs_a_note_unless_one_is_there(firm: Firm) -> None:
    low = {"value": 0.5, "period_date": "2025-06-17"}
    assert send_value(firm, **low).status_code == 422
    decoded(send_value(firm, **low, notes="The bank was closed."), 201)
    assert decoded(send_value(firm, **{**low, "value": 0.25}), 200)["notes"] == "The bank was closed."
    assert send_value(firm, **low, notes="").status_code == 422


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"kpi": "orders"}, 422, "manual KPIs only"),
        ({"value": 1001}, 422, "allowed_range of 0"),
        ({"value": 0.5, "period_date": "2025-06-14"}, 422, "needs notes"),
        ({"value": "much"}, 422, "value"),
        ({"value": 3.00001}, 422, "4 decimal places"),
        ({"period_date": "2199-01-01"}, 400, "has not begun"),
        ({"period_date": "9999-12-31"}, 400, "must lie between"),
        ({"period_date": "2024-12-31"}, 400, "is not assigned in the period 2024-12-31"),
        ({"meta_data": {"a": "x" * 4096}}, 422, "4096 bytes"),
        ({"meta_data": {"a": "\u0000"}}, 422, "NUL"),
        ({"meta_data": {"a": "\ud800"}}, 422, "half"),
        ({"meta_data": nested(500)}, 422, "nested too deeply"),
        ({"meta_data": [1]}, 422, "meta_data"),
        ({"colour": "red"}, 422, "no such field"),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_is_refused(
    firm: Firm, fields: dict[str, object], status: int, says: str
) -> None:
    answer = send_value(firm, **fields)  # type: ignore[arg-type]  # `kpi` is text
    assert answer.status_code == status, answer.text
    assert says in answer.text


def test_values_are_entered_by_those_who_see_and_edit(firm: Firm) -> None:
    wanted = {"ada": 200, "art": 200, "cleo": 403, "sam": 403, "tess": 403, "una": 403}
    decoded(send_value(firm, period_date="2025-06-16"), 201)
    for person, status in wanted.items():
        assert send_value(firm, person=person, period_date="2025-06-16").status_code == status, person
    assert send_value(firm, "costs", "art").status_code == 403  # may edit every KPI, and not see this one


# Targets


def send_target(firm: Firm, first: str, last: str, person: str = "ada", **fields: object) -> httpx.Response:
    body = {"target_value": 110, "period_start": first, "period_end": last, **fields}
    return firm.people[person].call("POST", f"/kpis/{firm.kpis['revenue']}/targets", body)


def test_the_narrowest_target_counts_and_crossing_ones_are_refused(firm: Firm) -> None:
    year = decoded(send_target(firm, "2025-01-01", "2025-12-31", target_value=200, notes="Stretch."), 201)
    assert year == {
        **year,
        "kpi_id": firm.kpis["revenue"],
        "target_value": 200,
        "period_start": "2025-01-01",
        "period_end": "2025-12-31",
        "notes": "Stretch.",
        "created_by": firm.ada.me()["id"],
    }
    decoded(send_target(firm, "2025-07-01", "2025-07-31", target_value=50), 201)
    for first, last, other in (
        ("2025-01-01", "2025-12-31", "2025-01-01 to 2025-12-31"),
        ("2025-07-15", "2025-08-15", "2025-07-01 to 2025-07-31"),
        ("2024-12-31", "2025-01-01", "2025-01-01 to 2025-12-31"),
    ):
        refused = send_target(firm, first, last)
        assert (refused.status_code, refused.json()["code"]) == (409, "target_overlap")
        assert other in refused.json()["error"]
    in_july = decoded(send_value(firm, period_date="2025-07-10"), 201)
    assert (in_july["target"], in_july["progress"]) == (50, 100)
    in_august = decoded(send_value(firm, period_date="2025-08-10"), 201)
    assert (in_august["target"], in_august["progress"]) == (200, 25)
    rows = firm.ada.all_of("targets", f"/kpis/{firm.kpis['revenue']}/targets", limit=1)
    assert [each["period_start"] for each in rows] == ["2025-01-01", "2025-07-01"]
    for row in rows:
        dropped = firm.ada.call("DELETE", f"/kpis/{firm.kpis['revenue']}/targets/{row['id']}")
        assert decoded(dropped, 200).items() >= row.items()
        again = firm.ada.call("DELETE", f"/kpis/{firm.kpis['revenue']}/targets/{row['id']}")
        assert again.status_code == 404
    # A closed period keeps the target that it was judged by; another day has the default.
    assert decoded(send_value(firm, value=51, period_date="2025-08-10"), 200)["target"] == 200
    assert decoded(send_value(firm, value=51, period_date="2025-08-11"), 201)["target"] == 100


def test_targets_are_set_by_those_who_see_and_may(firm: Firm) -> None:
    wanted = {"ada": 201, "tess": 201, "art": 403, "cleo": 403, "sam": 403, "una": 403}
    for number, (person, status) in enumerate(wanted.items(), 1):
        answer = send_target(firm, f"2031-01-{number:02}", f"2031-01-{number:02}", person)
        assert answer.status_code == status, person
        if status == 201:
            path = f"/kpis/{{revenue}}/targets/{answer.json()['id']}"
            assert firm.status("sam", "DELETE", path) == 403
            assert firm.status("ada", "DELETE", path.replace("revenue", "costs")) == 404
            assert firm.status(person, "DELETE", path) == 200
    assert firm.status("tess", "GET", "/kpis/{costs}/targets") == 403


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"target_value": {"min": 1, "max": 2}}, 422, "one number"),
        ({"target_value": 1001}, 422, "allowed_range"),
        ({"target_value": None}, 422, "target_value"),
        ({"period_end": "2029-12-31"}, 400, "must not lie before period_start 2030-01-01"),
    ],
    ids=str,
)
def test_a_target_that_cannot_be_is_refused(
    firm: Firm, fields: dict[str, object], status: int, says: str
) -> None:
    body = {"target_value": 5, "period_start": "2030-01-01", "period_end": "2030-01-31", **fields}
    answer = firm.ada.call("POST", f"/kpis/{firm.kpis['revenue']}/targets", body)
    assert answer.status_code == status, answer.text
    assert says in answer.text


# Definitions that come with something


def define(firm: Firm, key: str, person: str = "ada", **fields: object) -> httpx.Response:
    draft = {"key": key, "name": key, "data_source": MANUAL, "aggregation_period": "monthly", **fields}
    return firm.people[person].call("POST", "/kpis/definitions", draft)


def test_a_new_kpi_may_come_with_target_alerts_and_rights(firm: Firm) -> None:
    made = define(
        firm,
        "margin",
        category="finance",
        target={"value": 20},
        alerts=[
            {"type": "below_target", "threshold": 10, "channels": ["dashboard"]},
            {"type": "below_target", "threshold": 30, "channels": ["slack"], "severity": "critical"},
        ],
        permissions={"view": ["sales_viewer"], "edit": ["target_setter"]},
    )
    kpi = decoded(made, 201)["id"]
    assert firm.listed("sam")["margin"]["target"] == 20
    assert firm.listed("una")["margin"]["locked"] is True
    value = {"value": 10, "period_date": day()}
    assert firm.status("sam", "POST", f"/kpis/{kpi}/values", value) == 403
    assert firm.status("tess", "POST", f"/kpis/{kpi}/values", value) == 201
    grants = firm.ada.get(f"/kpis/{kpi}/permissions")["permissions"]
    assert [(each["role"], each["can_edit"], each["user_id"]) for each in grants] == [
        ("sales_viewer", False, None),
        ("target_setter", True, None),
    ]


@pytest.mark.parametrize(
    ("period", "dates"),
    [
        ("2025-05-17", ("2025-05-01", "2025-05-31")),
        ({"start": "2025-05-01", "end": "2025-07-31"}, ("2025-05-01", "2025-07-31")),
    ],
    ids=str,
)
def test_a_first_target_may_be_for_dates(firm: Firm, period: object, dates: tuple[str, str]) -> None:
    key = f"dated-{dates[1]}"
    kpi = decoded(define(firm, key, target={"value": 7, "period": period}), 201)["id"]
    (target,) = firm.ada.get(f"/kpis/{kpi}/targets")["targets"]
    assert (target["target_value"], target["period_start"], target["period_end"]) == (7, *dates)
    before = {"value": 5, "period_date": "2025-04-30"}
    assert firm.status("ada", "POST", f"/kpis/{kpi}/values", before) == 400  # not the company's yet
    inside = decoded(firm.ada.call("POST", f"/kpis/{kpi}/values", {**before, "period_date": dates[0]}), 201)
    assert inside["target"] == 7
    later = decoded(
        firm.ada.call("POST", f"/kpis/{kpi}/values", {**before, "period_date": "2025-09-01"}), 201
    )
    assert later["target"] is None


def test_a_first_target_of_every_period_lets_values_of_the_past_year_be_entered(firm: Firm) -> None:
    kpi = decoded(define(firm, "every", target={"value": 7, "period": "monthly"}), 201)["id"]
    last_month = (datetime.now(UTC).date().replace(day=1) - timedelta(days=1)).isoformat()
    entered = firm.ada.call("POST", f"/kpis/{kpi}/values", {"value": 5, "period_date": last_month})
    assert decoded(entered, 201)["target"] == 7
    refused = define(firm, "never", target={"value": 7, "period": "weekly"})
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (422, "body.target.period")


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"target": {"value": 5000}}, 422, "body.target.value"),
        ({"target": {"value": {"min": 1, "max": 2}}}, 422, "body.target.value"),
        (
            {"alerts": [{"type": "below_target", "threshold": -1, "channels": ["email"]}]},
            422,
            "body.alerts.0.threshold",
        ),
        (
            {
                "alerts": [
                    {"type": "below_target", "threshold": 1, "channels": ["email"]},
                    {"type": "below_target", "threshold": 1, "channels": ["email"], "recovery_percentage": 9},
                ]
            },
            422,
            "body.alerts.1.recovery_percentage",
        ),
        ({"permissions": {"view": ["sales_viewer", "Sales Viewer"]}}, 422, "body.permissions.view.1"),
        ({"permissions": {"edit": ["superuser"]}}, 422, "body.permissions.edit.0"),
        ({"target": {"value": 5, "period": {"start": "2025-02-01", "end": "2025-01-01"}}}, 400, None),
    ],
    ids=str,
)
def test_a_new_kpi_that_comes_with_something_wrong_is_not_made_at_all(
    firm: Firm, stack: RunningStack, fields: dict[str, object], status: int, field: str | None
) -> None:
    tables = ("definitions", "assignments", "targets", "alert_rules", "grants", "roles", "audit")
    count = " + ".join(f"(select count(*) from lodestar.{table})" for table in tables)
    connection = stack.database.connect()
    before = connection.run(f"select {count}")
    whole = {
        "target": {"value": 20},
        "alerts": [{"type": "below_target", "threshold": 10, "channels": ["dashboard"]}],
        "permissions": {"view": ["sales_viewer", "not_there_yet"], "edit": []},
    }
    answer = define(firm, "broken", **(whole | fields))
    assert answer.status_code == status, answer.text
    if field is not None:
        assert field in {each["field"] for each in answer.json()["details"]}
    assert connection.run(f"select {count}") == before
    connection.close()


# The old wording


@pytest.mark.parametrize("method", ["count", "sum", "average", "min", "max", "count_distinct", "latest"])
def test_a_definition_in_the_old_wording_is_one_over_records(firm: Firm, method: str) -> None:
    draft = {
        "key": f"old-{method.replace('_', '-')}",
        "name": "Leads",
        "tracking_period": "weekly",
        "calculation_method": method,
        "data_source": "crm_api",
    }
    made = firm.ada.post("/kpis/definitions", draft)
    assert (made["aggregation_period"], made["calculation_type"]) == ("weekly", "records")
    source = made["data_source"]
    assert (source["type"], source["source"], source["method"]) == ("records", "crm_api", method)


@pytest.mark.parametrize(
    "fields",
    [
        {"calculation_method": "median"},
        {"aggregation_period": "daily"},  # beside tracking_period
        {"data_source": RECORDS, "calculation_method": "sum"},
    ],
    ids=str,
)
def test_the_old_wording_is_refused_where_it_says_two_things(firm: Firm, fields: dict[str, object]) -> None:
    old = {"key": "older", "name": "L", "tracking_period": "weekly", "data_source": "crm_api"}
    assert firm.ada.call("POST", "/kpis/definitions", old | fields).status_code == 422


# Rights on definitions


def test_definitions_are_read_by_those_who_assign_define_or_see_them_all(firm: Firm) -> None:
    wanted = {"ada": 200, "art": 200, "cleo": 200, "sam": 403, "tess": 403, "una": 403}
    for person, status in wanted.items():
        assert firm.status(person, "GET", "/kpis/definitions") == status, person
        assert firm.status(person, "GET", "/kpis/definitions/{orders}") == status, person
