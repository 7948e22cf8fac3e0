"""The API while its database is away: a clear 503 in time, and no restart needed afterwards."""

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from api.me.get import handler as read
from api.teams.create import handler as write
from local.postgres import APP, Database
from lodestar import bootstrap
from lodestar.application.operations.ports import CompanyIds
from lodestar.application.unit_of_work import OpenUnitOfWork
from lodestar.persistence.kernel.bound import session_of
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.runtime.worker import job, worker
from tests.integration.door import Door, door_before
from tests.integration.tenants import Tenant, new_tenant
from workers.do_task import handler as do_task

ISSUER, CLIENT = "https://issuer.test/pool", "client"
EVENT: dict[str, Any] = {
    "version": "2.0",
    "routeKey": "GET /api/me",
    "rawPath": "/api/me",
    "rawQueryString": "",
    "headers": {},
    "isBase64Encoded": False,
    "requestContext": {
        "requestId": "r-1",
        "stage": "$default",
        "http": {"method": "GET", "path": "/api/me"},
        "authorizer": {
            "jwt": {"claims": {"iss": ISSUER, "client_id": CLIENT, "token_use": "access", "sub": "somebody"}}
        },
    },
}
CONTEXT = SimpleNamespace(
    function_name="me",
    memory_limit_in_mb=512,
    invoked_function_arn="arn",
    aws_request_id="a-1",
    get_remaining_time_in_millis=lambda: 15_000,
)


