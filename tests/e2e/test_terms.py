"""The terms of assignments over HTTP: changed from a day on, renewed, ended and taken back, and who may."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from local.running_stack import RunningStack
from tests.e2e.client import Body, Client, decoded
from tests.e2e.conftest import Found, SignIn

CALLS = {"type": "records", "source": "calls", "method": "sum"}
MARCH = ("2025-03-01", "2025-03-31")
APRIL = ("2025-04-01", "2025-04-30")
MAY = ("2025-05-01", "2025-05-31")
SPRING = {"start_date": MARCH[0], "end_date": MAY[1]}


@dataclass(frozen=True)
class Firm:
    """Max leads North, where Una and Ugo are; Moe leads South. `visits` are entered, `calls` recorded."""

    people: Mapping[str, Client]
    ids: Mapping[str, int]
    stack: RunningStack

    @property
    def ada(self) -> Client:
        return self.people["ada"]

    def kpi(self, key: str, source: object = None, **fields: object) -> int:
        """A new KPI, monthly and entered unless told otherwise."""
        kpi_id: int = self.ada.define(key, source or {"type": "manual"}, "monthly", **fields)["id"]
        return kpi_id

    def status(self, person: str, method: str, path: str, body: object = None) -> int:
        return self.people[person].call(method, path, body).status_code

    def remove(self, path: str, **query: object) -> Body:
        return decoded(self.ada.call("DELETE", path, **query), 200)


@pytest.fixture(scope="module")
def firm(stack: RunningStack, found_company: Found, sign_in: SignIn) -> Firm:
    ada = found_company("terms")
    people, ids = {"ada": ada}, {}
    for name in ("max", "moe"):
        ids[name] = ada.create_user(name.title(), f"{name}@terms.test", role="manager")["id"]
    ids["north"], ids["south"] = (
        ada.create_team(team, ids[manager])["id"] for team, manager in (("North", "max"), ("South", "moe"))
    )
    for name in ("una", "ugo"):
        ids[name] = ada.create_user(name.title(), f"{name}@terms.test", team_id=ids["north"])["id"]
    people |= {name: sign_in(f"{name}@terms.test") for name in ("max", "moe", "una", "ugo")}
    return Firm(people, ids, stack)


def dates_of(assignment: Body) -> list[tuple[str, str | None]]:
    """First and last day of each of its terms."""
    return [
        (str(each["start_date"]), each["end_date"] and str(each["end_date"])) for each in assignment["terms"]
    ]


def values_of(firm: Firm, assignment_id: int, who: str = "una") -> dict[str, object]:
    """The values of a person's assignment by the first day of their period."""
    history = firm.ada.history(firm.ids[who], assignment_id)
    return {str(each["period_start"]): each["actual_value"] for each in history}


# Changing from a day on


def test_another_target_from_a_day_on_leaves_the_months_before_it_as_they_were(firm: Firm) -> None:
    una, kpi = firm.ids["una"], firm.kpi("dated")
    given = firm.ada.assign(una, kpi, target_value=10, weight=40, **SPRING)
    for month, value in ((MARCH, 5), (APRIL, 5)):
        firm.ada.measure(una, given["id"], value, month)
    path = f"/users/{una}/kpis/{given['id']}"
    changed = firm.people["max"].put(path, {"target_value": 20, "effective_from": MAY[0]})
    assert dates_of(changed) == [(MARCH[0], APRIL[1]), MAY]
    assert [(each["target_value"], each["weight"]) for each in changed["terms"]] == [(10, 40), (20, 40)]
    assert firm.ada.measure(una, given["id"], 5, MAY)["achievement_percentage"] == 25
    told = firm.ada.history(una, given["id"])
    assert [each["target_value"] for each in told] == [10, 10, 20]
    outside = firm.ada.call("PUT", path, {"weight": 1, "effective_from": "2025-06-01"})
    assert outside.status_code == 422
    assert "lies in no terms of this assignment" in outside.json()["error"]


# Further terms, and renewed ones


def test_a_kpi_that_is_given_again_has_further_terms_on_the_same_assignment(firm: Firm) -> None:
    path = f"/users/{firm.ids['una']}/kpis/assign"
    spring = {"kpi_definition_id": firm.kpi("again"), "target_value": 10, **SPRING}
    first = firm.ada.post(path, spring)
    assert firm.ada.post(path, spring, 200)["id"] == first["id"]
    autumn = {**spring, "start_date": "2025-09-01", "end_date": None}
    both = firm.ada.post(path, autumn)
    assert both["id"] == first["id"]
    assert dates_of(both) == [(MARCH[0], MAY[1]), ("2025-09-01", None)]
    overlapping = {**spring, "start_date": "2025-05-01", "end_date": "2025-08-31"}
    refused = firm.ada.call("POST", path, overlapping)
    assert (refused.status_code, refused.json()["code"]) == (409, "assignment_overlap")
    renewed = firm.ada.post(path, {**overlapping, "renew": True})
    assert dates_of(renewed) == [(MARCH[0], APRIL[1]), ("2025-05-01", "2025-08-31"), ("2025-09-01", None)]


