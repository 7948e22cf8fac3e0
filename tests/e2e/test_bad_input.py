"""Bad input: the right status, one sentence that says what to change, and nothing written anywhere."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from local.running_stack import RunningStack
from local.state import subject_of
from tests.e2e.client import Body, Client
from tests.e2e.conftest import Found

type Path = str
"""A path under /api. `{una}` and the like stand for the ids of the `Ids` fixture."""

YEAR = {"start_date": "2025-01-01", "end_date": "2025-12-31"}
RECORDS = {"type": "records", "source": "calls", "method": "sum"}


def kpi(**fields: object) -> Body:
    """A definition that would be accepted without the given fields."""
    return {"key": "fresh", "name": "Fresh", "data_source": RECORDS, "aggregation_period": "daily", **fields}


def formula(text: str, **variables: str) -> Body:
    inputs = [{"variable": name, "source": {"type": "kpi", "key": key}} for name, key in variables.items()]
    return kpi(data_source={"type": "formula", "formula": text, "inputs": inputs})


def goal(**fields: object) -> Body:
    """An assignment of the manual KPI, in a year in which Una does not have it."""
    return {"kpi_definition_id": "{rating}", "start_date": "2024-01-01", "end_date": "2024-12-31", **fields}


def entry(value: object = 3, first: str = "2025-03-03", last: str = "2025-03-09", **fields: object) -> Body:
    """A value of the weekly manual KPI; 2025-03-03 is a Monday."""
    return {"actual_value": value, "period_start": first, "period_end": last, **fields}


def rule(**fields: object) -> Body:
    usual = {"alert_type": "below_target", "threshold_percentage": 20, "notification_channels": ["dashboard"]}
    return {**usual, **fields}


def run(**fields: object) -> Body:
    return {"period_start": "2025-03-01", "period_end": "2025-03-31", "reason": "again", **fields}


def person(**fields: object) -> Body:
    return {"name": "New", "email": "new@careful.test", **fields}


@dataclass(frozen=True)
class Bad:
    """A request that has to be refused; `field` is in the details, `says` in the sentence."""

    path: Path
    body: Any
    status: int
    code: str
    says: str
    field: str | None = None
    method: str = "POST"


MEASURE = "/users/{una}/kpis/{una_rating}/measure"
ASSIGN = "/users/{una}/kpis/assign"
DEFINE = "/kpis/definitions"
CHANGE = "/users/{una}/kpis/{una_rating}"


def invalid(path: Path, body: Any, field: str, says: str, method: str = "POST") -> Bad:
    """422: the body breaks a rule of one field."""
    return Bad(path, body, 422, "invalid_content", says, f"body.{field}", method)


def broken(path: Path, body: Any, says: str, method: str = "POST") -> Bad:
    """422: the body breaks a rule between fields."""
    return Bad(path, body, 422, "invalid_content", says, method=method)


def wrong_formula(code: str, text: str, says: str, **variables: str) -> Bad:
    """422: a formula that cannot be calculated, with a code for its kind of mistake."""
    return Bad(DEFINE, formula(text, **variables), 422, code, says, "body.data_source.formula")


def impossible(path: Path, body: Any, says: str, method: str = "POST") -> Bad:
    """400: dates that cannot be meant."""
    return Bad(path, body, 400, "invalid_request", says, method=method)


def taken(path: Path, body: Any, code: str, says: str, method: str = "POST") -> Bad:
    """409: it is there already."""
    return Bad(path, body, 409, code, says, method=method)


def missing(path: Path, body: Any = None, method: str = "POST") -> Bad:
    """404: unknown, or another company's."""
    return Bad(path, body, 404, "not_found", " no", method=method)


def misread(path: Path, parameter: str, says: str) -> Bad:
    """400: a query parameter."""
    return Bad(path, None, 400, "invalid_parameter", says, f"query.{parameter}", "GET")


NO_SUCH_FIELD = "There is no such field"

