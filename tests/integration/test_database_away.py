"""The API while its database is away: a clear 503 in time, and no restart needed afterwards."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from api.me.get import handler as read
from api.teams.create import handler as write
from lodestar import bootstrap

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

    def do_GET(self) -> None:
        body = {"SecretString": json.dumps({"username": "nobody", "password": "secret"})}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def function_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the template gives to a function; its secrets are served on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Secrets)
    threading.Thread(target=server.serve_forever, daemon=True).start()
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