def test_a_team_gets_new_terms_in_one_call_and_whose_older_ones_end_is_counted(firm: Firm) -> None:
    kpi = firm.kpi("yearly")
    una = firm.ada.assign(firm.ids["una"], kpi, target_value=10, start_date="2025-01-01")
    draft = {
        "kpi_definition_id": kpi,
        "team_id": firm.ids["north"],
        "target_value": 12,
        "start_date": "2026-01-01",
    }
    refused = firm.ada.post("/kpis/assignments/bulk", draft, 200)
    assert (refused["created"], refused["renewed"], refused["errors"]) == (1, 0, 1)
    done = firm.ada.post("/kpis/assignments/bulk", {**draft, "renew": True}, 200)
    assert (done["renewed"], done["unchanged"], done["errors"]) == (1, 1, 0)
    assert {each["outcome"] for each in done["results"] if each["assignment_id"] == una["id"]} == {"renewed"}
    now = firm.ada.get(f"/users/{firm.ids['una']}/kpis/{una['id']}")
    assert dates_of(now) == [("2025-01-01", "2025-12-31"), ("2026-01-01", None)]


# Taking back


def test_an_assignment_that_was_a_mistake_is_taken_back_with_its_values_after_a_look(firm: Firm) -> None:
    una, kpi = firm.ids["una"], firm.kpi("mistake")
    given = firm.ada.assign(una, kpi, target_value=10, **SPRING)
    for month, value in ((MARCH, 3), (APRIL, 4), (MAY, 5)):
        firm.ada.measure(una, given["id"], value, month)
    path = f"/users/{una}/kpis/{given['id']}"
    looked = firm.remove(path, dry_run="true")
    assert (looked["withdrawn"], looked["terms"]) == (3, [])
    assert len(values_of(firm, given["id"])) == 3
    later = firm.remove(path, from_=MAY[0])
    assert (later["withdrawn"], dates_of(later)) == (1, [(MARCH[0], APRIL[1])])
    assert values_of(firm, given["id"]) == {MARCH[0]: 3, APRIL[0]: 4}
    whole = firm.remove(path)
    assert (whole["withdrawn"], whole["terms"], whole["is_active"]) == (2, [], False)
    assert values_of(firm, given["id"]) == {}
    assert given["id"] not in [each["id"] for each in firm.ada.kpis(una, "2025-05-31")["kpis"]]
    again = firm.ada.assign(una, kpi, target_value=10, **SPRING)
    assert again["id"] == given["id"]
    assert values_of(firm, given["id"]) == {MARCH[0]: 3, APRIL[0]: 4, MAY[0]: 5}


def test_what_is_calculated_is_withdrawn_named_by_its_run_and_comes_back_anew(firm: Firm) -> None:
    ugo, kpi = firm.ids["ugo"], firm.kpi("calls", CALLS)
    at = "2025-04-10T10:00:00Z"
    call = {"source": "calls", "external_id": "1", "occurred_at": at, "user_id": ugo, "value": 7}
    firm.ada.push(call)
    given = firm.ada.assign(ugo, kpi, target_value=10, **SPRING)
    assert given["run_id"] is not None
    firm.stack.wait_idle()
    assert values_of(firm, given["id"], "ugo") == {MARCH[0]: None, APRIL[0]: 7, MAY[0]: None}
    path = f"/users/{ugo}/kpis/{given['id']}"
    ended = firm.ada.put(path, {"end_date": MARCH[1]})
    assert ended["withdrawn"] == 2
    firm.stack.wait_idle()
    assert values_of(firm, given["id"], "ugo") == {MARCH[0]: None}
    firm.ada.push({**call, "value": 9})
    firm.ada.assign(ugo, kpi, target_value=10, start_date=APRIL[0], end_date=APRIL[1])
    firm.stack.wait_idle()
    assert values_of(firm, given["id"], "ugo") == {MARCH[0]: None, APRIL[0]: 9}