CASES = {
    # unknown fields
    "an unknown field of a user": invalid("/users", person(nickname="N"), "nickname", NO_SUCH_FIELD),
    "an unknown field of a KPI": invalid(DEFINE, kpi(colour="red"), "colour", NO_SUCH_FIELD),
    "an unknown field of a source": invalid(
        DEFINE, kpi(data_source={**RECORDS, "sum": "value"}), "data_source.records.sum", NO_SUCH_FIELD
    ),
    "an unknown field of an assignment": invalid(ASSIGN, goal(target=4), "target", NO_SUCH_FIELD),
    "an unknown field of a change": invalid(
        CHANGE, {"start_date": "2025-02-01"}, "start_date", NO_SUCH_FIELD, "PUT"
    ),
    "an unknown field of a run": invalid("/runs", run(force=True), "force", NO_SUCH_FIELD),
    # wrong types and missing fields
    "a weight in words": invalid(ASSIGN, goal(weight="heavy"), "weight", "weight"),
    "a list as a name": invalid("/teams", {"name": ["a"]}, "name", "name"),
    "a body that is a list": broken("/teams", [{"name": "Sales"}], "body"),
    "a number as the source": invalid(DEFINE, kpi(data_source=7), "data_source", "data_source"),
    "no name": invalid("/teams", {}, "name", "This field is required."),
    "an empty name": invalid("/teams", {"name": "  "}, "name", "at least 1 character"),
    "a control character in a name": invalid("/teams", {"name": "a\u0000b"}, "name", "control characters"),
    "a name that turns the direction of text": invalid(
        "/teams", {"name": "a\u202eb"}, "name", "turn the direction of a text (U+202A to U+202E and U+2066"
    ),
    "no reason for a run": invalid("/runs", run(reason=""), "reason", "at least 1 character"),
    "an address that is none": invalid("/users", person(email="new"), "email", "email"),
    "an address without a channel": invalid(
        "/alerts/subscriptions", {"address": "a@b.test"}, "channel", "required"
    ),
    "a channel that is not email": invalid(
        "/alerts/subscriptions", {"channel": "fax", "address": "a@b.test"}, "channel", "'email'"
    ),
    # choices
    "an unknown role": invalid("/users", person(role="emperor"), "role", "choose user, manager, admin"),
    "an unknown cadence": invalid(DEFINE, kpi(aggregation_period="hourly"), "aggregation_period", "'weekly'"),
    "an unknown source": invalid(DEFINE, kpi(data_source={"type": "oracle"}), "data_source", "'records'"),
    "a filter that no database keeps": invalid(
        DEFINE,
        kpi(data_source={**RECORDS, "filters": {"a": "\u0000"}}),
        "data_source.filters.a",
        "control",
    ),
    "an unknown method": invalid(
        DEFINE, kpi(data_source={**RECORDS, "method": "median"}), "data_source.records.method", "'average'"
    ),
    "a type that is not the source's": invalid(
        DEFINE, kpi(calculation_type="manual"), "calculation_type", "records"
    ),
    "a key that is no slug": invalid(DEFINE, kpi(key="Sales €"), "key", "key"),
    "a field that records do not have": invalid(
        DEFINE, kpi(data_source={**RECORDS, "field": "price"}), "data_source.field", '"attributes.<name>"'
    ),
    "an unknown time zone": invalid("/users", person(timezone="Mars/Olympus"), "timezone", '"Europe/Berlin"'),
    # ranges
    "weight 101": invalid(ASSIGN, goal(weight=101), "weight", "less than or equal to 100"),
    "weight 101 in a change": invalid(CHANGE, {"weight": 101}, "weight", "less than or equal to 100", "PUT"),
    "a negative weight": invalid(ASSIGN, goal(weight=-1), "weight", "greater than or equal to 0"),
    "five decimals": invalid(MEASURE, entry(3.00001), "actual_value", "4 decimal places"),
    "nineteen digits": invalid(MEASURE, entry(10**18), "actual_value", "digits"),
    "a value outside its range": invalid(MEASURE, entry(6), "actual_value", "allowed_range of 1"),
    "a low value without a note": invalid(MEASURE, entry(1), "notes", "needs notes"),
    "a target outside the range of the manual value": invalid(
        ASSIGN, goal(target_value=6), "target_value", "allowed_range of 1"
    ),
    "a changed target outside the range": invalid(
        CHANGE, {"target_value": 0.5}, "target_value", "allowed_range of 1", "PUT"
    ),
    "a band as the target of a KPI with one goal": invalid(
        ASSIGN, goal(target_value={"min": 2, "max": 3}), "target_value", "one number"
    ),
    "an allowed range that is upside down": invalid(
        DEFINE,
        kpi(data_source={"type": "manual", "allowed_range": {"min": 5, "max": 1}}),
        "data_source.allowed_range",
        "must not be above",
    ),
    "a threshold below 0": invalid(
        "/kpis/{calls}/alerts",
        rule(threshold_percentage=-1),
        "threshold_percentage",
        "greater than or equal to 0",
    ),
    "a recovery above the threshold": invalid(
        "/kpis/{calls}/alerts", rule(recovery_percentage=30), "recovery_percentage", "must not be above"
    ),
    "a rule that tells nobody": invalid(
        "/kpis/{calls}/alerts", rule(notification_channels=[]), "notification_channels", "at least 1 item"
    ),
    "no records": invalid("/records", {"records": []}, "records", "at least 1 item"),
    "more than 1,000 records": Bad(
        "/records", {"records": [{}] * 1001}, 413, "too_large", "at most 1000 records"
    ),
    # dates
    "a day that does not exist": invalid(ASSIGN, goal(start_date="2024-02-30"), "start_date", "start_date"),
    "an end before the start": impossible(
        ASSIGN, goal(end_date="2023-12-31"), "end_date 2023-12-31 must not lie before start_date 2024-01-01."
    ),
    "an end changed to before the start": impossible(
        CHANGE, {"end_date": "2024-12-31"}, "end_date 2024-12-31 must not lie before start_date", "PUT"
    ),
    "a value's period that is upside down": impossible(
        MEASURE, entry(3, "2025-03-09", "2025-03-03"), "period_end 2025-03-03 must not lie before"
    ),
    "a period that is not one of the KPI's": impossible(
        MEASURE,
        entry(3, "2025-03-04", "2025-03-10"),
        "set period_start to 2025-03-03 and period_end to 2025-03-09",
    ),
    "a period of another cadence": impossible(
        MEASURE, entry(3, "2025-03-01", "2025-03-31"), "is not one weekly period"
    ),
    "a period outside the assignment": impossible(
        MEASURE, entry(3, "2024-12-16", "2024-12-22"), "is not assigned in the period 2024-12-16..2024-12-22"
    ),
    "a period in the far future": impossible(MEASURE, entry(3, "2198-12-31", "2199-01-06"), "has not begun"),
    "a period beyond the calendar": impossible(
        MEASURE, entry(3, "9999-12-27", "9999-12-31"), "must lie between"
    ),
    "a run that is upside down": impossible(
        "/runs",
        run(period_end="2025-02-01"),
        "period_end 2025-02-01 must not lie before period_start 2025-03-01.",
    ),
    "a run over eleven years": impossible("/runs", run(period_start="2014-01-01"), "at most 3660 days"),
    "a run in the future": impossible(
        "/runs", run(period_start="2190-01-01", period_end="2190-01-31"), "lies in the future"
    ),
    # sources that cannot be calculated
    "a query that is not a SELECT": Bad(
        DEFINE,
        kpi(data_source={"type": "database", "query": "DELETE FROM records WHERE user_id = :user_id"}),
        422,
        "sql_not_select",
        "SELECT",
        "body.data_source.query",
    ),
    "a formula with an unknown name": wrong_formula(
        "formula_unknown_variable", "calls / visits", "`visits`", calls="calls"
    ),
    "a formula with an unused input": wrong_formula(
        "formula_unused_input", "calls * 2", "`rating`", calls="calls", rating="rating"
    ),
    "a formula with an unknown function": wrong_formula(
        "formula_unknown_function", "sqrt(calls)", "`sqrt`", calls="calls"
    ),
    "a formula that reaches into Python": wrong_formula(
        "formula_syntax", "calls.__class__", "formula", calls="calls"
    ),
    "a formula over a KPI that is not there": invalid(
        DEFINE, formula("visits", visits="visits"), "data_source.inputs.0.source.key", '"visits"'
    ),
    "a formula over itself": invalid(
        DEFINE, formula("fresh + 1", fresh="fresh"), "data_source.inputs", "fresh → fresh"
    ),
    "a value for a KPI that is calculated": broken(
        "/users/{una}/kpis/{una_calls}/measure", entry(), "manual KPIs only"
    ),
    "retiring a KPI that a formula uses": broken(
        "/kpis/definitions/{calls}", None, '"double_calls"', "DELETE"
    ),
    # what is there already
    "a key that is taken": taken(DEFINE, kpi(key="calls"), "duplicate_key", '"calls"'),
    "an address that is taken": taken(
        "/users", person(email="una@careful.test"), "address_unavailable", "una@careful.test"
    ),
    "an address of another company": taken(
        "/users", person(email="ada@foreign.test"), "address_unavailable", "another email address"
    ),
    "a team name that is taken": taken("/teams", {"name": "Support"}, "duplicate", '"Support"'),
    "a KPI that Una has in these dates": taken(
        ASSIGN,
        goal(start_date="2025-06-01", end_date="2025-06-30"),
        "assignment_overlap",
        "from 2025-01-01 to 2025-12-31",
    ),
    # another company's ids
    "another company's KPI in a body": invalid(
        ASSIGN, goal(kpi_definition_id="{foreign_kpi}"), "kpi_definition_id", "of your company"
    ),
    "another company's team in a body": invalid(
        "/users", person(team_id="{foreign_team}"), "team_id", "of your company"
    ),
    "another company's manager in a body": invalid(
        "/teams", {"name": "Spies", "manager_id": "{foreign_user}"}, "manager_id", "of your company"
    ),
    "another company's KPI in a run": invalid(
        "/runs", run(definition_ids=["{foreign_kpi}"]), "definition_ids", "your company does not have"
    ),
    "another company's user in a run": invalid(
        "/runs", run(user_ids=["{foreign_user}"]), "user_ids", "your company does not have"
    ),
    "another company's KPI in a path": missing("/kpis/{foreign_kpi}/alerts", rule()),
    "another company's KPI for the company": missing("/kpis/{foreign_kpi}/assign", YEAR),
    "another company's user in a path": missing("/users/{foreign_user}/kpis/assign", goal()),
    "another company's assignment": missing("/users/{una}/kpis/{foreign_assignment}", {"weight": 1}, "PUT"),
    "another company's value": missing("/users/{una}/kpis/{foreign_assignment}/measure", entry()),
    "another company's KPI to retire": missing("/kpis/definitions/{foreign_kpi}", None, "DELETE"),
    "another company's KPI to change": missing("/kpis/definitions/{foreign_kpi}", {"name": "Mine"}, "PUT"),
    "an id that is a word": missing("/kpis/definitions/first", {"name": "Mine"}, "PUT"),
    "an id that is too large": missing(f"/kpis/definitions/{2**63}", {"name": "Mine"}, "PUT"),
    # query parameters
    "a page of nothing": misread("/users?limit=0", "limit", "greater than or equal to 1"),
    "a page that is too long": misread("/users?limit=201", "limit", "less than or equal to 200"),
    "a limit in words": misread("/users?limit=many", "limit", "integer"),
    "an unknown state": misread("/alerts?state=burning", "state", "'firing'"),
    "a day that is none": misread("/users/{una}/kpis?on=yesterday", "on", "date"),
    "an instant without an offset": misread(
        "/users/{una}/kpis/{una_calls}/history?as_of=2025-01-01T00:00:00", "as_of", "timezone"
    ),
    "a text that no database keeps": misread("/kpis/definitions?q=%00", "q", "control characters"),
    "a cursor that we never gave": impossible(
        "/users?cursor=first", None, "next_cursor of the page before", "GET"
    ),
    "a history that is upside down": Bad(
        "/users/{una}/kpis/{una_calls}/history?from=2025-02-01&to=2025-01-01",
        None,
        400,
        "invalid_request",
        "must not lie before",
        "query.to",
        "GET",
    ),
    "a day before the calendar": impossible(
        "/users/{una}/kpis?on=0001-01-01", None, "must lie between", "GET"
    ),
}


