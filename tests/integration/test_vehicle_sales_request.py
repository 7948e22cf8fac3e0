"""GET /api/kpi from the event to the answer, on a database of its own whose tables may go."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from api.vehicle_sales.kpi import handler
from local.postgres import APP, Database
from lodestar import bootstrap
from lodestar.runtime.telemetry import logger
from tests.integration.bulk import statements
from tests.integration.conftest import migrate
from tests.integration.tenants import context_of, new_tenant

ISSUER, CLIENT, SUB = "https://issuer.test/pool", "client", "una@example.com"
EVENT: dict[str, Any] = {
    "version": "2.0",
    "routeKey": "GET /api/kpi",
    "rawPath": "/api/kpi",
    "rawQueryString": "",
    "headers": {},
    "isBase64Encoded": False,
    "requestContext": {
        "requestId": "r-1",
        "stage": "$default",
        "http": {"method": "GET", "path": "/api/kpi"},
        "authorizer": {
            "jwt": {"claims": {"iss": ISSUER, "client_id": CLIENT, "token_use": "access", "sub": SUB}}
        },
    },
}
CONTEXT = SimpleNamespace(
    function_name="kpi",
    memory_limit_in_mb=512,
    invoked_function_arn="arn",
    aws_request_id="a-1",
    get_remaining_time_in_millis=lambda: 15_000,
)


@pytest.fixture(scope="module")
def own(server: Database) -> Iterator[Database]:
    """A database whose tables may go, with a company and a user."""
    with closing(server.connect()) as superuser:
        superuser.run("create database lodestar_sales owner lodestar_owner")
        found = replace(server, name="lodestar_sales")
        migrate(found)
        context = context_of(found)
        new_tenant(context).user(email=SUB)
        context.engine.dispose()
        yield found
        superuser.run("drop database lodestar_sales with (force)")


@pytest.fixture
def environment(own: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the template gives to the function; its secret is served on loopback."""
    body = {"SecretString": json.dumps({"username": APP, "password": own.passwords[APP]})}

    class Secrets(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Secrets) as secrets:
        threading.Thread(target=secrets.serve_forever, daemon=True).start()
        for name, value in {
            "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": secrets.server_port,
            "AWS_SESSION_TOKEN": "token",
            "TOKEN_ISSUER": ISSUER,
            "TOKEN_CLIENT_ID": CLIENT,
            "DATABASE_HOST": own.host,
            "DATABASE_PORT": own.port,
            "DATABASE_NAME": own.name,
            "DATABASE_SECRET": "database",
        }.items():
            monkeypatch.setenv(name, str(value))
        _forget()
        yield
        bootstrap.work_context().engine.dispose()
        _forget()
        secrets.shutdown()


def _forget() -> None:
    bootstrap.settings.cache_clear()
    bootstrap.work_context.cache_clear()


def context_with(ms: int) -> Any:
    """A context of a function that has so much time left."""
    return SimpleNamespace(**{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: ms})


def ask(ms: int = 15_000) -> dict[str, Any]:
    answer = handler(EVENT, context_with(ms))
    assert answer["statusCode"] == 200, answer["body"]
    found: dict[str, Any] = json.loads(answer["body"])
    return found


@pytest.mark.usefixtures("environment")
def test_a_table_that_is_gone_gives_zeros_and_a_message_is_logged_and_counted_and_does_no_lasting_harm(
    own: Database, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask()["success"]
    assert "Faults" not in capsys.readouterr().out

    with closing(own.connect()) as superuser:
        superuser.run("alter table lodestar.vehicle_sales_leads rename to gone")
        found = ask()
        superuser.run("alter table lodestar.gone rename to vehicle_sales_leads")

    assert not found["success"]
    assert found["message"] == "The sales figures cannot be read right now; try again shortly."
    assert set(found["metrics"].values()) == {0}
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert record.message == "vehicle_sales_unread"
    assert "vehicle_sales_leads" in str(record.exc_info)
    assert json.loads(logger.registered_formatter.format(record))["request_id"] == "r-1"
    assert metrics_in(capsys.readouterr().out) == {"Faults": [1.0], "Status2xx": [1.0]}

    assert ask()["success"]


@pytest.mark.usefixtures("environment")
def test_a_table_that_somebody_locks_gives_zeros_before_the_functions_time_is_up(own: Database) -> None:
    with closing(own.connect()) as superuser:
        superuser.run("begin")
        superuser.run("lock table lodestar.vehicle_sales_leads in access exclusive mode")
        began = time.monotonic()
        found = ask(ms=5_500)
        took = time.monotonic() - began

    assert not found["success"]
    assert 3.4 < took < 5.5
    assert ask()["success"]


@pytest.mark.usefixtures("environment")
def test_a_sign_in_that_waits_for_somebody_is_told_to_come_back_in_time(own: Database) -> None:
    with closing(own.connect()) as superuser:
        superuser.run("begin")
        superuser.run("lock table lodestar.identities in access exclusive mode")
        answer = handler(EVENT, context_with(ms=3_000))

    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "5")
    assert json.loads(answer["body"])["error"] == "The database takes too long to answer; try again shortly."


def metrics_in(output: str) -> dict[str, Any]:
    """The metrics that CloudWatch reads from what one request printed."""
    (line,) = [json.loads(each) for each in output.splitlines() if "_aws" in each]
    names = [each["Name"] for told in line["_aws"]["CloudWatchMetrics"] for each in told["Metrics"]]
    return {name: line[name] for name in names}


@pytest.mark.usefixtures("environment")
def test_a_request_is_the_sign_in_and_one_statement() -> None:
    ask()
    with statements(bootstrap.work_context()) as seen:
        ask()
    assert ["sign_in" in each for each in seen] == [True, False]


@pytest.mark.usefixtures("environment")
def test_a_database_that_nobody_can_sign_in_to_is_503_as_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PORT", "1")
    bootstrap.settings.cache_clear()
    answer = handler(EVENT, CONTEXT)
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "5")
