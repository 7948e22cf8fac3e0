"""Insight over HTTP: versions, explanations, previews and scores, as a manager and the person see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from local.running_stack import RunningStack
from tests.e2e.client import Body, Client, decoded
from tests.e2e.conftest import Found, SignIn

CALLS = {"type": "records", "source": "calls", "method": "sum"}
LONGEST = {
    "type": "database",
    "query": "SELECT MAX(value) FROM records WHERE user_id = :user_id AND source = 'calls' "
    "AND occurred_at >= :start_date AND occurred_at < :end_date",
}
SHARE = {
    "type": "formula",
    "formula": "mine / everybody * 100 + 0 * before",
    "inputs": [
        {"variable": "mine", "source": {"type": "kpi", "key": "calls"}},
        {"variable": "before", "source": {"type": "kpi", "key": "calls", "offset": -1}},
        {"variable": "everybody", "source": {"type": "kpi", "key": "calls", "of": "company"}},
    ],
}
SPRING = {"start_date": "2025-04-01", "end_date": "2025-04-30"}
FIRST, SECOND, THIRD = "2025-04-07", "2025-04-08", "2025-04-09"


@dataclass(frozen=True)
class Desk:
    """A company in Berlin after three calculated days: Una has calls, the longest of them, and her share."""

    ada: Client
    max: Client
    una: Client
    una_id: int
    kpis: Mapping[str, int]
    assigned: Mapping[str, int]

    def explain(self, key: str, day: str, who: Client | None = None) -> Body:
        path = f"/users/{self.una_id}/kpis/{self.assigned[key]}/explain"
        return (who or self.una).get(path, period_start=day, period_end=day)

    def preview(self, key: str, user_id: int | None, day: str) -> Body:
        body = {"user_id": user_id, "period_start": day, "period_end": day}
        return self.ada.post(f"/kpis/definitions/{self.kpis[key]}/preview", body, 200)


def call(admin: Client, at: str, minutes: int, user_id: int) -> None:
    """Push a call of a person."""
    record = {"source": "calls", "external_id": f"{at} {user_id}", "occurred_at": at, "value": minutes}
    admin.push({**record, "user_id": user_id})


@pytest.fixture(scope="module")
def desk(stack: RunningStack, found_company: Found, sign_in: SignIn) -> Desk:
    ada = found_company("insight", timezone="Europe/Berlin")
    manager = ada.create_user("Max Manager", "max@insight.test", role="manager")
    team = ada.create_team("Support", manager["id"])
    una = ada.create_user("Una User", "una@insight.test", team_id=team["id"])
    other = ada.create_user("Ugo User", "ugo@insight.test")
    # The calls before the KPIs: whoever is given one for a time that has passed gets its values at once.
    for day, minutes in ((FIRST, 4), (SECOND, 6), (THIRD, 10)):
        call(ada, f"{day}T10:00:00Z", minutes, una["id"])
        call(ada, f"{day}T11:00:00Z", 2, una["id"])
        call(ada, f"{day}T10:00:00Z", 4, other["id"])
    kpis, assigned = {}, {}
    for key, source in {"calls": CALLS, "longest": LONGEST, "rating": {"type": "manual"}}.items():
        kpis[key] = ada.define(key, source)["id"]
        assigned[key] = ada.assign(una["id"], kpis[key], target_value=8, **SPRING)["id"]
    ada.assign_to_company(kpis["calls"], **SPRING)
    kpis["share"] = ada.define("share", SHARE, unit="number")["id"]
    assigned["share"] = ada.assign(una["id"], kpis["share"], target_value=50, **SPRING)["id"]
    stack.wait_idle()
    return Desk(ada, sign_in("max@insight.test"), sign_in("una@insight.test"), una["id"], kpis, assigned)


# Explanations


def test_a_person_learns_how_their_value_came_about(desk: Desk) -> None:
    told = desk.explain("calls", SECOND)
    assert told["measurement"]["actual_value"] == 8
    assert told["measurement"]["run_id"] > 0
    assert (told["value_now"], told["differs"], told["row_count"]) == (8, False, 2)
    assert told["period"]["starts_at_local"] == "2025-04-08T00:00:00+02:00"
    assert told["period"]["starts_at_utc"] == "2025-04-07T22:00:00+00:00"
    assert told["definition_version"]["author"]["name"] == "Ada Admin"
    assert told["target"] == {"value": 8, "origin": "assignment_default", "range": None}
    assert told["achievement_formula"] == "100 + 100 × (8 − 8) / |8| = 100 %"


def test_a_query_is_told_with_the_instants_that_were_bound(desk: Desk) -> None:
    told = desk.explain("longest", SECOND)
    assert told["source"]["parameters"] == {
        "user_id": desk.una_id,
        "team_id": None,
        "company_id": desk.ada.me()["company"]["id"],
        "start_date": "2025-04-07T22:00:00+00:00",
        "end_date": "2025-04-08T22:00:00+00:00",
        "own": {},
    }
    assert (told["measurement"]["actual_value"], told["value_now"], told["row_count"]) == (6, 6, 2)


def test_the_companys_number_in_a_formula_is_locked_for_the_person_and_open_to_the_admin(desk: Desk) -> None:
    mine, before, everybody = desk.explain("share", SECOND)["inputs"]
    assert (mine["value"], before["value"], before["period"]) == (8, 6, {"start": FIRST, "end": FIRST})
    assert (everybody["locked"], everybody["value"], everybody["of"]) == (True, None, "company")
    everybody = desk.explain("share", SECOND, desk.ada)["inputs"][2]
    assert (everybody["locked"], everybody["value"]) == (False, 12)


def test_a_late_record_makes_a_difference_until_the_value_is_calculated_again(desk: Desk) -> None:
    call(desk.ada, f"{FIRST}T15:00:00Z", 3, desk.una_id)
    told = desk.explain("calls", FIRST, desk.max)
    assert (told["measurement"]["actual_value"], told["value_now"], told["differs"]) == (6, 9, True)
    assert (told["measurement"]["state"], told["revisions"], told["row_count"]) == ("final", [], 3)
    desk.ada.run(FIRST, FIRST)
    told = desk.explain("calls", FIRST, desk.max)
    assert (told["measurement"]["actual_value"], told["differs"]) == (9, False)
    assert told["measurement"]["state"] == "restated"
    (revision,) = told["revisions"]
    assert (revision["old_value"], revision["new_value"], revision["reason"]) == (6, 9, "recalculated")
    assert revision["run_id"] == told["measurement"]["run_id"]


def test_a_corrected_entry_is_told_with_its_people(desk: Desk) -> None:
    path = f"/users/{desk.una_id}/kpis/{desk.assigned['rating']}/measure"
    body = {"actual_value": 3, "period_start": FIRST, "period_end": FIRST, "notes": "a guess"}
    awaited = desk.explain("rating", FIRST)
    assert (awaited["measurement"], awaited["no_data_reason"]) == (None, "awaiting_entry")
    assert (awaited["not_measured"]["outcome"], awaited["not_measured"]["reason"]) == (
        "skipped",
        "awaiting_entry",
    )
    desk.max.post(path, body)
    desk.ada.post(path, {**body, "actual_value": 4, "notes": "counted"}, 200)
    told = desk.explain("rating", FIRST)
    assert (told["value_now"], told["measurement"]["entered_by"]["name"]) == (4, "Ada Admin")
    (revision,) = told["revisions"]
    assert (revision["old_value"], revision["author"]["name"]) == (3, "Ada Admin")


# Versions


def test_a_version_names_who_changed_what_and_old_values_keep_theirs(desk: Desk, sign_in: SignIn) -> None:
    desk.ada.create_user("Eve Editor", "eve@insight.test", role="admin")
    kpi = desk.ada.define("most", {**CALLS, "method": "max"})["id"]
    assignment = desk.ada.assign(desk.una_id, kpi, weight=0, **SPRING)["id"]
    desk.ada.run(SECOND, SECOND, definition_ids=[kpi])
    editor = sign_in("eve@insight.test")
    editor.put(f"/kpis/definitions/{kpi}", {"name": "Fewest"})  # no change of the value: no version
    editor.put(f"/kpis/definitions/{kpi}", {"data_source": {**CALLS, "method": "min"}})
    newest, oldest = desk.max.get(f"/kpis/definitions/{kpi}/versions")["versions"]
    assert (newest["version"], newest["author_name"], newest["is_current"]) == (2, "Eve Editor", True)
    assert (oldest["version"], oldest["author_name"], oldest["diff"]) == (1, "Ada Admin", [])
    changed = {each["field"]: (each["before"], each["after"]) for each in newest["diff"]}
    assert changed["name"] == ("most", "Fewest")
    assert [each["method"] for each in changed["data_source"]] == ["max", "min"]
    path = f"/users/{desk.una_id}/kpis/{assignment}/explain"
    told = desk.una.get(path, period_start=SECOND, period_end=SECOND)
    assert (told["definition_version"]["version"], told["definition_version"]["is_current"]) == (1, False)
    assert (told["source"]["method"], told["value_now"], told["differs"]) == ("max", 6, False)


# Previews


def test_a_preview_gives_a_value_without_an_assignment_and_stores_nothing(desk: Desk) -> None:
    (ugo,) = (each["id"] for each in desk.ada.all_of("users", "/users") if each["name"] == "Ugo User")
    before = desk.ada.get(f"/users/{ugo}/kpis")
    told = desk.preview("calls", desk.una_id, SECOND)
    assert (told["value"], told["achievement_percentage"], told["status"]) == (8, 100, "exceeds")
    assert told["explanation"]["row_count"] == 2
    told = desk.preview("calls", ugo, SECOND)
    assert (told["value"], told["status"], told["explanation"]["target"]["origin"]) == (
        4,
        "no_target",
        "none",
    )
    assert desk.ada.get(f"/users/{ugo}/kpis") == before
    company = desk.preview("calls", None, SECOND)
    assert (company["user_id"], company["value"], company["explanation"]["row_count"]) == (None, 12, 3)


def test_a_preview_of_a_query_about_people_for_the_company_tells_its_error(desk: Desk) -> None:
    told = desk.preview("longest", None, SECOND)
    assert (told["value"], told["status"]) == (None, "no_data")
    assert told["explanation"]["error"]["reason"] == "query_not_about_subject"


# Scores, and the assignment itself


def test_scores_are_told_day_by_day_with_their_parts(desk: Desk) -> None:
    told = desk.una.get(f"/users/{desk.una_id}/scores", from_=SECOND, to=SECOND)
    (score,) = told["scores"]
    assert (score["on_date"], told["next_cursor"]) == (SECOND, None)
    parts = {part["kpi"]["key"]: part["achievement_percentage"] for part in score["parts"]}
    assert (parts["calls"], parts["longest"]) == (100, 75)
    assert score["coverage"] == 75  # nobody has entered a rating of that day


def test_one_assignment_can_be_read(desk: Desk) -> None:
    path = f"/users/{desk.una_id}/kpis/{desk.assigned['calls']}"
    told = desk.una.get(path)
    assert (told["id"], told["kpi_definition_id"], told["target_value"]) == (
        desk.assigned["calls"],
        desk.kpis["calls"],
        Decimal(8),
    )
    assert desk.una.call("GET", path).headers["etag"]


# Bad input

EXPLAIN = "/users/{una}/kpis/{calls}/explain"
PREVIEW = "/kpis/definitions/{calls_kpi}/preview"
SCORES = "/users/{una}/scores"
VERSIONS = "/kpis/definitions/{calls_kpi}/versions"
MANY_DAYS = {"period_start": "2025-04-07", "period_end": "2025-04-13"}
BACKWARDS = {"period_start": "2025-04-07", "period_end": "2025-04-06"}
FUTURE = {"period_start": "2199-01-01", "period_end": "2199-01-01"}
ONE_DAY = {"period_start": FIRST, "period_end": FIRST}


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "says"),
    [
        ("GET", EXPLAIN, MANY_DAYS, 400, "is not one daily period; the nearest is"),
        ("GET", EXPLAIN, BACKWARDS, 400, "must not lie before"),
        ("GET", EXPLAIN, {}, 400, "period_start"),
        ("GET", EXPLAIN, {"period_start": FIRST}, 400, "period_end"),
        ("GET", EXPLAIN, {**ONE_DAY, "period_end": "soon"}, 400, "period_end"),
        ("GET", EXPLAIN, {"period_start": "0001-01-01", "period_end": "0001-01-01"}, 400, "1900-01-01"),
        ("GET", "/users/{una}/kpis/999999/explain", ONE_DAY, 404, "This user has no KPI"),
        ("GET", "/users/999999/kpis/{calls}/explain", ONE_DAY, 404, "no such user"),
        ("GET", "/users/{una}/kpis/999999", {}, 404, "This user has no KPI"),
        ("GET", SCORES, {"from": SECOND, "to": FIRST}, 400, "must not lie before from"),
        ("GET", SCORES, {"from": "soon"}, 400, "from"),
        ("GET", SCORES, {"limit": 0}, 400, "limit"),
        ("GET", SCORES, {"cursor": "x"}, 400, "next_cursor"),
        ("GET", "/users/999999/scores", {}, 404, "no such user"),
        ("GET", VERSIONS, {"limit": 201}, 400, "limit"),
        ("GET", VERSIONS, {"cursor": "x"}, 400, "next_cursor"),
        ("GET", "/kpis/definitions/999999/versions", {}, 404, "no such KPI definition"),
        ("POST", PREVIEW, MANY_DAYS, 400, "is not one daily period"),
        ("POST", PREVIEW, BACKWARDS, 400, "must not lie before"),
        ("POST", PREVIEW, FUTURE, 400, "has not begun"),
        ("POST", PREVIEW, {"period_start": FIRST}, 422, "period_end"),
        ("POST", PREVIEW, {**ONE_DAY, "team_id": 1}, 422, "no such field"),
        ("POST", PREVIEW, {**ONE_DAY, "user_id": 0}, 422, "user_id"),
        ("POST", PREVIEW, {**ONE_DAY, "user_id": 999999}, 404, "no such user"),
        ("POST", "/kpis/definitions/999999/preview", ONE_DAY, 404, "no such KPI definition"),
    ],
)
def test_bad_input_is_told_in_a_sentence(
    desk: Desk, method: str, path: str, sent: dict[str, Any], status: int, says: str
) -> None:
    names = {"una": desk.una_id, "calls": desk.assigned["calls"], "calls_kpi": desk.kpis["calls"]}
    filled = path.format_map(names)
    if method == "GET":
        response = desk.ada.call("GET", filled, **sent)
    else:
        response = desk.ada.call("POST", filled, sent)
    refusal = decoded(response, status)
    told = f"{refusal['error']} {refusal.get('details', '')}"
    assert says.lower() in told.lower()