@dataclass(frozen=True)
class Careful:
    """A company with a little of everything, ids by name, and the prints of all that is kept."""

    admin: Client
    ids: Body
    prints: Callable[[], Body]

    def send(self, bad: Bad) -> httpx.Response:
        path = bad.path.format_map(self.ids)
        return self.admin.call(bad.method, path, self.filled(bad.body))

    def filled(self, body: Any) -> Any:
        """The body with ids in place of their names."""
        if isinstance(body, dict):
            return {name: self.filled(value) for name, value in body.items()}
        if isinstance(body, list):
            return [self.filled(value) for value in body]
        is_name = isinstance(body, str) and body.startswith("{") and body[1:-1] in self.ids
        return self.ids[body[1:-1]] if is_name else body


@pytest.fixture(scope="module")
def careful(stack: RunningStack, found_company: Found, kept: Callable[[], Body]) -> Careful:
    admin, foreign = found_company("careful"), found_company("foreign")
    team = admin.create_team("Support")["id"]
    una = admin.create_user("Una", "una@careful.test", team_id=team)["id"]
    calls = admin.define("calls", RECORDS)["id"]
    scale = {"type": "manual", "allowed_range": {"min": 1, "max": 5}, "requires_note_below": 2}
    rating = admin.define("rating", scale, "weekly")["id"]
    double = {"variable": "calls", "source": {"type": "kpi", "key": "calls"}}
    admin.define("double_calls", {"type": "formula", "formula": "calls * 2", "inputs": [double]})
    foreign_user = foreign.create_user("Fay", "fay@foreign.test")["id"]
    foreign_kpi = foreign.define("calls", RECORDS)["id"]
    ids = {
        "una": una,
        "calls": calls,
        "rating": rating,
        "una_calls": admin.assign(una, calls, **YEAR)["id"],
        "una_rating": admin.assign(una, rating, target_value=4, **YEAR)["id"],
        "foreign_user": foreign_user,
        "foreign_team": foreign.create_team("Strangers")["id"],
        "foreign_kpi": foreign_kpi,
        "foreign_assignment": foreign.assign(foreign_user, foreign_kpi, **YEAR)["id"],
    }
    stack.wait_idle()  # the days since they are assigned are calculated: what is written then, is bad input's
    return Careful(admin, ids, kept)


