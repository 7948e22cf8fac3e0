"""People over HTTP: users come, move and go; teams, companies and roles change; and nobody gives themselves more."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx
import pytest

from local.running_stack import RunningStack
from tests.e2e.client import Body, Client
from tests.e2e.conftest import Found, SignIn

YEAR = {"start_date": "2025-01-01", "end_date": "2025-12-31"}
WEEK = ("2025-03-03", "2025-03-09")
NEXT_WEEK = ("2025-03-10", "2025-03-16")
SUNDAY = WEEK[1]
NOWHERE = 10**15

_numbers = count(1)


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Status and code of an answer that is an error."""
    return response.status_code, response.json()["code"]


def sentence(response: httpx.Response) -> str:
    text: str = response.json()["error"]
    return text


@pytest.fixture(scope="module")
def ada(found_company: Found) -> Client:
    return found_company("people")


@pytest.fixture(scope="module")
def hire(ada: Client) -> Callable[..., Body]:
    """Makes a person of the company with an address of their own."""

    def hired(**fields: object) -> Body:
        name = f"person-{next(_numbers)}"
        return ada.create_user(name, f"{name}@people.test", **fields)

    return hired


@pytest.fixture(scope="module")
def role(ada: Client) -> Callable[..., Body]:
    """Makes a role of some keys."""

    def made(*permissions: str, **fields: object) -> Body:
        name = fields.pop("name", f"role_{next(_numbers)}")
        return ada.post("/roles", {"name": name, "permissions": permissions, **fields})

    return made


@pytest.fixture
def personnel(hire: Callable[..., Body], role: Callable[..., Body], sign_in: SignIn) -> tuple[Body, Client]:
    """Pia, who manages users and nothing else, with her client."""
    pia = hire(role=role("users.manage")["name"])
    return pia, sign_in(pia["email"])


# --- users


def test_a_user_is_changed_field_by_field(ada: Client, hire: Callable[..., Body]) -> None:
    user = hire(timezone="Europe/Lisbon", external_ids={"crm": "1", "phone": "2"})
    path = f"/users/{user['id']}"
    for change in (
        {"name": "Una Umbra"},
        {"role": "manager"},
        {"external_ids": {"crm": "3"}},
        {"timezone": None},
    ):
        user |= change
        assert changed(ada, user, change) == user
        assert ada.get(path) == user
    assert changed(ada, user, {}) == user
    assert changed(ada, user, {"name": None, "role": None}) == user


def changed(ada: Client, user: Body, change: Body) -> Body:
    """The user after a change that starts no run."""
    answer = ada.put(f"/users/{user['id']}", change)
    assert answer.pop("run_id") is None
    return answer


def test_a_move_counts_from_a_day_on_which_may_lie_ahead_or_back(
    ada: Client, hire: Callable[..., Body]
) -> None:
    first, second = (ada.create_team(f"Team {next(_numbers)}")["id"] for _ in range(2))
    user = ada.get(f"/users/{hire(team_id=first, effective_from='2025-01-01')['id']}")
    assert (user["team_id"], user["team_since"], user["planned_move"]) == (first, "2025-01-01", None)

    ahead = changed(ada, user, {"team_id": second, "effective_from": "2099-05-01"})
    assert (ahead["team_id"], ahead["team_since"]) == (first, "2025-01-01")
    assert ahead["planned_move"] == {"team_id": second, "effective_from": "2099-05-01"}
    assert changed(ada, user, {"team_id": first}) == ahead  # the entry sent back asks for nothing

    back = changed(ada, user, {"team_id": second, "effective_from": "2025-03-01"})
    assert (back["team_id"], back["team_since"], back["planned_move"]) == (second, "2025-03-01", None)
    ends = changed(ada, user, {"team_id": None, "effective_from": "2099-05-01"})
    assert ends["planned_move"] == {"team_id": None, "effective_from": "2099-05-01"}
    out = changed(ada, user, {"team_id": None})
    assert (out["team_id"], out["team_since"], out["planned_move"]) == (None, None, None)


