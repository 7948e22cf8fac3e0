"""What the measured handlers run on: a Postgres of our own, secrets and queues on loopback, a company."""

import contextlib
import io
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pg8000.native

from local.postgres import APP, OWNER, Database, describe, postgres
from lodestar import bootstrap
from lodestar.domain.assignments import Assignment, Subject, Terms
from lodestar.domain.definitions import Definition
from lodestar.packs.registry import migration_histories
from lodestar.persistence.kernel.database import make_owner_engine
from lodestar.persistence.migrate import DatabaseMigration
from tests.integration.tenants import LONG_AGO, Tenant, address_of, new_tenant, point

ISSUER, CLIENT = "https://issuer.example.com", "client"
LAMBDA = SimpleNamespace(
    function_name="bench",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:bench",
    aws_request_id="bench",
    get_remaining_time_in_millis=lambda: 15_000,
)
"""What Powertools reads of a Lambda context."""


_ASSIGN = """
insert into lodestar.assignments (company_id, definition_id, subject_type, user_id)
select :company, :definition, 'user', id from unnest(cast(:users as bigint[])) as id
returning id, user_id"""
_ADD_TERMS = """
insert into lodestar.terms (company_id, assignment_id, start_date, weight, target_low, target_high)
select :company, id, cast(:start as date), 1, :target, :target from unnest(cast(:ids as bigint[])) as id"""


@dataclass(frozen=True, slots=True)
class Stage:
    """A migrated database, its superuser, and a company with a sandbox."""

    database: Database
    superuser: pg8000.native.Connection
    tenant: Tenant

    def crowd(self, size: int) -> list[int]:
        """The ids of so many new people of the company."""
        rows = self.superuser.run(
            "insert into lodestar.users (company_id, name, email, role) "
            "select :company, 'User', gen_random_uuid() || '@example.com', 'user' "
            "from generate_series(1, cast(:size as integer)) returning id",
            company=self.tenant.id,
            size=size,
        )
        return [user_id for (user_id,) in rows]

    def assign(self, definition: Definition, user_ids: list[int], aim: int) -> list[Assignment]:
        """The definition assigned to all of them with that target."""
        rows = self.superuser.run(_ASSIGN, company=self.tenant.id, definition=definition.id, users=user_ids)
        terms = Terms(LONG_AGO, None, Decimal(1), point(aim))
        ids = [assignment_id for assignment_id, _ in rows]
        self.superuser.run(_ADD_TERMS, company=self.tenant.id, ids=ids, start=LONG_AGO, target=aim)
        return [
            Assignment(assignment_id, definition.id, Subject(user_id), (terms,))
            for assignment_id, user_id in rows
        ]


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Set everything up; the environment says where, as it does in Lambda."""
    with tempfile.TemporaryDirectory(prefix="lodestar-bench-", ignore_cleanup_errors=True) as folder:
        room = Path(folder)
        room.chmod(0o755)  # Postgres may run as somebody else
        (room / "logs").mkdir()
        database = describe(room)
        with postgres(room, database), _loopback(database) as port:
            os.environ |= _environment(database, port)
            _migrate(database)
            superuser = database.connect()
            tenant = new_tenant(bootstrap.work_context())
            tenant.sandbox()
            yield Stage(database, superuser, tenant)
            bootstrap.work_context().engine.dispose()
            superuser.close()


def quiet() -> contextlib.AbstractContextManager[object]:
    """Without the metrics that handlers print; making them is still paid for."""
    return contextlib.redirect_stdout(io.StringIO())


def http_event(sub: str, path: str, body: object = None, **path_parameters: object) -> dict[str, Any]:
    """A request as an HTTP API sends it, signed in as `sub`."""
    method = "GET" if body is None else "POST"
    claims = {"iss": ISSUER, "client_id": CLIENT, "token_use": "access", "sub": sub}
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "pathParameters": {name: str(value) for name, value in path_parameters.items()},
        "requestContext": {
            "http": {"method": method, "path": path},
            "stage": "$default",
            "requestId": "bench",
            "authorizer": {"jwt": {"claims": claims}},
        },
        "isBase64Encoded": False,
    }
    return event if body is None else event | {"body": json.dumps(body, default=str)}


def sqs_event(messages: list[dict[str, int]]) -> dict[str, Any]:
    """Messages as SQS hands them to a function."""
    records = [
        {"messageId": str(number), "body": json.dumps(each), "eventSource": "aws:sqs", "attributes": {}}
        for number, each in enumerate(messages)
    ]
    return {"Records": records}


def _environment(database: Database, port: int) -> dict[str, str]:
    here = f"http://127.0.0.1:{port}"
    return {
        "STAGE": "bench",
        "DATABASE_HOST": database.host,
        "DATABASE_PORT": str(database.port),
        "DATABASE_NAME": database.name,
        "DATABASE_SECRET": APP,
        "SANDBOX_SECRET": "sandbox",
        "TOKEN_ISSUER": ISSUER,
        "TOKEN_CLIENT_ID": CLIENT,
        "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": str(port),
        "BATCH_QUEUE_URL": f"{here}/batches",
        "TASK_QUEUE_URL": f"{here}/tasks",
        "AWS_ENDPOINT_URL_SQS": here,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "POWERTOOLS_TRACE_DISABLED": "true",
    }


@contextlib.contextmanager
def _loopback(database: Database) -> Iterator[int]:
    """The secrets extension (GET) and an SQS that takes every message (POST) on one port."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = parse_qs(urlsplit(self.path).query)["secretId"][0]
            password = database.passwords.get(name, "sandbox")
            secret = json.dumps({"username": name, "password": password})
            self._answer({"SecretString": secret})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._answer({})

        def _answer(self, body: object) -> None:
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Standard error is for trouble."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


class _Invitations:
    def invite(self, email: str, name: str) -> str:
        return f"sub of {email}"


def _migrate(database: Database) -> None:
    engine = make_owner_engine(lambda: address_of(database, OWNER))
    DatabaseMigration(
        engine,
        lambda: database.passwords[APP],
        bootstrap.sandbox_password,
        "superuser@example.com",
        _Invitations(),
        migration_histories(),
    ).run()