@pytest.fixture(scope="module")
def kept(stack: RunningStack) -> Iterator[Callable[[], Body]]:
    """Tells a print of every table and the names of what is kept at AWS: equal prints, nothing written."""
    connection = stack.database.connect()
    tables = [
        row[0]
        for row in connection.run(
            "select c.oid::regclass::text from pg_class c where c.relnamespace = 'lodestar'::regnamespace "
            "and c.relkind in ('r', 'p') and not c.relispartition order by 1"
        )
    ]
    each = "select '{0}', md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {0} t"
    query = " union all ".join(each.format(table) for table in tables)
    aws = stack.aws

    def prints() -> Body:
        return {
            **dict(connection.run(query)),
            "users": [
                user["Username"]
                for user in aws.cognito.list_users(UserPoolId=stack.refs["UserPool"])["Users"]
            ],
            "topics": aws.sns.list_topics()["Topics"],
            "subscriptions": aws.sns.list_subscriptions()["Subscriptions"],
        }

    yield prints
    connection.close()


def assert_refused(response: httpx.Response, bad: Bad) -> None:
    """The one error shape, with a sentence."""
    assert response.status_code == bad.status, response.text
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    refusal = response.json()
    assert refusal["code"] == bad.code
    assert bad.says in refusal["error"]
    assert refusal["error"].endswith(".")
    assert refusal["request_id"]
    assert refusal.keys() <= {"error", "code", "request_id", "details"}
    if bad.field is not None:
        assert bad.field in [detail["field"] for detail in refusal["details"]]


