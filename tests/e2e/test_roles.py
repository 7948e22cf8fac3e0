"""Who may do what, on every endpoint; ids of other companies; ETags; pages."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.client import Body, Client, Csv
from tests.e2e.conftest import Found, SignIn

FUNCTIONS = Path(__file__).parents[2] / "functions" / "api"
SPRING = {"start_date": "2025-03-01", "end_date": "2025-06-30"}
RECORDS = {"type": "records", "source": "calls", "method": "sum"}
WEEK = {"period_start": "2025-03-03", "period_end": "2025-03-09"}
FEBRUARY = {"period_start": "2025-02-01", "period_end": "2025-02-28"}
DAY = {"period_start": "2025-03-03", "period_end": "2025-03-03"}
COST = {"basis_unit": "KM", **FEBRUARY, "total_cost": "9.50", "total_units": "5", "status": "OK"}
ACTIVE = {"last_active_at": "2025-03-03T10:00:00Z"}
NOWHERE = 10**15
"""An id that nobody has."""

ROLES = ("una", "ugo", "max", "moe", "ada", "root")
"""Una and Ugo are users in two teams, Max manages hers and Moe his; Ada is the admin, root the superuser."""


@dataclass(frozen=True)
class Call:
    """A request that would succeed, and whom it answers with what. `{una}` and the like stand for ids.

    `may` are the roles that it succeeds for, and `refused` is what the others of the company get; root is in
    another company, so that this one's ids are unknown.
    """

    method: str
    path: str
    may: str
    body: Any = None
    refused: int = 403

    def expected(self, role: str) -> set[int]:
        if role == "root" and "root" not in self.may.split() and self.path.endswith("/bulk"):
            return {422}  # whose KPI is in the body
        if role == "root" and "{" in self.path and "root" not in self.may.split():
            return {404}
        if role == "root" and self.path.startswith("/v1/") and "root" not in self.may.split():
            return {400}  # who has to say which company
        return {200, 201, 202} if role in self.may.split() else {self.refused}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


EVERYBODY = " ".join(ROLES)
ADMINS = "ada root"
ABOUT_UNA = "una max ada"
OVER_UNA = "max ada"

CALLS = (
    Call("GET", "/health", EVERYBODY),
    Call("GET", "/openapi.json", EVERYBODY),
    Call("GET", "/me", EVERYBODY),
    Call("GET", "/alerts", EVERYBODY),
    Call("GET", "/alerts/subscriptions", ADMINS),
    Call("POST", "/alerts/subscriptions", ADMINS, {"channel": "email", "address": "ops@roles.test"}),
    Call("DELETE", "/alerts/subscriptions/{spare_address}", "ada"),
    Call("GET", "/audit", ADMINS),
    Call("GET", "/audit/verify", ADMINS),
    Call("GET", "/companies", "root"),
    Call(
        "POST",
        "/companies",
        "root",
        {"name": "c{n}", "timezone": "UTC", "admin": {"name": "Eve", "email": "eve{n}@new.test"}},
    ),
    Call("GET", "/companies/{company}", ADMINS),
    Call("PUT", "/companies/{company}", ADMINS, {"currency": "USD"}),
    Call("GET", "/exports/kpis.csv", EVERYBODY),
    Call("GET", "/exports/kpis.pdf", EVERYBODY),
    Call("GET", "/exports/kpis.xlsx", EVERYBODY),
    Call("GET", "/fleet/snapshots", ADMINS),
    Call("POST", "/fleet/snapshots", ADMINS, {"rows": [{"cost_center": "Trucks", **COST}]}),
    Call(
        "POST",
        "/fleet/snapshots/import",
        ADMINS,
        Csv(f"cost_center,{','.join(COST)}\nBikes,{','.join(COST.values())}\n"),
    ),
    Call("DELETE", "/fleet/snapshots/{snapshot}", "ada"),
    Call("GET", "/job-search/settings", EVERYBODY),
    Call("PUT", "/job-search/settings", ADMINS, {"cv_target": 6}),
    Call("GET", "/job-search/jobs", EVERYBODY),
    Call(
        "POST",
        "/job-search/jobs",
        EVERYBODY,
        {
            "rows": [
                {"external_id": "j-1", "title": "Captain", "stage": "APPLIED", "heat": 1, "archived": False}
            ]
        },
    ),
    Call(
        "POST", "/job-search/contacts/import", EVERYBODY, Csv("external_id,name,archived\nc-1,Carla,false\n")
    ),
    Call("DELETE", "/job-search/boost-tasks/{adas_task}", "ada", refused=404),
    Call("GET", "/kpis/catalog", "max moe ada root"),
    Call("POST", "/kpis/catalog/win_rate/install", ADMINS, {}),
    Call("POST", "/kpis/catalog/install", ADMINS, {"team_type": "sales"}),
    Call("GET", "/kpi", EVERYBODY),
    Call("GET", "/kpis/definitions", "max moe ada root"),
    Call(
        "POST",
        "/kpis/definitions",
        ADMINS,
        {"key": "kpi{n}", "name": "K", "data_source": RECORDS, "aggregation_period": "daily"},
    ),
    Call("GET", "/kpis/definitions/{calls}", "max moe ada"),
    Call("PUT", "/kpis/definitions/{calls}", "ada", {"description": "Calls that were answered."}),
    Call("DELETE", "/kpis/definitions/{spare}", "ada"),
    Call("GET", "/kpis/definitions/{calls}/versions", "max moe ada"),
    Call("POST", "/kpis/definitions/{calls}/preview", "ada", {"user_id": "{una}", **DAY}),
    Call(
        "POST",
        "/kpis/assignments/bulk",
        "max moe ada",
        {"kpi_definition_id": "{rating}", "user_ids": ["{una}", "{ugo}"], "start_date": "2030-01-01"},
    ),
    Call(
        "POST",
        "/kpis/targets/bulk",
        "max moe ada",
        {"kpi_definition_id": "{calls}", **WEEK, "targets": [{"user_id": "{una}", "target_value": 3}]},
    ),
    Call(
        "POST",
        "/kpis/values/import",
        EVERYBODY,
        Csv("kpi,user,period_start,value\nmood,{una},2025-03-10,4\n"),
    ),
    Call("POST", "/kpis/{calls}/assign", "ada", SPRING),
    Call("GET", "/kpis/{calls}/assignments", "una ugo max moe ada"),
    Call("GET", "/kpis/{calls}/assignments/{company_calls}", "ada"),
    Call(
        "PUT",
        "/kpis/{calls}/assignments/{company_calls}",
        "ada",
        {"weight": 2, "effective_from": "2025-04-01"},
    ),
    Call("DELETE", "/kpis/{mood}/assignments/{company_mood}", "ada"),
    Call("GET", "/kpis/{calls}/history", "ada"),
    Call("GET", "/kpis/{calls}/explain?period_start=2025-03-03&period_end=2025-03-03", "ada"),
    Call("GET", "/kpis/{calls}/breakdown?period_start=2025-03-03&period_end=2025-03-03&by=team", "ada"),
    Call("GET", "/kpis/", EVERYBODY),
    Call("GET", "/kpis/dashboard", EVERYBODY),
    Call("GET", "/kpis/today", EVERYBODY),
    Call("GET", "/kpis/week", EVERYBODY),
    Call("GET", "/kpis/{calls}", "ada"),
    Call("POST", "/kpis/{rating}/values", "ada", {"value": 4, "period_date": "2025-03-05"}),
    Call("GET", "/kpis/{calls}/targets", "ada"),
    Call("POST", "/kpis/{calls}/targets", "ada", {"target_value": 9, **DAY}),
    Call("PUT", "/kpis/{calls}/targets/{target}", "ada", {"target_value": 8}),
    Call("DELETE", "/kpis/{calls}/targets/{target}", "ada"),
    Call("GET", "/kpis/{calls}/permissions", "ada"),
    Call(
        "PUT",
        "/kpis/{calls}/permissions/{leaver}",
        "ada",
        {"can_view": True, "can_edit": False, "can_set_targets": False},
    ),
    Call(
        "POST",
        "/kpis/{calls}/alerts",
        "ada",
        {"alert_type": "below_target", "threshold_percentage": 20, "notification_channels": ["dashboard"]},
    ),
    Call(
        "POST",
        "/records",
        ADMINS,
        {"records": [{"source": "s", "external_id": "e", "occurred_at": "2025-03-03T10:00:00Z"}]},
    ),
    Call("GET", "/roles", ADMINS),
    Call("POST", "/roles", ADMINS, {"name": "role_{n}", "permissions": ["kpis.view_all"]}),
    Call("GET", "/roles/{role}", "ada"),
    Call("PUT", "/roles/{role}", "ada", {"permissions": ["audit.view"]}),
    Call("DELETE", "/roles/{spare_role}", "ada"),
    Call("GET", "/runs", ADMINS),
    Call(
        "POST", "/runs", ADMINS, {"period_start": "2025-03-03", "period_end": "2025-03-03", "reason": "roles"}
    ),
    Call("GET", "/runs/{run}", "ada"),
    Call("GET", "/teams", f"{ADMINS} max moe"),
    Call("POST", "/teams", ADMINS, {"name": "team {n}"}),
    Call("GET", "/teams/{team}", ABOUT_UNA),
    Call("PUT", "/teams/{team}", "ada", {"name": "Una's team"}),
    Call("DELETE", "/teams/{spare_team}", "ada"),
    Call("GET", "/teams/{team}/kpis", ABOUT_UNA),
    Call("GET", "/users", f"{ADMINS} max moe"),
    Call("POST", "/users", ADMINS, {"name": "New", "email": "new{n}@new.test"}),
    Call("GET", "/users/{una}", ABOUT_UNA),
    Call("PUT", "/users/{una}", "ada", {"timezone": "Europe/Lisbon"}),
    Call("DELETE", "/users/{leaver}", "ada"),
    Call("GET", "/users/{una}/kpis", ABOUT_UNA),
    Call(
        "POST",
        "/users/{una}/kpis/assign",
        OVER_UNA,
        {"kpi_definition_id": "{rating}", "start_date": "2024-01-01", "end_date": "2024-12-31"},
    ),
    Call("PUT", "/users/{una}/kpis/{una_calls}", OVER_UNA, {"weight": 50, "effective_from": "2025-04-01"}),
    Call("DELETE", "/users/{una}/kpis/{una_spare}", OVER_UNA),
    Call("POST", "/users/{una}/kpis/{una_rating}/measure", OVER_UNA, {"actual_value": 3, **WEEK}),
    Call("POST", "/users/{una}/kpis/{una_mood}/measure", ABOUT_UNA, {"actual_value": 4, **WEEK}),
    Call("GET", "/users/{una}/kpis/{una_calls}/history", ABOUT_UNA),
    Call("GET", "/users/{una}/kpis/{una_calls}", ABOUT_UNA),
    Call(
        "GET",
        "/users/{una}/kpis/{una_calls}/explain?period_start=2025-03-03&period_end=2025-03-03",
        ABOUT_UNA,
    ),
    Call("GET", "/users/{una}/scores", ABOUT_UNA),
    Call("GET", "/v1/kpis/company/summary/", "max moe ada"),
    Call("GET", "/v1/kpis/company/summary/?company_id={company}", "root"),
    Call("GET", "/v1/kpis/company/cost-structure/", "max moe ada"),
    Call("GET", "/v1/kpis/company/cost-structure/?company_id={company}", "root"),
    Call("GET", "/v1/kpis/company/trend/", "max moe ada"),
    Call("GET", "/v1/kpis/company/trend/?company_id={company}", "root"),
    Call("GET", "/vehicle-sales/buyers", ADMINS),
    Call("POST", "/vehicle-sales/buyers", ADMINS, {"rows": [{"external_id": "b-2", **ACTIVE}]}),
    Call(
        "POST",
        "/vehicle-sales/buyers/import",
        ADMINS,
        Csv("external_id,last_active_at\nb-3,2025-03-03T10:00:00Z\n"),
    ),
    Call("DELETE", "/vehicle-sales/buyers/{buyer}", "ada"),
)
PUBLIC = ("/health", "/openapi.json")
READS = [each for each in CALLS if each.method == "GET"]
WITH_IDS = [each for each in CALLS if "{" in each.path and each.may != "root"]
"""Where an id belongs to the caller's own company. Root names any company: those ids are nobody's secret."""

_numbers = count(1)


@dataclass(frozen=True)
class World:
    """A company with a client for each role, its ids by name, and the ids of another company like it."""

    clients: Mapping[str, Client]
    ids: Mapping[str, int]
    foreign: Mapping[str, int]

    def send(self, call: Call, role: str, ids: Mapping[str, int] | None = None) -> httpx.Response:
        return self.clients[role].call(
            call.method, call.path.format_map(ids or self.ids), filled(call.body, self.ids)
        )


def filled(body: Any, ids: Mapping[str, int]) -> Any:
    """A body with ids for their names, and with a new number for `{n}`."""
    if isinstance(body, dict):
        return {name: filled(value, ids) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(each, ids) for each in body]
    if isinstance(body, Csv):
        return Csv(body.format_map(ids))
    if not isinstance(body, str):
        return body
    if body[1:-1] in ids:
        return ids[body[1:-1]]
    return body.replace("{n}", str(next(_numbers))) if "{n}" in body else body


@pytest.fixture(scope="module")
def world(found_company: Found, sign_in: SignIn, superuser: Client) -> World:
    ada, foreign = found_company("roles"), found_company("others")
    ids = furnish(ada, "roles")
    people = {role: sign_in(f"{role}@roles.test") for role in ("una", "ugo", "max", "moe")}
    return World({**people, "ada": ada, "root": superuser}, ids, furnish(foreign, "others"))


def furnish(admin: Client, name: str) -> Mapping[str, int]:
    """Two teams with a manager and a member each, and KPIs of Una; ids by name."""
    ids = {
        role: admin.create_user(role, f"{role}@{name}.test", role="manager")["id"] for role in ("max", "moe")
    }
    ids["company"] = admin.me()["company"]["id"]
    ids["team"] = admin.create_team("Una's", ids["max"])["id"]
    other_team = admin.create_team("Ugo's", ids["moe"])["id"]
    ids["una"] = admin.create_user("una", f"una@{name}.test", team_id=ids["team"])["id"]
    ids["leaver"] = admin.create_user("leaver", f"leaver@{name}.test")["id"]
    ids["spare_team"] = admin.create_team("Nobody's")["id"]
    for role in ("role", "spare_role"):
        ids[role] = admin.post("/roles", {"name": role, "permissions": []})["id"]
    address = {"channel": "email", "address": f"spare@{name}.test"}
    ids["spare_address"] = admin.post("/alerts/subscriptions", address)["id"]
    ids["ugo"] = admin.create_user("ugo", f"ugo@{name}.test", team_id=other_team)["id"]
    for key, source, cadence in (
        ("calls", RECORDS, "daily"),
        ("spare", RECORDS, "daily"),
        ("rating", {"type": "manual"}, "weekly"),
        ("mood", {"type": "manual", "entered_by": "user"}, "weekly"),
    ):
        ids[key] = admin.define(key, source, cadence)["id"]
        ids[f"una_{key}"] = admin.assign(ids["una"], ids[key], **SPRING)["id"]
    for key in ("calls", "rating", "mood"):
        ids[f"company_{key}"] = admin.assign_to_company(ids[key], **SPRING)["id"]
    for month in ("04", "05", "06"):
        dates = {"period_start": f"2025-{month}-01", "period_end": f"2025-{month}-30"}
        ids["target"] = admin.post(f"/kpis/{ids['calls']}/targets", {"target_value": 9, **dates})["id"]
    for _ in range(2):
        ids["run"] = admin.run("2025-03-01", "2025-03-09")["id"]
    admin.post("/fleet/snapshots", {"rows": [{"cost_center": "Vans", **COST}]}, 200)
    ids["snapshot"] = admin.get("/fleet/snapshots")["rows"][0]["id"]
    admin.post("/job-search/boost-tasks", {"rows": [{"external_id": "b-1"}]}, 200)
    ids["adas_task"] = admin.get("/job-search/boost-tasks")["rows"][0]["id"]
    admin.post("/vehicle-sales/buyers", {"rows": [{"external_id": "b-1", **ACTIVE}]}, 200)
    ids["buyer"] = admin.get("/vehicle-sales/buyers")["rows"][0]["id"]
    return ids


def test_every_endpoint_is_in_the_table() -> None:
    declared = set()
    for path in FUNCTIONS.rglob("*.py"):
        declared |= set(re.findall(r'@endpoint\(\s*"(\w+)", "/api(/[^"]*)"', path.read_text()))
    assert {route_of(call, declared) for call in CALLS} == declared


def route_of(call: Call, routes: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """The method and path of the endpoint that a call is answered by: the one with the fewest variables."""
    path = call.path.partition("?")[0]
    fitting = [
        (method, route)
        for method, route in routes
        if method == call.method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", route), path)
    ]
    return min(fitting, key=lambda each: each[1].count("{"), default=None)


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_each_role_gets_what_it_may_and_no_more(world: World, call: Call) -> None:
    for role in ROLES:  # from the least to the most rights: what is refused comes first
        response = world.send(call, role)
        assert response.status_code in call.expected(role), f"{role}: {response.text}"
        if response.status_code == 403:
            refusal = response.json()
            assert (refusal["code"], refusal.keys()) == ("forbidden", {"error", "code", "request_id"})


@pytest.mark.parametrize("call", [each for each in CALLS if each.path not in PUBLIC], ids=str)
def test_nobody_gets_anything_without_a_token(world: World, call: Call) -> None:
    response = world.clients["ada"].http.request(call.method, f"/api{call.path.format_map(world.ids)}")
    assert response.status_code == 401


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("call", WITH_IDS, ids=str)
def test_another_companys_id_answers_exactly_as_one_that_nobody_has(
    world: World, call: Call, role: str
) -> None:
    if role == "root" and call.path.startswith("/companies/"):
        return  # which companies there are is the platform's to know
    for name in re.findall(r"{(\w+)}", call.path):
        foreign, unknown = (
            answer_to(world.send(call, role, {**world.ids, name: wrong}))
            for wrong in (world.foreign[name], NOWHERE)
        )
        assert foreign == unknown
        assert foreign["status"] in (403, 404)
        if role == "ada":
            assert foreign["status"] == 404


def answer_to(response: httpx.Response) -> Body:
    """All that a client sees of an answer, but the request's own id and time."""
    headers = {name: value for name, value in response.headers.items() if name != "date"}
    body = re.sub(r'"request_id": ?"\w+"', "", response.text)
    return {"status": response.status_code, "headers": headers, "body": body}