class Secrets(BaseHTTPRequestHandler):
    """Answers as the secrets extension does."""

    login: Mapping[str, str]

    def do_GET(self) -> None:
        body = {"SecretString": json.dumps(self.login)}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def function_environment(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the template gives to a function; its secrets are served on loopback."""
    Secrets.login = {"username": APP, "password": database.passwords[APP]}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Secrets)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    for name, value in {
        "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": str(server.server_port),
        "AWS_SESSION_TOKEN": "token",
        "TOKEN_ISSUER": ISSUER,
        "TOKEN_CLIENT_ID": CLIENT,
        "DATABASE_HOST": "127.0.0.1",
        "DATABASE_NAME": "lodestar",
        "DATABASE_SECRET": "database",
    }.items():
        monkeypatch.setenv(name, value)
    _forget()
    yield
    bootstrap.work_context().engine.dispose()
    _forget()
    server.shutdown()
    server.server_close()


def _forget() -> None:
    bootstrap.settings.cache_clear()
    bootstrap.work_context.cache_clear()


REPEATED = EVENT | {
    "routeKey": "POST /api/teams",
    "rawPath": "/api/teams",
    "headers": {"idempotency-key": "sent again until it is answered"},
    "body": '{"name": "Sales"}',
    "requestContext": EVENT["requestContext"] | {"http": {"method": "POST", "path": "/api/teams"}},
}
CALLS = {"a read": (read, EVENT), "a write that may be repeated": (write, REPEATED)}


@pytest.fixture(params=list(CALLS.values()), ids=list(CALLS))
def call(request: pytest.FixtureRequest) -> tuple[Any, dict[str, Any]]:
    """A function with the event that it is called with."""
    found: tuple[Any, dict[str, Any]] = request.param
    return found


def answer_within(seconds: float, call: tuple[Any, dict[str, Any]]) -> dict[str, Any]:
    handler, event = call
    began = time.monotonic()
    found: dict[str, Any] = handler(event, CONTEXT)
    assert time.monotonic() - began < seconds
    return found


def test_a_database_that_refuses_connections_gives_503_with_a_time_to_come_back(
    monkeypatch: pytest.MonkeyPatch, call: tuple[Any, dict[str, Any]]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        monkeypatch.setenv("DATABASE_PORT", str(closed.getsockname()[1]))
    found = answer_within(5, call)
    assert found["statusCode"] == 503
    assert found["headers"]["retry-after"] == "5"
    body = json.loads(found["body"])
    assert body == {
        "error": "The database cannot be reached; try again shortly.",
        "code": "unavailable",
        "request_id": "r-1",
    }


def test_a_database_that_accepts_but_never_answers_gives_503_within_five_seconds(
    monkeypatch: pytest.MonkeyPatch, call: tuple[Any, dict[str, Any]]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("DATABASE_PORT", str(silent.getsockname()[1]))
        assert answer_within(5, call)["statusCode"] == 503


@pytest.fixture
def door(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """A door before a database in which the caller is an admin."""
    with door_before(database) as door:
        monkeypatch.setenv("DATABASE_PORT", str(door.port))
        yield door


@pytest.fixture
def company(context: WorkContext, monkeypatch: pytest.MonkeyPatch) -> Tenant:
    """The company of the caller."""
    tenant = new_tenant(context)
    sub = f"admin-of-{tenant.id}@example.com"
    tenant.user(email=sub, role="admin")
    monkeypatch.setitem(EVENT["requestContext"]["authorizer"]["jwt"]["claims"], "sub", sub)
    return tenant


@pytest.mark.usefixtures("company")
def test_a_warm_connection_that_falls_silent_gives_503_within_five_seconds(
    door: Door, call: tuple[Any, dict[str, Any]]
) -> None:
    assert answer_within(5, call)["statusCode"] < 300
    door.freeze()
    found = answer_within(5, call)
    assert found["statusCode"] == 503
    assert found["headers"]["retry-after"] == "5"


@pytest.mark.usefixtures("company")
def test_a_warm_connection_that_broke_costs_no_request(door: Door, call: tuple[Any, dict[str, Any]]) -> None:
    assert answer_within(5, call)["statusCode"] < 300
    door.break_connections()
    assert answer_within(1, call)["statusCode"] < 300


def teams_of(company: Tenant) -> list[str]:
    return [
        row["name"] for row in company.rows("select name from lodestar.teams where company_id = :company")
    ]


def test_a_database_that_falls_silent_in_the_middle_of_a_write_gives_503_and_the_write_may_be_repeated(
    company: Tenant, door: Door
) -> None:
    door.freeze_at(b"INSERT INTO lodestar.teams")
    assert answer_within(5, (write, REPEATED))["statusCode"] == 503
    door.thaw()
    assert answer_within(5, (write, REPEATED))["statusCode"] == 201
    assert teams_of(company) == ["Sales"]


def test_a_write_whose_commit_was_sent_and_not_answered_is_not_done_twice(
    company: Tenant, door: Door
) -> None:
    door.break_at(b"commit")
    assert answer_within(5, (write, REPEATED | {"headers": {}}))["statusCode"] == 503
    assert teams_of(company) == ["Sales"]


def test_a_write_that_broke_before_its_commit_is_done_again_at_once(company: Tenant, door: Door) -> None:
    door.break_at(b"INSERT INTO lodestar.teams")
    assert answer_within(5, (write, REPEATED | {"headers": {}}))["statusCode"] == 201
    assert teams_of(company) == ["Sales"]


@pytest.mark.usefixtures("company")
def test_a_read_whose_answer_was_lost_is_done_again_at_once(door: Door) -> None:
    door.break_at(b"commit")
    assert answer_within(5, (read, EVENT))["statusCode"] == 200


def test_a_statement_ends_in_the_server_when_its_client_has_given_it_up(
    company: Tenant, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PORT", str(database.port))
    with closing(database.connect()) as rival:
        rival.run("begin")
        rival.run("lock table lodestar.teams")
        assert answer_within(5, (write, REPEATED))["statusCode"] == 503
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        assert rival.run(waiting) == [[0]]


def relay_message(company_id: int) -> dict[str, Any]:
    record = {
        "messageId": "m-1",
        "receiptHandle": "r-1",
        "body": json.dumps({"kind": "relay", "company_id": company_id}),
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:Publish",
    }
    return {"Records": [record]}


def test_a_warm_worker_loses_no_message_to_a_connection_that_broke(company: Tenant, door: Door) -> None:
    nothing_failed: dict[str, Any] = {"batchItemFailures": []}
    assert do_task(relay_message(company.id), CONTEXT) == nothing_failed
    door.break_connections()
    assert do_task(relay_message(company.id), CONTEXT) == nothing_failed
    door.break_at(b"commit")
    assert do_task(relay_message(company.id), CONTEXT) == nothing_failed


def test_a_warm_schedule_survives_a_connection_that_broke(company: Tenant, door: Door) -> None:
    assert company.id in schedule({}, CONTEXT)["companies"]
    door.break_connections()
    assert company.id in schedule({}, CONTEXT)["companies"]


@job
def schedule(event: Mapping[str, Any], company_ids: CompanyIds) -> Mapping[str, Any]:
    """Every company, as a schedule goes through them."""
    return {"companies": company_ids()}


@worker(lambda body: int(body["company_id"]))
def slow(company_id: int, open_work: OpenUnitOfWork) -> None:
    """A statement that has not ended by the end of the function."""
    with open_work(company_id) as work:
        session_of(work).run("select pg_sleep(30)")


def test_a_statement_of_a_worker_ends_before_the_worker_does(
    company: Tenant, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PORT", str(database.port))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    short = SimpleNamespace(**vars(CONTEXT) | {"get_remaining_time_in_millis": lambda: 3_000})
    began = time.monotonic()
    assert slow(relay_message(company.id), short)["batchItemFailures"] != []
    assert time.monotonic() - began < 3
    with closing(database.connect()) as superuser:
        assert superuser.run(
            "select count(*) from pg_stat_activity where query like '%pg_sleep(30)%' "
            "and pid <> pg_backend_pid() and state = 'active'"
        ) == [[0]]