@pytest.mark.parametrize("bad", CASES.values(), ids=CASES.keys())
def test_bad_input_is_refused_with_a_sentence_and_nothing_is_written(careful: Careful, bad: Bad) -> None:
    before = careful.prints()
    response = careful.send(bad)
    assert_refused(response, bad)
    assert careful.prints() == before


def test_what_is_written_shows_in_the_prints(careful: Careful) -> None:
    before = careful.prints()
    careful.admin.create_team("Shows")
    changed = {name for name, digest in careful.prints().items() if digest != before[name]}
    assert changed == {
        "lodestar.teams",
        "lodestar.audit",
        "lodestar.audit_heads",
        "lodestar.idempotency_keys",
    }


RAW = {
    "no JSON": ("application/json", b'{"name": ', 400, "invalid_json", "not valid JSON"),
    "not a number in JSON": ("application/json", b'{"name": NaN}', 400, "invalid_json", "not valid JSON"),
    "no UTF-8": ("application/json", b'{"name": "\xff"}', 400, "invalid_json", "not valid JSON"),
    "nested without end": ("application/json", b"[" * 100_000, 400, "invalid_json", "not valid JSON"),
    "nested too deeply": ("application/json", b"[" * 99 + b"]" * 99, 422, "invalid_content", "at most 32"),
    "a number without end": (
        "application/json",
        b'{"name": %s}' % (b"1" * 5000),
        422,
        "invalid_content",
        "at most 1,000 digits",
    ),
    "a number beyond all numbers": (
        "application/json",
        b'{"name": 1e99999999999999999999}',
        422,
        "invalid_content",
        "1e9999",
    ),
    "more than a body may hold": (
        "application/json",
        b'{"name": [%s1]}' % (b"1," * 20_000),
        413,
        "too_large",
        "20,000 values",
    ),
    "a name without end": (
        "application/json",
        b'{"%s": 1}' % (b"n" * 201),
        422,
        "invalid_content",
        "200 characters",
    ),
    "a number beyond all": ("application/json", b'{"name": 1e400000}', 422, "invalid_content", "1e400000"),
    "half a character": ("application/json", b'{"name": "\\ud800"}', 422, "invalid_content", "body.name"),
    "a list": ("application/json", b'[{"name": "Sales"}]', 422, "invalid_content", "JSON object"),
    "null": ("application/json", b"null", 422, "invalid_content", "JSON object"),
    "no body": ("application/json", b"", 422, "invalid_content", "body"),
    "plain text": ("text/plain", b'{"name": "Sales"}', 415, "unsupported_content", "application/json"),
    "a form": (
        "application/x-www-form-urlencoded",
        b"name=Sales",
        415,
        "unsupported_content",
        "application/json",
    ),
}