def test_who_leaves_is_in_the_team_until_midnight_and_comes_back_into_none(
    ada: Client, hire: Callable[..., Body]
) -> None:
    team = ada.create_team(f"Team {next(_numbers)}")["id"]
    user = hire(team_id=team)
    gone = ada.call("DELETE", f"/users/{user['id']}").json()
    assert (gone["is_active"], gone["team_id"], gone["planned_move"]["team_id"]) == (False, team, None)
    back = changed(ada, user, {"is_active": True})
    assert back == gone | {"is_active": True}


def test_a_dissolved_team_keeps_its_people_until_midnight_and_its_numbers(
    ada: Client, hire: Callable[..., Body], sign_in: SignIn
) -> None:
    manager = hire(role="manager")
    team = ada.create_team(f"Team {next(_numbers)}", manager["id"])["id"]
    user = hire(team_id=team)
    assert ada.call("DELETE", f"/teams/{team}").status_code == 200
    now = ada.get(f"/users/{user['id']}")
    assert (now["team_id"], now["planned_move"]["team_id"]) == (team, None)
    for who in (ada, sign_in(manager["email"])):
        members = who.get(f"/teams/{team}/kpis", on=SUNDAY)["team_members"]
        assert [member["user_id"] for member in members] == [user["id"]]
    response = ada.call("PUT", f"/users/{user['id']}", {"team_id": team, "effective_from": "2025-01-01"})
    assert refusal(response) == (422, "invalid_content")


def test_a_manager_lists_the_teams_and_people_that_they_manage(
    ada: Client, hire: Callable[..., Body], sign_in: SignIn
) -> None:
    manager, sub_manager = hire(role="manager"), hire(role="manager")
    team = ada.create_team(f"Team {next(_numbers)}", manager["id"])
    below = ada.create_team(f"Team {next(_numbers)}", sub_manager["id"])
    changed(ada, sub_manager, {"team_id": team["id"]})
    una, planned = hire(team_id=below["id"]), hire(team_id=below["id"], effective_from="2099-01-01")
    max_ = sign_in(manager["email"])
    assert max_.get("/teams")["teams"] == [team, below]
    assert [each["id"] for each in max_.get("/users")["users"]] == [sub_manager["id"], una["id"]]
    assert [each["id"] for each in max_.get("/users", team_id=below["id"])["users"]] == [una["id"]]
    assert refusal(max_.call("GET", f"/users/{planned['id']}")) == (403, "forbidden")
    assert [each["id"] for each in sign_in(sub_manager["email"]).get("/users")["users"]] == [una["id"]]


def test_a_change_of_rights_counts_from_the_next_request_on(
    ada: Client, hire: Callable[..., Body], sign_in: SignIn
) -> None:
    user = hire()
    una = sign_in(user["email"])
    assert una.call("GET", "/users").status_code == 403
    ada.put(f"/users/{user['id']}", {"role": "admin"})
    assert una.call("GET", "/users").status_code == 200
    ada.put(f"/users/{user['id']}", {"role": "user"})
    assert una.call("GET", "/users").status_code == 403


def enabled(stack: RunningStack, email: str) -> Any:
    """Whether the user pool lets somebody sign in."""
    pool = stack.refs["UserPool"]
    return stack.aws.cognito.admin_get_user(UserPoolId=pool, Username=email)["Enabled"]


def test_who_is_deactivated_is_out_at_once_and_who_is_activated_is_back(
    ada: Client, hire: Callable[..., Body], sign_in: SignIn, stack: RunningStack
) -> None:
    user = hire()
    path, una = f"/users/{user['id']}", sign_in(user["email"])
    assert una.me()["id"] == user["id"]

    gone = ada.call("DELETE", path)
    assert (gone.status_code, gone.json()) == (200, user | {"is_active": False})
    assert ada.call("DELETE", path).json() == gone.json()
    assert refusal(una.call("GET", "/me")) == (403, "forbidden")
    assert not enabled(stack, user["email"])

    assert changed(ada, user, {"is_active": True}) == user
    assert una.me()["id"] == user["id"]
    assert enabled(stack, user["email"])


def test_deactivating_by_a_change_is_the_same(
    ada: Client, hire: Callable[..., Body], sign_in: SignIn, stack: RunningStack
) -> None:
    user = hire()
    ada.put(f"/users/{user['id']}", {"is_active": False})
    assert sign_in(user["email"]).call("GET", "/me").status_code == 403
    assert not enabled(stack, user["email"])


