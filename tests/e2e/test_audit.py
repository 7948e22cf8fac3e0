"""The audit log over HTTP: every change leaves who, what, before and after; the chain holds."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from local.running_stack import RunningStack
from tests.e2e.client import Body, Client
from tests.e2e.conftest import Found

RECORDS = {"type": "records", "source": "calls", "method": "sum"}
YEAR = {"start_date": "2025-01-01", "end_date": "2025-12-31"}
DAY = {"period_start": "2025-03-03", "period_end": "2025-03-03"}
ALERT = {"alert_type": "below_target", "threshold_percentage": 20, "notification_channels": ["dashboard"]}
GRANT = {"can_view": True, "can_edit": False, "can_set_targets": False}
ZONE = "Pacific/Kiritimati"
"""Fourteen hours ahead: its date is most often not the server's."""


@dataclass(frozen=True)
class Step:
    """A change, the one entry that it leaves, and what of it was and is then; None: there is nothing.

    The object's id is remembered under a name, or was: `about`.
    """

    method: str
    path: str
    body: Body | None
    action: str
    before: Body | None
    after: Body | None
    remember: str = ""
    about: str = ""

    @property
    def object_type(self) -> str:
        noun, _ = self.action.split(".")
        return {"grant": "definition", "value": "assignment"}.get(noun, noun)

    def __str__(self) -> str:
        return self.action


def terms(target: float, start_date: str, end_date: str) -> Body:
    """Terms as an entry tells them."""
    dates = {"start_date": start_date, "end_date": end_date}
    return {**dates, "weight": 1, "target": [target, target], "for_people": False}


STEPS = (
    Step("POST", "/users", {"name": "Una", "email": "una@audit.test"}, "user.created", None,
         {"name": "Una", "email": "una@audit.test"}, "una"),
    Step("PUT", "/users/{una}", {"name": "Una U."}, "user.changed", {"name": "Una"}, {"name": "Una U."}),
    Step("POST", "/teams", {"name": "Support"}, "team.created", None, {"name": "Support"}, "team"),
    Step("PUT", "/teams/{team}", {"name": "Help"}, "team.changed", {"name": "Support"}, {"name": "Help"}),
    Step("POST", "/roles", {"name": "ceo", "permissions": ["kpis.view_all"]}, "role.created", None,
         {"name": "ceo", "permissions": ["kpis.view_all"]}, "role"),
    Step("PUT", "/roles/{role}", {"permissions": ["audit.view"]}, "role.changed",
         {"permissions": ["kpis.view_all"]}, {"permissions": ["audit.view"]}),
    Step("POST", "/kpis/definitions", {"key": "calls", "name": "Calls", "data_source": RECORDS,
         "aggregation_period": "daily"}, "definition.created", None, {"key": "calls"}, "calls"),
    Step("PUT", "/kpis/definitions/{calls}", {"name": "Phone calls"}, "definition.changed",
         {"name": "Calls"}, {"name": "Phone calls"}),
    Step("POST", "/kpis/definitions", {"key": "mood", "name": "Mood", "data_source": {"type": "manual"},
         "aggregation_period": "daily"}, "definition.created", None, {"key": "mood"}, "mood"),
    Step("POST", "/users/{una}/kpis/assign", {"kpi_definition_id": "{mood}", "target_value": 4, **YEAR},
         "assignment.created", None, {"terms": [terms(4, **YEAR)]}, "assigned"),
    Step("PUT", "/users/{una}/kpis/{assigned}", {"target_value": 4.5, "effective_from": "2025-07-01"},
         "assignment.changed", {"terms": [terms(4, **YEAR)]},
         {"terms": [terms(4, "2025-01-01", "2025-06-30"), terms(4.5, "2025-07-01", "2025-12-31")]},
         about="assigned"),
    Step("POST", "/users/{una}/kpis/{assigned}/measure", {"actual_value": 3, **DAY}, "value.entered", None,
         {"value": 3}, about="assigned"),
    Step("POST", "/users/{una}/kpis/{assigned}/measure", {"actual_value": 3.25, "notes": "typo", **DAY},
         "value.entered", {"value": 3}, {"value": 3.25, "notes": "typo"}, about="assigned"),
    Step("POST", "/kpis/{calls}/assign", YEAR, "assignment.created", None, {"subject_type": "company"}),
    Step("POST", "/kpis/{calls}/targets", {"target_value": 9, **DAY}, "target.created", None, {},
         "target"),
    Step("DELETE", "/kpis/{calls}/targets/{target}", None, "target.deleted", {}, None, about="target"),
    Step("PUT", "/kpis/{calls}/permissions/{una}", GRANT, "grant.changed", {"can_view": False}, GRANT,
         about="calls"),
    Step("POST", "/kpis/{calls}/alerts", ALERT, "alert_rule.created", None,
         {"kpi_id": "{calls}", "threshold_percentage": 20}),
    Step("POST", "/runs", {"period_start": "2025-03-03", "period_end": "2025-03-03", "reason": "audit"},
         "run.requested", None, {"reason": "audit", "period_start": "2025-03-03"}),
    Step("DELETE", "/kpis/definitions/{calls}", None, "definition.changed", {"is_active": True},
         {"is_active": False}),
    Step("DELETE", "/roles/{role}", None, "role.deleted", {"name": "ceo"}, None, about="role"),
    Step("DELETE", "/teams/{team}", None, "team.changed", {"is_active": True}, {"is_active": False}),
    Step("DELETE", "/users/{una}", None, "user.changed", {"is_active": True}, {"is_active": False}),
)  # fmt: skip


