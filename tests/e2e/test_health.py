"""GET /api/health on the running stack: liveness for anybody, a report for an admin."""

from collections.abc import Iterator

import pytest

from local.remote import PLAN, tick_event
from local.running_stack import RunningStack
from tests.e2e.client import Body, Client
from tests.e2e.conftest import Found, SignIn

ALIVE = {"status": "ok"}
CALLS = {"type": "records", "source": "calls"}


@pytest.fixture(scope="module")
def ada(found_company: Found, stack: RunningStack) -> Client:
    """The admin of a company whose first day was calculated."""
    admin = found_company("health")
    kpi = admin.define("calls", CALLS)
    admin.assign(admin.me()["id"], kpi["id"], start_date="2026-03-01", end_date="2026-03-31")
    stack.invoke(PLAN, tick_event("daily", "2026-03-05T03:00:00Z"))
    stack.wait_idle()
    return admin


def test_without_a_token_it_says_only_that_it_is_alive(ada: Client) -> None:
    response = ada.http.get("/api/health")
    assert (response.status_code, response.json()) == (200, ALIVE)


def test_a_user_gets_no_more_than_anybody(ada: Client, sign_in: SignIn) -> None:
    ada.create_user("Una", "una@health.test")
    assert sign_in("una@health.test").get("/health") == ALIVE


def test_a_token_that_cannot_be_trusted_is_401_as_everywhere(ada: Client) -> None:
    response = Client(ada.http, f"{ada.token[:-8]}AAAAAAAA").call("GET", "/health")
    assert response.status_code == 401
    assert response.json().keys() == {"error", "code", "request_id"}


def test_an_admin_gets_how_the_work_stands(ada: Client) -> None:
    report = ada.get("/health")
    assert report["database"]["ok"]
    assert report["queue"]["ok"]
    assert report["queue"]["batches_waiting"] == 0
    assert report["last_runs"]["daily"]["period_end"] == "2026-03-04"
    assert report["last_runs"]["daily"]["state"] == "completed"
    (source,) = report["sources"]
    assert (source["type"], source["errors_24h"]) == ("records", 0)
    assert source["last_computed_at"] >= report["last_runs"]["daily"]["finished_at"][:10]


@pytest.fixture
def dead_letter(stack: RunningStack) -> Iterator[str]:
    """A message that nobody could work on; gone afterwards."""
    queue = stack.refs["BatchDeadLetters"]
    stack.aws.sqs.send_message(QueueUrl=queue, MessageBody="{}")
    yield queue
    stack.aws.sqs.purge_queue(QueueUrl=queue)


def test_a_dead_letter_is_told_to_the_platform_and_to_no_company(
    ada: Client, superuser: Client, dead_letter: str
) -> None:
    of_company: Body = ada.get("/health")
    assert (of_company["status"], of_company["problems"]) == ("ok", [])
    assert (of_company["queue"]["messages"], of_company["queue"]["dead_letters"]) == (None, None)
    before: Body = superuser.get("/health")
    assert before["status"] == "degraded"
    assert before["queue"]["dead_letters"] == 1
    assert any("Dead-letter queues hold 1" in each for each in before["problems"])