@pytest.mark.parametrize(("kind", "content", "status", "code", "says"), RAW.values(), ids=RAW.keys())
def test_a_body_that_is_no_json_object_is_refused_and_nothing_is_written(
    careful: Careful, kind: str, content: bytes, status: int, code: str, says: str
) -> None:
    before = careful.prints()
    headers = {"authorization": f"Bearer {careful.admin.token}", "content-type": kind}
    response = careful.admin.http.post("/api/teams", content=content, headers=headers)
    assert_refused(response, Bad("/teams", None, status, code, says))
    assert careful.prints() == before


BAD_RECORDS = {
    "unknown field": ({"price": 3}, "price"),
    "wrong type": ({"value": "much"}, "value"),
    "before all calendars": ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
    "no offset": ({"occurred_at": "2025-03-03T10:00:00"}, "occurred_at"),
    "too many decimals": ({"value": 1.00001}, "value"),
    "another company's user": ({"user_id": "{foreign_user}"}, "user_id"),
    "a text of another world": ({"attributes": {"note": "\u0000"}}, "attributes"),
    "half a character": ({"attributes": {"note": "\ud800"}}, "attributes"),
    "attributes without end": ({"attributes": {"note": "x" * 20_000}}, "attributes"),
}


def test_bad_records_are_told_by_row_and_the_good_ones_are_kept(careful: Careful) -> None:
    good = {"source": "visits", "external_id": "good", "occurred_at": "2025-03-03T10:00:00Z", "value": 1}
    rows = [
        {**good, "external_id": name, **careful.filled(change)} for name, (change, _) in BAD_RECORDS.items()
    ]
    answer = careful.admin.push(*rows, good)
    assert answer["created"] == 1
    assert [(each["index"], each["field"]) for each in answer["errors"]] == [
        (index, field) for index, (_, field) in enumerate(BAD_RECORDS.values())
    ]
    assert all(each["error"].endswith(".") for each in answer["errors"])


