"""Idempotency-Key over HTTP: a write that is sent again, by a client that never had the answer."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx
import pytest

from local.running_stack import RunningStack
from lodestar.persistence.unit_of_work import DatabaseWork
from tests.e2e.client import Body, Client
from tests.e2e.conftest import Found, SignIn
from tests.e2e.test_roles import CALLS, Call, filled, furnish
from tests.integration.tenants import context_of

POSTS = [each for each in CALLS if each.method == "POST" and {"ada", "root"} & set(each.may.split())]
RULE = {"alert_type": "below_target", "threshold_percentage": 20, "notification_channels": ["dashboard"]}
_numbers = count(1)


def new_key() -> str:
    return f"repeat {next(_numbers)}"


@pytest.fixture(scope="module")
def ada(found_company: Found) -> Client:
    return found_company("repeats")


@pytest.fixture(scope="module")
def ids(ada: Client) -> Body:
    return dict(furnish(ada, "repeats"))


@pytest.fixture
def lock(stack: RunningStack) -> Iterator[DatabaseWork]:
    """A transaction of the test's own on the stack's database."""
    context = context_of(stack.database)
    with DatabaseWork(context) as work:
        yield work
    context.engine.dispose()


def written(stack: RunningStack) -> list[Any]:
    """How much is in each table of the API."""
    connection = stack.database.connect()
    try:
        tables = [
            row[0]
            for row in connection.run(
                "select c.oid::regclass::text from pg_class c where c.relkind in ('r', 'p') "
                "and c.relnamespace = 'lodestar'::regnamespace and not c.relispartition order by 1"
            )
        ]
        parts = (f"select '{table}', count(*) from {table}" for table in tables)
        return list(connection.run(" union all ".join(parts) + " order by 1"))
    finally:
        connection.close()


@pytest.mark.parametrize("call", POSTS, ids=str)
def test_every_post_is_done_once_and_answered_again_byte_for_byte(
    stack: RunningStack, ada: Client, superuser: Client, ids: Body, call: Call
) -> None:
    who = ada if "ada" in call.may else superuser
    path, body = call.path.format_map(ids), filled(call.body, ids)
    headers = {"idempotency-key": new_key()}
    first = who.call("POST", path, body, headers=headers)
    assert first.status_code in (200, 201, 202), first.text
    stack.wait_idle()
    before = written(stack)
    second = who.call("POST", path, body, headers=headers)
    stack.wait_idle()
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers.get("etag") == first.headers.get("etag")
    assert (first.headers.get("idempotent-replayed"), second.headers["idempotent-replayed"]) == (None, "true")
    assert written(stack) == before


def test_a_repeated_run_is_one_run_whose_batches_are_sent_once(
    stack: RunningStack, ada: Client, ids: Body
) -> None:
    draft = {"period_start": "2025-03-03", "period_end": "2025-03-03", "reason": new_key()}
    headers = {"idempotency-key": new_key()}
    answers = [ada.call("POST", "/runs", draft, headers=headers) for _ in range(3)]
    stack.wait_idle()
    runs = [each for each in ada.all_of("runs", "/runs") if each["reason"] == draft["reason"]]
    assert [run["id"] for run in runs] == [answers[0].json()["id"]]
    connection = stack.database.connect()
    attempts = connection.run("select attempts from lodestar.batches where run_id = :id", id=runs[0]["id"])
    connection.close()
    assert set(map(tuple, attempts)) == {(1,)}


def test_the_same_key_with_another_body_path_or_query_is_422(ada: Client, ids: Body) -> None:
    headers = {"idempotency-key": new_key()}
    path = f"/kpis/{ids['calls']}/alerts"
    assert ada.call("POST", path, RULE, headers=headers).status_code == 201
    for other in (
        ada.call("POST", path, {**RULE, "threshold_percentage": 21}, headers=headers),
        ada.call("POST", f"/kpis/{ids['rating']}/alerts", RULE, headers=headers),
        ada.call("POST", path, RULE, headers=headers, again=1),
    ):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_key_is_the_users_own(ada: Client, sign_in: SignIn, ids: Body) -> None:
    max_ = sign_in("max@repeats.test")
    goal = {"kpi_definition_id": ids["mood"], "start_date": "2023-01-01", "end_date": "2023-12-31"}
    headers = {"idempotency-key": new_key()}
    path = f"/users/{ids['una']}/kpis/assign"
    first = ada.call("POST", path, goal, headers=headers)
    second = max_.call("POST", path, {**goal, "weight": 3, "start_date": "2022-01-01", "end_date": "2022-12-31"},
                       headers=headers)  # fmt: skip
    assert (first.status_code, second.status_code) == (201, 201)
    # Of the same KPI further terms: it was not answered with what the first was.
    of_first, of_second = (each.json()["terms"] for each in (first, second))
    assert len(of_second) == len(of_first) + 1


def test_what_was_refused_may_be_sent_again_with_the_same_key(ada: Client, ids: Body) -> None:
    headers = {"idempotency-key": new_key()}
    path = f"/kpis/{ids['calls']}/alerts"
    refused = ada.call("POST", path, {**RULE, "threshold_percentage": -1}, headers=headers)
    assert refused.status_code == 422
    assert ada.call("POST", path, RULE, headers=headers).status_code == 201


def test_a_key_that_is_no_text_of_a_bounded_length_is_400(ada: Client, ids: Body) -> None:
    for key in (b"x" * 256, b"\xe9"):
        response = ada.http.post(
            f"/api/kpis/{ids['calls']}/alerts",
            content=json.dumps(RULE),
            headers={b"authorization": f"Bearer {ada.token}".encode(), b"idempotency-key": key},
        )
        assert (response.status_code, response.json()["code"]) == (400, "invalid_request")


def test_a_request_whose_twin_is_in_flight_is_409_and_tells_when_to_come_back(
    ada: Client, ids: Body, lock: DatabaseWork
) -> None:
    me, key = ada.me(), new_key()
    path = f"/kpis/{ids['calls']}/alerts"
    lock.bind(me["company"]["id"], me["id"])
    assert lock.operations.claim_key(key)
    response = ada.call("POST", path, RULE, headers={"idempotency-key": key})
    assert (response.status_code, response.json()["code"]) == (409, "idempotency_in_flight")
    assert int(response.headers["retry-after"]) > 0
    lock.commit()
    assert ada.call("POST", path, RULE, headers={"idempotency-key": key}).status_code == 201


def test_of_twins_at_the_same_time_one_writes(stack: RunningStack, ada: Client, ids: Body) -> None:
    path = f"/kpis/{ids['calls']}/alerts"

    def rules() -> int:
        connection = stack.database.connect()
        ((number,),) = connection.run("select count(*) from lodestar.alert_rules")
        connection.close()
        return int(number)

    for _ in range(5):
        before, headers = rules(), {"idempotency-key": new_key()}

        def send(_: int, headers: Body = headers) -> httpx.Response:
            return ada.call("POST", path, RULE, headers=headers)

        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(send, range(4)))
        done = {each.content for each in answers if each.status_code == 201}
        assert len(done) == 1
        assert {each.status_code for each in answers} <= {201, 409}
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {
            "idempotency_in_flight"
        }
        assert rules() == before + 1