def test_assignments_are_changed_and_taken_back_by_who_manages_the_person(firm: Firm) -> None:
    una, kpi = firm.ids["una"], firm.kpi("rights")
    given = firm.ada.assign(una, kpi, **SPRING)
    path = f"/users/{una}/kpis/{given['id']}"
    change = {"weight": 2, "effective_from": MAY[0]}
    for person in ("una", "ugo", "moe"):
        assert firm.status(person, "PUT", path, change) == 403, person
        assert firm.status(person, "DELETE", path) == 403, person
    assert firm.status("max", "PUT", path, change) == 200
    assert firm.status("max", "DELETE", path) == 200
    assert firm.status("max", "DELETE", f"/users/{una}/kpis/999999") == 404
    assert firm.status("max", "DELETE", f"{path}?from=soon") == 400


# A team's own KPI


def test_a_teams_own_kpi_is_assigned_measured_read_and_ended(firm: Firm) -> None:
    kpi, una = firm.kpi("orders", {**CALLS, "source": "orders"}), firm.ids["una"]
    for who, value in (("una", 30), ("ugo", 50)):
        order = {"source": "orders", "external_id": who, "occurred_at": "2025-03-15T10:00:00Z"}
        firm.ada.push({**order, "user_id": firm.ids[who], "value": value})
    given = firm.ada.assign_to_company(kpi, team_id=firm.ids["north"], target_value=100, **SPRING)
    assert (given["subject_type"], given["team_id"], given["user_id"]) == ("team", firm.ids["north"], None)
    assert given["run_id"] is not None
    team = {"variable": "team", "source": {"type": "kpi", "key": "orders", "of": "team"}}
    share = firm.kpi("of_team", {"type": "formula", "formula": "team", "inputs": [team]})
    hers = firm.ada.assign(una, share, **SPRING)["id"]
    firm.stack.wait_idle()
    assert values_of(firm, hers) == {MARCH[0]: 80, APRIL[0]: None, MAY[0]: None}

    (listed,) = firm.ada.all_of("assignments", f"/kpis/{kpi}/assignments")
    path = f"/kpis/{kpi}/assignments/{given['id']}"
    assert listed == firm.ada.get(path)
    changed = firm.ada.put(path, {"target_value": 50, "effective_from": APRIL[0]})
    assert dates_of(changed) == [MARCH, (APRIL[0], MAY[1])]
    assert [each["target_value"] for each in changed["terms"]] == [100, 50]
    ended = firm.ada.put(path, {"end_date": APRIL[1]})
    assert (ended["withdrawn"], dates_of(ended)) == (1, [MARCH, APRIL])
    assert firm.remove(path, dry_run="true")["withdrawn"] == 2
    assert dates_of(firm.ada.get(path)) == [MARCH, APRIL]
    whole = firm.remove(path)
    assert (whole["withdrawn"], whole["terms"]) == (2, [])
    firm.stack.wait_idle()
    assert values_of(firm, hers) == {MARCH[0]: None, APRIL[0]: None, MAY[0]: None}


def test_everybody_sees_the_assignments_that_are_theirs_to_see(firm: Firm) -> None:
    kpi = firm.kpi("seen")
    of_una, of_ugo = (firm.ada.assign(firm.ids[each], kpi, **SPRING)["id"] for each in ("una", "ugo"))
    of_north, of_south = (
        firm.ada.assign_to_company(kpi, team_id=firm.ids[each], **SPRING)["id"] for each in ("north", "south")
    )
    of_company = firm.ada.assign_to_company(kpi, **SPRING)["id"]
    seen = {
        "ada": {of_una, of_ugo, of_north, of_south, of_company},
        "max": {of_una, of_ugo, of_north},
        "moe": {of_south},
        "una": {of_una},
    }
    for person, ids in seen.items():
        found = firm.people[person].all_of("assignments", f"/kpis/{kpi}/assignments", limit=1)
        assert {each["id"] for each in found} == ids, person
        for assignment_id in (of_north, of_south, of_company):
            path = f"/kpis/{kpi}/assignments/{assignment_id}"
            assert firm.status(person, "GET", path) == (200 if assignment_id in ids else 403), person
            if person != "ada":
                assert firm.status(person, "PUT", path, {"end_date": APRIL[1]}) == 403, person
                assert firm.status(person, "DELETE", path) == 403, person
    # A person's assignment is read under the person.
    assert firm.status("ada", "GET", f"/kpis/{kpi}/assignments/{of_una}") == 404
    other = firm.kpi("unseen")
    assert firm.status("ada", "GET", f"/kpis/{other}/assignments/{of_north}") == 404
    assert firm.status("ada", "GET", f"/kpis/999999/assignments/{of_north}") == 404