def test_an_email_address_changes_in_the_user_pool_too(
    ada: Client, hire: Callable[..., Body], sign_in: SignIn, stack: RunningStack
) -> None:
    user, new = hire(), f"new-{next(_numbers)}@people.test"
    path, una = f"/users/{user['id']}", sign_in(user["email"])
    assert ada.put(path, {"email": new.upper()})["email"] == new
    assert una.me()["email"] == new  # the same person, whose token is still good
    assert enabled(stack, new)
    with pytest.raises(stack.aws.cognito.exceptions.UserNotFoundException):
        enabled(stack, user["email"])

    somebody = hire()  # the old address is free again, for another person
    assert ada.put(f"/users/{somebody['id']}", {"email": user["email"]})["id"] == somebody["id"]


def test_repeating_a_change_mends_a_user_pool_that_is_ahead_or_behind(
    ada: Client, hire: Callable[..., Body], stack: RunningStack
) -> None:
    user, new = hire(), f"new-{next(_numbers)}@people.test"
    cognito, pool = stack.aws.cognito, stack.refs["UserPool"]
    cognito.admin_update_user_attributes(
        UserPoolId=pool, Username=user["email"], UserAttributes=[{"Name": "email", "Value": new}]
    )
    cognito.admin_disable_user(UserPoolId=pool, Username=new)
    assert changed(ada, user, {"email": new, "is_active": True}) == user | {"email": new}
    assert enabled(stack, new)


def test_an_address_that_cannot_be_used_is_refused_by_one_answer_wherever_it_is_in_use(
    ada: Client, superuser: Client, hire: Callable[..., Body], found_company: Found
) -> None:
    user, other = hire(), hire()
    found_company("neighbours")
    told = set()
    for taken in (other["email"], "ada@neighbours.test"):
        for method, path in (("PUT", f"/users/{user['id']}"), ("POST", "/users")):
            response = ada.call(method, path, {"email": taken, "name": "Changed"})
            assert refusal(response) == (409, "address_unavailable")
            told.add(response.text.replace(taken, "…").replace(response.json()["request_id"], "…"))
    company = {"name": "Third", "timezone": "UTC", "admin": {"name": "Eve", "email": other["email"]}}
    response = superuser.call("POST", "/companies", company)
    told.add(response.text.replace(other["email"], "…").replace(response.json()["request_id"], "…"))
    assert len(told) == 1
    assert ada.get(f"/users/{user['id']}") == user


def test_users_are_found_by_role_and_by_part_of_their_name_or_address(
    ada: Client, hire: Callable[..., Body], role: Callable[..., Body]
) -> None:
    name = role()["name"]
    user = hire(role=name)
    percent = changed(ada, hire(), {"name": "100% Zoë"})
    assert ada.get("/users", role=name)["users"] == [user]
    assert ada.get("/users", role="no_such_role")["users"] == []
    assert ada.get("/users", q=user["email"].upper())["users"] == [user]
    assert ada.get("/users", q="% zoë")["users"] == [percent]
    assert ada.get("/users", q="%", role=name)["users"] == []


# --- the last admin


def test_two_admins_who_dismiss_each_other_at_once_leave_one(found_company: Found, sign_in: SignIn) -> None:
    ada = found_company("rivals")
    for _ in range(5):
        eve = ada.create_user("Eve", f"eve-{next(_numbers)}@rivals.test", role="admin")
        pair = [(ada, eve["id"]), (sign_in(eve["email"]), ada.me()["id"])]
        with ThreadPoolExecutor(2) as pool:
            answers = list(
                pool.map(lambda each: each[0].call("DELETE", f"/users/{each[1]}").status_code, pair)
            )
        assert answers.count(200) == 1
        survivor = pair[answers.index(200)][0]
        assert [
            user["id"] for user in survivor.all_of("users", "/users", role="admin", is_active="true")
        ] == [survivor.me()["id"]]
        ada = survivor


# --- teams