@pytest.fixture(scope="module")
def ada(found_company: Found) -> Client:
    return found_company("audit", timezone=ZONE)


@pytest.fixture(scope="module")
def ids() -> dict[str, int]:
    """What the steps have made so far, by name."""
    return {}


def newest(admin: Client, **query: object) -> Body:
    entries: list[Body] = admin.get("/audit", limit=1, **query)["entries"]
    return entries[0]


def filled(body: Body | None, ids: dict[str, int]) -> Body | None:
    if body is None:
        return None
    return {
        name: ids[value[1:-1]] if isinstance(value, str) and value[1:-1] in ids else value
        for name, value in body.items()
    }


def part_of(found: Body | None, wanted: Body | None) -> Body | None:
    """What an entry says of the fields that matter here."""
    return found if found is None or wanted is None else {name: found[name] for name in wanted}


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_a_change_leaves_one_entry_with_what_was_and_what_is(
    ada: Client, ids: dict[str, int], step: Step
) -> None:
    seq = newest(ada)["seq"]
    answer = ada.call(step.method, step.path.format_map(ids), filled(step.body, ids))
    assert answer.is_success, answer.text
    made = answer.json().get("id")
    if step.remember:
        ids[step.remember] = made
    entry = newest(ada)
    assert (entry["seq"], entry["action"]) == (seq + 1, step.action)
    assert (entry["object_type"], entry["object_id"]) == (step.object_type, ids.get(step.about, made))
    assert part_of(entry["before"], step.before) == filled(step.before, ids)
    assert part_of(entry["after"], step.after) == filled(step.after, ids)
    assert entry["actor"] == {"id": ada.me()["id"], "name": "Ada Admin"}
    assert entry["request_id"]


def test_a_company_begins_with_itself_and_its_admin_by_somebody_of_the_platform(ada: Client) -> None:
    *_, admin, company = ada.all_of("entries", "/audit")
    assert [(each["seq"], each["action"]) for each in (company, admin)] == [
        (1, "company.created"),
        (2, "user.created"),
    ]
    assert company["actor"]["name"] is None
    assert admin["after"] == {"name": "Ada Admin", "email": "ada@audit.test", "role": "admin"}


def test_what_is_only_read_or_refused_or_the_same_again_leaves_nothing(ada: Client) -> None:
    seq = newest(ada)["seq"]
    ada.get("/users")
    assert ada.call("POST", "/users", {"name": "", "email": "x"}).status_code == 422
    assert ada.call("PUT", f"/users/{ada.me()['id']}", {"name": "Ada Admin"}).status_code == 200
    assert newest(ada)["seq"] == seq


def test_the_log_is_in_pages_newest_first(ada: Client) -> None:
    whole = ada.all_of("entries", "/audit")
    assert [each["seq"] for each in whole] == list(range(len(whole), 0, -1))
    assert ada.all_of("entries", "/audit", limit=7) == whole


@pytest.mark.parametrize(
    ("name", "field"), [("object_type", "object_type"), ("action", "action"), ("object_id", "object_id")]
)
def test_a_filter_takes_what_it_names_and_all_of_it(ada: Client, name: str, field: str) -> None:
    whole = ada.all_of("entries", "/audit")
    for value in {each[field] for each in whole}:
        found = ada.all_of("entries", "/audit", **{name: value})
        assert found == [each for each in whole if each[field] == value]


def test_the_actor_is_a_filter(ada: Client) -> None:
    me = ada.me()["id"]
    whole = ada.all_of("entries", "/audit")
    assert ada.all_of("entries", "/audit", actor_id=me) == [
        each for each in whole if each["actor"]["id"] == me
    ]
    assert ada.all_of("entries", "/audit", actor_id=10**15) == []