@pytest.mark.parametrize("path", ["/alerts?kpi_id={calls}", "/alerts?user_id={una}", "/users?team_id={team}"])
def test_another_companys_id_as_a_filter_finds_as_little_as_one_that_nobody_has(
    world: World, path: str
) -> None:
    (name,) = re.findall(r"{(\w+)}", path)
    ada = world.clients["ada"]
    foreign, unknown = (
        answer_to(ada.call("GET", path.format_map({name: wrong}))) for wrong in (world.foreign[name], NOWHERE)
    )
    assert foreign == unknown


def test_a_list_holds_nothing_of_another_company(world: World) -> None:
    ada = world.clients["ada"]
    assert not {user["id"] for user in ada.all_of("users", "/users")} & {
        world.foreign["una"],
        world.foreign["max"],
    }
    assert world.foreign["team"] not in {team["id"] for team in ada.all_of("teams", "/teams")}
    assert world.foreign["calls"] not in {kpi["id"] for kpi in ada.all_of("definitions", "/kpis/definitions")}
    assert world.foreign["run"] not in {run["id"] for run in ada.all_of("runs", "/runs")}


STILL = [read for read in READS if "ada" in read.may.split() and read.path != "/health"]
"""What stays as it is while nobody changes it; messages on their way are part of the health report."""