def test_a_team_is_renamed_gets_another_manager_and_is_dissolved(
    ada: Client, hire: Callable[..., Body]
) -> None:
    manager = hire(role="manager")["id"]
    team = ada.create_team("Short-lived")
    path = f"/teams/{team['id']}"
    assert team == {"id": team["id"], "name": "Short-lived", "manager_id": None, "is_active": True}
    assert ada.put(path, {"manager_id": manager}) == team | {"manager_id": manager}
    assert ada.put(path, {"name": "Renamed"}) == team | {"manager_id": manager, "name": "Renamed"}
    assert ada.put(path, {"manager_id": None}) == team | {"name": "Renamed"}

    gone = ada.call("DELETE", path).json()
    assert gone == team | {"name": "Renamed", "is_active": False}
    assert ada.call("DELETE", path).json() == gone
    assert ada.get(path) == gone
    assert team["id"] not in [each["id"] for each in ada.all_of("teams", "/teams")]
    assert refusal(ada.call("PUT", path, {"name": "Back"})) == (409, "team_dissolved")
    assert ada.create_team("Renamed")["id"] != team["id"]  # the name is free again


# --- who moves takes their history along


@pytest.fixture(scope="module")
def moved(ada: Client, hire: Callable[..., Body], sign_in: SignIn) -> Body:
    """Una, measured in the team of Max, then moved to the team of Moe."""
    max_, moe = hire(role="manager"), hire(role="manager")
    old, new = ada.create_team("Old team", max_["id"])["id"], ada.create_team("New team", moe["id"])["id"]
    una, ugo = hire(team_id=old), hire(team_id=old)
    rating = ada.define("rating", {"type": "manual"}, "weekly")["id"]
    goals = {each["id"]: ada.assign(each["id"], rating, target_value=4, **YEAR)["id"] for each in (una, ugo)}
    ada.measure(una["id"], goals[una["id"]], 3, WEEK)
    ada.measure(ugo["id"], goals[ugo["id"]], 2, WEEK)
    before = {
        "kpis": ada.kpis(una["id"], SUNDAY),
        "history": ada.history(una["id"], goals[una["id"]]),
    }
    ada.put(f"/users/{una['id']}", {"team_id": new})
    return {
        "una": una["id"],
        "ugo": ugo["id"],
        "goal": goals[una["id"]],
        "old": old,
        "new": new,
        "max": sign_in(max_["email"]),
        "moe": sign_in(moe["email"]),
        "before": before,
    }


def test_the_new_manager_sees_who_moved_at_once_and_the_old_one_no_more(moved: Body) -> None:
    for path in (
        f"/users/{moved['una']}",
        f"/users/{moved['una']}/kpis",
        f"/users/{moved['una']}/kpis/{moved['goal']}/history",
    ):
        assert moved["moe"].call("GET", path).status_code == 200
        assert moved["max"].call("GET", path).status_code == 403
    body = {"actual_value": 4, "period_start": NEXT_WEEK[0], "period_end": NEXT_WEEK[1]}
    measure = f"/users/{moved['una']}/kpis/{moved['goal']}/measure"
    assert moved["max"].call("POST", measure, body).status_code == 403
    weight = f"/users/{moved['una']}/kpis/{moved['goal']}"
    assert moved["max"].call("PUT", weight, {"weight": 2}).status_code == 403


def test_scores_and_history_of_the_past_stay_with_the_person(moved: Body) -> None:
    assert moved["moe"].kpis(moved["una"], SUNDAY) == moved["before"]["kpis"]
    assert moved["moe"].history(moved["una"], moved["goal"]) == moved["before"]["history"]
    assert moved["before"]["kpis"]["overall_score"] == 75


def test_a_teams_kpis_are_those_of_the_people_who_were_in_it_on_the_day(moved: Body) -> None:
    def members(**on: str) -> Body:
        return {
            team: [
                each["user_id"] for each in moved[who].get(f"/teams/{moved[team]}/kpis", **on)["team_members"]
            ]
            for team, who in (("old", "max"), ("new", "moe"))
        }

    assert members(on=SUNDAY) == {"old": [moved["una"], moved["ugo"]], "new": []}
    assert members() == {"old": [moved["ugo"]], "new": [moved["una"]]}
    averages = moved["max"].get(f"/teams/{moved['old']}/kpis", on=SUNDAY)["team_averages"]
    assert averages["overall_score"] == 62.5
    assert averages["kpi_averages"]["rating"] == {
        "average": 2.5,
        "achievement_percentage": 62.5,
        "members": 2,
    }
    nothing = moved["moe"].get(f"/teams/{moved['new']}/kpis", on=SUNDAY)["team_averages"]
    assert nothing == {"overall_score": None, "kpi_averages": {}}