def test_the_dates_are_the_companys_and_inclusive(ada: Client) -> None:
    entry = newest(ada)
    at = datetime.fromisoformat(entry["at"])
    assert at.tzinfo is not None
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=10)
    day = at.astimezone(ZoneInfo(ZONE)).date()
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    assert newest(ada, from_=day, to=day) == entry
    assert newest(ada, from_=day) == newest(ada, to=day) == entry
    assert ada.get("/audit", from_=after)["entries"] == []
    assert entry not in ada.all_of("entries", "/audit", to=before)


BAD = {
    "limit=0": "limit",
    "cursor=abc": "cursor",
    "actor_id=0": "actor_id",
    "object_id=x": "object_id",
    "action=%00": "action",
    "from=tomorrow": "from",
    "from=2026-02-01&to=2026-01-01": "to 2026-01-01 must not lie before",
    "from=1066-10-14": "1066-10-14",
    "person=1": "person",
}


@pytest.mark.parametrize("query", BAD)
def test_a_query_that_cannot_be_meant_is_400_and_says_what_to_change(ada: Client, query: str) -> None:
    assert_is_refused(ada.call("GET", f"/audit?{query}"), BAD[query])


HASH = "0" * 64


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("anchor_seq=1", "together"),
        (f"anchor_hash={HASH}", "together"),
        (f"anchor_seq=0&anchor_hash={HASH}", "anchor_seq"),
        (f"anchor_seq=1&anchor_hash={HASH[1:]}", "anchor_hash"),
        (f"anchor_seq=1&anchor_hash={HASH[1:]}g", "anchor_hash"),
    ],
)
def test_half_an_anchor_or_a_wrong_one_is_400(ada: Client, query: str, word: str) -> None:
    assert_is_refused(ada.call("GET", f"/audit/verify?{query}"), word)


def assert_is_refused(response: httpx.Response, word: str) -> None:
    assert response.status_code == 400, response.text
    assert word in response.text
    assert response.json()["error"].endswith(".")


def test_after_all_of_this_the_chain_is_valid(ada: Client) -> None:
    entry = newest(ada)
    assert ada.get("/audit/verify") == {
        "valid": True,
        "entries": entry["seq"],
        "head": {"seq": entry["seq"], "hash": entry["hash"]},
        "first_broken": None,
        "anchor": None,
    }


def test_the_head_in_the_log_of_upkeep_is_an_anchor(stack: RunningStack, found_company: Found) -> None:
    """What lies outside the database finds what the database itself cannot know."""
    admin = found_company("anchored")
    stack.invoke("MaintainFunction", {})
    stack.wait_idle()
    anchor = logged_head(stack, admin.me()["company"]["id"])
    known = {"anchor_seq": anchor["seq"], "anchor_hash": anchor["hash"]}
    admin.create_team("Later")
    assert admin.get("/audit/verify", **known)["valid"]

    tamper(stack, "delete from lodestar.audit where company_id = :id", admin)
    assert admin.get("/audit/verify")["first_broken"] == {"seq": 1, "reason": "removed"}
    tamper(stack, "delete from lodestar.audit_heads where company_id = :id", admin)
    assert admin.get("/audit/verify")["valid"]
    found = admin.get("/audit/verify", **known)
    assert (found["valid"], found["anchor"]) == (False, {"seq": anchor["seq"], "valid": False})


def logged_head(stack: RunningStack, company_id: int) -> Body:
    """The newest `audit_head` line of a company."""
    lines = (stack.data / "logs" / "DoTaskFunction.log").read_text().splitlines()
    heads = [json.loads(line) for line in lines if '"audit_head"' in line]
    (*_, head) = [each for each in heads if each["company"] == company_id]
    found: Body = head
    return found


def tamper(stack: RunningStack, statement: str, admin: Client) -> None:
    connection = stack.database.connect()
    connection.run(statement, id=admin.me()["company"]["id"])
    connection.close()


def test_no_secret_is_in_the_log(stack: RunningStack, ada: Client) -> None:
    """Passwords of the database, the sandboxes and the tokens, with which all of this was done."""
    told = json.dumps(ada.all_of("entries", "/audit"), default=str)
    secrets = stack.aws.secrets.list_secrets()["SecretList"]
    planted = [
        stack.aws.secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"] for secret in secrets
    ]
    words = [word for each in planted for word in json.loads(each).values()] + [ada.token]
    canaries = [each for each in words if len(each) > 20]
    assert len(canaries) > 3
    assert [canary for canary in canaries if canary in told] == []