@pytest.mark.parametrize("call", STILL, ids=str)
def test_a_read_that_has_not_changed_is_not_sent_again(world: World, call: Call) -> None:
    ada, path = world.clients["ada"], call.path.format_map(world.ids)
    etag = ada.call("GET", path).headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}'):
        again = ada.call("GET", path, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert ada.call("GET", path, headers={"if-none-match": '"other"'}).status_code == 200


def test_a_change_gives_another_etag(world: World) -> None:
    ada = world.clients["ada"]
    before = ada.call("GET", "/teams").headers["etag"]
    ada.create_team("Newcomers")
    after = ada.call("GET", "/teams", headers={"if-none-match": before})
    assert after.status_code == 200
    assert after.headers["etag"] != before


def by_id(row: Body) -> Any:
    return row["id"]


def newest_first(row: Body) -> Any:
    return -row["id"]


def by_period(row: Body) -> Any:
    return row["period_start"]


def by_day(row: Body) -> Any:
    return row["on_date"]


LISTS: Mapping[str, tuple[str, Callable[[Body], Any]]] = {
    "users": ("/users", by_id),
    "teams": ("/teams", by_id),
    "definitions": ("/kpis/definitions", by_id),
    "runs": ("/runs", newest_first),
    "targets": ("/kpis/{calls}/targets", by_id),
    "measurements": ("/users/{una}/kpis/{una_calls}/history", by_period),
    "scores": ("/users/{una}/scores", by_day),
}


@pytest.mark.parametrize("name", LISTS)
def test_pages_hold_every_row_once_and_in_order(world: World, name: str) -> None:
    path, order = LISTS[name]
    ada, filled = world.clients["ada"], path.format_map(world.ids)
    whole = ada.get(filled, limit=200)
    assert whole["next_cursor"] is None
    assert len(whole[name]) > 1
    assert whole[name] == sorted(whole[name], key=order)
    *full, last = [page[name] for page in ada.pages(filled, 2)]
    assert {len(page) for page in full} <= {2}
    assert [row for page in [*full, last] for row in page] == whole[name]