# --- companies


def test_a_superuser_changes_a_company_and_its_own_log_tells_so(
    superuser: Client, found_company: Found, stack: RunningStack
) -> None:
    grace = found_company("changing")
    company = grace.me()["company"]["id"]
    path = f"/companies/{company}"
    before = superuser.get(path)
    assert before["admin"] == {"id": grace.me()["id"], "email": "ada@changing.test"}
    change = {"name": "Changed", "timezone": "Asia/Tokyo", "score_cap": 120}
    after = superuser.put(path, change | {"effective_from": "2000-01-01"})
    effects, calendars = after.pop("calendar_effects"), after.pop("calendars")
    assert [seam["aggregation_period"] for seam in effects["seams"]] == ["daily"]
    assert calendars == before["calendars"] + [
        before["calendars"][0] | {"effective_from": "2000-01-01", "timezone": "Asia/Tokyo"}
    ]
    assert after | {"calendars": []} == before | change | {"calendars": []}
    assert grace.me()["company"] == {"id": company, "name": "Changed", "timezone": "Asia/Tokyo"}
    assert superuser.put(path, {"score_cap": None, "currency": "USD"})["score_cap"] is None
    assert refusal(grace.call("PUT", path, {"name": "Mine"})) == (403, "forbidden")
    for out_of_reach in (f"/users/{before['admin']['id']}", f"/users/{before['admin']['id']}/kpis"):
        assert superuser.call("GET", out_of_reach).status_code == 404

    connection = stack.database.connect()
    entries = connection.run(
        "select company_id, before ->> 'name', after ->> 'name' from lodestar.audit "
        "where action = 'company.changed' and object_id = :id order by seq",
        id=company,
    )
    connection.close()
    assert [list(entry) for entry in entries] == [
        [company, "changing", "Changed"],
        [company, "Changed", "Changed"],
    ]


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_the_platforms_own_company_is_none_of_the_companies(superuser: Client, method: str) -> None:
    own = superuser.me()["company"]["id"]
    own_answer, unknown = (
        superuser.call(method, f"/companies/{each}", {"name": "Mine"} if method == "PUT" else None)
        for each in (own, NOWHERE)
    )
    assert own_answer.status_code == unknown.status_code == 404
    assert sentence(own_answer) == sentence(unknown)


# --- roles


def test_a_role_is_made_given_changed_and_deleted(
    ada: Client, hire: Callable[..., Body], sign_in: SignIn
) -> None:
    draft = {
        "name": "sales_lead",
        "description": "Leads sales.",
        "permissions": ["kpis.view_all", "audit.view"],
    }
    role = ada.post("/roles", draft)
    path = f"/roles/{role['id']}"
    assert role == draft | {"id": role["id"], "permissions": ["audit.view", "kpis.view_all"], "notes": []}
    assert ada.get(path) == role
    assert role in ada.all_of("roles", "/roles")

    user = hire(role="sales_lead")
    lead = sign_in(user["email"])
    assert (lead.me()["role"], lead.me()["permissions"]) == ("sales_lead", role["permissions"])

    changed = ada.put(path, {"permissions": ["kpis.create", "kpis.create"]})
    (note,) = changed["notes"]
    assert "reading every source of the company" in note
    assert changed == role | {"permissions": ["kpis.create"], "notes": [note]}
    assert lead.me()["permissions"] == ["kpis.create"]
    assert ada.put(path, {"description": ""}) == changed | {"description": ""}

    response = ada.call("DELETE", path)
    assert refusal(response) == (409, "role_in_use")
    assert "1 user" in sentence(response)
    ada.call("DELETE", f"/users/{user['id']}")
    assert refusal(ada.call("DELETE", path)) == (409, "role_in_use")  # they may come back
    ada.put(f"/users/{user['id']}", {"role": "user"})
    assert ada.call("DELETE", path).json() == changed | {"description": ""}
    assert ada.call("GET", path).status_code == ada.call("DELETE", path).status_code == 404