def test_a_row_that_is_no_record_at_all_stops_no_other(careful: Careful) -> None:
    good = {"source": "calls", "external_id": "beside", "occurred_at": "2025-03-03T10:00:00Z"}
    answer = careful.admin.call("POST", "/records", {"records": ["x", good, 5]}).json()
    assert answer["created"] == 1
    assert [(each["index"], each["field"]) for each in answer["errors"]] == [(0, "record"), (2, "record")]


@pytest.fixture
def forged(stack: RunningStack, careful: Careful) -> dict[str, str]:
    """Tokens that must not be taken, by what is wrong with them."""
    sub = subject_of("ada@careful.test", stack.database)
    other_pool = replace(stack.issuer, url="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_other")
    return {
        "expired": stack.issuer.issue(sub, "ada@careful.test", minutes=-5),
        "changed": careful.admin.token[:-8] + "AAAAAAAA",
        "of another client": replace(stack.issuer, client_id="another").issue(sub, "ada@careful.test"),
        "of another user pool": other_pool.issue(sub, "ada@careful.test"),
        "no token at all": "let-me-in",
    }


def test_a_token_that_cannot_be_trusted_is_401_everywhere(careful: Careful, forged: dict[str, str]) -> None:
    before = careful.prints()
    for what, token in forged.items():
        stranger = Client(careful.admin.http, token)
        for response in (stranger.call("GET", "/me"), stranger.call("POST", "/teams", {"name": "Mine"})):
            assert response.status_code == 401, what
            assert response.json() == {"message": "Unauthorized"}  # the gateway's own words
    assert careful.prints() == before


def test_a_request_without_a_token_is_401(careful: Careful) -> None:
    assert careful.admin.http.get("/api/me").status_code == 401


def test_a_token_of_nobody_here_is_403(stack: RunningStack, careful: Careful) -> None:
    stranger = Client(careful.admin.http, stack.issuer.issue("nobody", "nobody@nowhere.test"))
    response = stranger.call("POST", "/teams", {"name": "Mine"})
    assert_refused(response, Bad("/teams", None, 403, "forbidden", "ask an admin"))


@pytest.mark.parametrize(
    ("change", "status"),
    [({"admin": {"name": "Ada", "email": "ada@careful.test"}}, 409), ({"timezone": "Mars/Olympus"}, 422)],
)
def test_a_refused_company_leaves_no_topic_and_no_sign_in(
    superuser: Client, careful: Careful, change: Body, status: int
) -> None:
    before = careful.prints()
    draft = {"name": "Late", "timezone": "UTC", "admin": {"name": "New", "email": "new@late.test"}}
    assert superuser.call("POST", "/companies", {**draft, **change}).status_code == status
    assert careful.prints() == before