# --- nobody gives themselves more


def refused(response: httpx.Response, says: str) -> None:
    assert refusal(response) == (403, "forbidden"), response.text
    assert says in sentence(response)


def test_who_manages_users_does_what_that_is_for(
    ada: Client, hire: Callable[..., Body], personnel: tuple[Body, Client]
) -> None:
    _, pia = personnel
    team = pia.create_team(f"Team {next(_numbers)}")["id"]
    user = pia.create_user("New", f"new-{next(_numbers)}@people.test", team_id=team)
    pia.put(f"/users/{user['id']}", {"name": "Newer", "team_id": None, "is_active": False})
    pia.put(f"/users/{user['id']}", {"is_active": True})
    assert pia.post("/roles", {"name": f"role_{next(_numbers)}", "permissions": ["users.manage"]})
    assert pia.call("DELETE", f"/users/{user['id']}").status_code == 200


@pytest.mark.parametrize("role_name", ["admin", "manager", "superuser"])
def test_nobody_gives_a_role_that_holds_more(
    hire: Callable[..., Body], personnel: tuple[Body, Client], role_name: str
) -> None:
    me, pia = personnel
    body = {"name": "Accomplice", "email": f"accomplice-{next(_numbers)}@people.test", "role": role_name}
    refused(pia.call("POST", "/users", body), f'the role "{role_name}"')
    for who in (me, hire()):
        refused(pia.call("PUT", f"/users/{who['id']}", {"role": role_name}), f'the role "{role_name}"')


def test_a_manager_without_the_key_sees_nothing_of_the_team_that_names_them(
    hire: Callable[..., Body], ada: Client, personnel: tuple[Body, Client]
) -> None:
    me, pia = personnel
    team = pia.create_team(f"Team {next(_numbers)}", me["id"])["id"]
    una = hire(team_id=team)["id"]
    assert pia.call("GET", f"/teams/{team}/kpis").status_code == 403
    assert pia.call("GET", f"/users/{una}/kpis").status_code == 403
    pia.put(f"/users/{me['id']}", {"team_id": team})  # who joins it sees what every member does
    assert pia.get(f"/teams/{team}/kpis")["team_members"] == []


# --- bad input


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "says"),
    [
        ("PUT", "/users/{user}", {"nickname": "U"}, 422, "invalid_content", "There is no such field"),
        ("PUT", "/users/{user}", {"role": "emperor"}, 422, "invalid_content", '"emperor"'),
        ("PUT", "/users/{user}", {"role": ""}, 422, "invalid_content", "at least 1 character"),
        ("PUT", "/users/{user}", {"team_id": NOWHERE}, 422, "invalid_content", "team_id must be"),
        ("PUT", "/users/{user}", {"team_id": "{dissolved}"}, 422, "invalid_content", "team_id must be"),
        ("PUT", "/users/{user}", {"timezone": "Mars/Olympus"}, 422, "invalid_content", "Europe/Berlin"),
        ("PUT", "/users/{user}", {"email": "nobody"}, 422, "invalid_content", "email"),
        ("PUT", "/users/{user}", {"external_ids": {"a b": "1"}}, 422, "invalid_content", "external_ids"),
        ("PUT", "/users/{user}", {"is_active": "maybe"}, 422, "invalid_content", "is_active"),
        ("PUT", "/users/{nobody}", {"name": "N"}, 404, "not_found", "There is no such user."),
        ("DELETE", "/users/{nobody}", None, 404, "not_found", "There is no such user."),
        ("GET", "/users/{nobody}", None, 404, "not_found", "There is no such user."),
        ("GET", "/users?role=%00", None, 400, "invalid_parameter", "control characters"),
        ("PUT", "/teams/{team}", {"name": "Taken"}, 409, "duplicate", '"Taken"'),
        ("PUT", "/teams/{team}", {"name": ""}, 422, "invalid_content", "at least 1 character"),
        ("PUT", "/teams/{team}", {"manager_id": NOWHERE}, 422, "invalid_content", "manager_id must be"),
        ("PUT", "/teams/{team}", {"manager_id": "{leaver}"}, 422, "invalid_content", "deactivated"),
        ("POST", "/teams", {"name": "T", "manager_id": "{leaver}"}, 422, "invalid_content", "deactivated"),
        ("PUT", "/teams/{nobody}", {"name": "N"}, 404, "not_found", "There is no such team."),
        ("DELETE", "/teams/{nobody}", None, 404, "not_found", "There is no such team."),
        ("POST", "/roles", {"name": "admin", "permissions": []}, 422, "invalid_content", "built-in role"),
        ("POST", "/roles", {"name": "Chief Officer", "permissions": []}, 422, "invalid_content", "name"),
        ("POST", "/roles", {"name": "x", "permissions": []}, 422, "invalid_content", "name"),
        ("POST", "/roles", {"name": "taken", "permissions": []}, 409, "duplicate", '"taken"'),
        ("POST", "/roles", {"name": "flier"}, 422, "invalid_content", "permissions"),
        (
            "POST",
            "/roles",
            {"name": "flier", "permissions": ["kpis.view_all", "kpis.fly"]},
            422,
            "invalid_content",
            'body.permissions.1: There is no permission key "kpis.fly": choose from alerts.manage, audit.view',
        ),
        (
            "POST",
            "/roles",
            {"name": "god", "permissions": ["companies.manage"]},
            422,
            "invalid_content",
            '"companies.manage"',
        ),
        ("PUT", "/roles/{role}", {"name": "other"}, 422, "invalid_content", "There is no such field"),
        ("PUT", "/roles/{role}", {"permissions": ["kpis.fly"]}, 422, "invalid_content", '"kpis.fly"'),
        ("PUT", "/roles/{nobody}", {"permissions": []}, 404, "not_found", "There is no such role."),
        ("DELETE", "/roles/{nobody}", None, 404, "not_found", "There is no such role."),
        ("GET", "/roles/{nobody}", None, 404, "not_found", "There is no such role."),
    ],
)
def test_bad_input_is_refused_with_a_sentence(
    ada: Client, bad_ids: Body, method: str, path: str, body: Any, status: int, code: str, says: str
) -> None:
    filled = {
        name: bad_ids[value[1:-1]] if str(value).startswith("{") and isinstance(value, str) else value
        for name, value in (body or {}).items()
    }
    response = ada.call(method, path.format_map(bad_ids), None if body is None else filled)
    assert refusal(response) == (status, code), response.text
    assert says in sentence(response)


@pytest.fixture(scope="module")
def bad_ids(ada: Client, hire: Callable[..., Body], role: Callable[..., Body]) -> Body:
    dissolved = ada.create_team("Dissolved")["id"]
    ada.call("DELETE", f"/teams/{dissolved}")
    ada.create_team("Taken")
    leaver = hire()["id"]
    ada.call("DELETE", f"/users/{leaver}")
    role(name="taken")
    return {
        "user": hire()["id"],
        "leaver": leaver,
        "team": ada.create_team("Bad ideas")["id"],
        "dissolved": dissolved,
        "role": role()["id"],
        "nobody": NOWHERE,
    }


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"timezone": "Mars/Olympus"}, "Europe/Berlin"),
        ({"week_start": "tuesday"}, "'monday'"),
        ({"fiscal_year_start_month": 13}, "less than or equal to 12"),
        ({"currency": "Euro"}, "currency"),
        ({"score_cap": 0}, "greater than 0"),
        ({"admin": {"name": "Eve", "email": "eve@people.test"}}, "There is no such field"),
        ({"is_platform": True}, "There is no such field"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_a_company_is_not_changed_to_what_cannot_be(
    ada: Client, superuser: Client, change: Body, says: str
) -> None:
    company = ada.me()["company"]["id"]
    before = superuser.get(f"/companies/{company}")
    response = superuser.call("PUT", f"/companies/{company}", change)
    assert refusal(response) == (422, "invalid_content")
    assert says in sentence(response)
    assert superuser.get(f"/companies/{company}") == before
