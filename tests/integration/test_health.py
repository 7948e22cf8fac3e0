"""GET /api/health: what anybody gets, what an admin gets, and what a token has to be."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from api.health.get import handler
from local.postgres import APP, Database
from local.tokens import Issuer, SigningKey
from lodestar import bootstrap
from lodestar.application.operations.health import HealthCheck, health
from lodestar.application.operations.ports import QueueDepth
from lodestar.application.operations.shapes import HealthReport
from lodestar.domain.periods import Cadence
from lodestar.domain.refusals import Unavailable
from lodestar.domain.runs import BatchPlan, BatchSubjects, NewRun, RunKind
from lodestar.domain.sources import AggregationMethod, RecordsSource
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.runtime import tokens
from tests.integration.tenants import NOW, Tenant, new_tenant

CLIENT = "client"
DAY = NOW.date()
CONTEXT: Any = SimpleNamespace(
    function_name="health",
    memory_limit_in_mb=512,
    invoked_function_arn="arn",
    aws_request_id="a-1",
    get_remaining_time_in_millis=lambda: 15_000,
)

type Answer = dict[str, Any]


class Neighbour(BaseHTTPRequestHandler):
    """Answers as the secrets extension does, and as the user pool with its key set."""

    body: bytes = b""
    login: dict[str, str]
    asked: int = 0

    def do_GET(self) -> None:
        kind = type(self)
        if self.path.endswith("/jwks.json"):
            kind.asked += 1
            body = kind.body
        else:
            body = json.dumps({"SecretString": json.dumps(kind.login)}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return SigningKey.load(tmp_path)


@pytest.fixture
def neighbour(key: SigningKey, database: Database) -> Iterator[ThreadingHTTPServer]:
    Neighbour.body, Neighbour.asked = json.dumps(key.jwks()).encode(), 0
    Neighbour.login = {"username": APP, "password": database.passwords[APP]}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Neighbour)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def environment(
    neighbour: ThreadingHTTPServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """What the template gives to the function; nobody listens where SQS should be."""
    here = f"http://127.0.0.1:{neighbour.server_port}"
    for name, value in {
        "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": str(neighbour.server_port),
        "AWS_SESSION_TOKEN": "token",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "BATCH_QUEUE_URL": "http://127.0.0.1:1/queue",
        "TOKEN_ISSUER": here,
        "TOKEN_CLIENT_ID": CLIENT,
        "DATABASE_HOST": database.host,
        "DATABASE_PORT": str(database.port),
        "DATABASE_NAME": database.name,
        "DATABASE_SECRET": "database",
    }.items():
        monkeypatch.setenv(name, value)
    forget()
    yield
    bootstrap.work_context().engine.dispose()
    forget()


def forget() -> None:
    for each in (bootstrap.settings, bootstrap.work_context, bootstrap.queues, tokens._key_set):
        each.cache_clear()


@pytest.fixture
def issuer(key: SigningKey, neighbour: ThreadingHTTPServer) -> Issuer:
    return Issuer(key, f"http://127.0.0.1:{neighbour.server_port}", CLIENT)


def call(authorization: str | None = None, query: str = "") -> Answer:
    headers = {} if authorization is None else {"authorization": authorization}
    http = {"method": "GET", "path": "/api/health"}
    event = {
        "version": "2.0",
        "routeKey": "GET /api/health",
        "rawPath": "/api/health",
        "rawQueryString": query,
        "headers": headers,
        "isBase64Encoded": False,
        "requestContext": {"requestId": "r-1", "stage": "$default", "http": http},
    }
    return handler(event, CONTEXT)


def body_of(answer: Answer) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer["body"])
    return body


ALIVE = {"status": "ok"}


def test_without_a_token_it_says_only_that_it_is_alive() -> None:
    for answer in (call(), call("")):
        assert (answer["statusCode"], body_of(answer)) == (200, ALIVE)


def test_an_admin_gets_a_report(tenant: Tenant, issuer: Issuer) -> None:
    tenant.user(email="admin@health.test", role="admin")
    answer = call(f"Bearer {issuer.issue('admin@health.test', 'admin@health.test')}")
    assert answer["statusCode"] == 200
    report = HealthReport.model_validate_json(answer["body"])
    assert report.database.ok
    assert (report.queue.ok, report.queue.messages, report.queue.dead_letters) == (False, None, None)
    assert (report.status, report.problems) == ("degraded", ["The queues cannot be read."])


@pytest.mark.parametrize("role", ["user", "manager"])
def test_somebody_else_gets_no_more_than_anybody(tenant: Tenant, issuer: Issuer, role: str) -> None:
    tenant.user(email=f"{role}@health.test", role=role)
    answer = call(f"Bearer {issuer.issue(f'{role}@health.test', '')}")
    assert (answer["statusCode"], body_of(answer)) == (200, ALIVE)


def test_nothing_of_one_request_is_left_for_the_next(tenant: Tenant, issuer: Issuer) -> None:
    tenant.user(email="boss@health.test", role="admin")
    token = f"Bearer {issuer.issue('boss@health.test', '')}"
    assert body_of(call(token)) != ALIVE
    assert body_of(call()) == ALIVE
    assert call(token, "strange=1")["statusCode"] == 400  # refused after the sign-in
    assert body_of(call()) == ALIVE


def test_a_token_of_nobody_here_is_403(issuer: Issuer) -> None:
    answer = call(f"Bearer {issuer.issue('nobody', 'nobody@nowhere.test')}")
    assert (answer["statusCode"], body_of(answer)["code"]) == (403, "forbidden")


def claims_of(issuer: Issuer) -> dict[str, Any]:
    return jwt.decode(issuer.issue("admin", "a@b.test"), options={"verify_signature": False})


def without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in claims.items() if each != name}


@pytest.mark.parametrize(
    "wrong",
    [
        "no token at all",
        "expired",
        "of another client",
        "of another user pool",
        "an id token",
        "changed",
        "unsigned",
        "signed with the public key as a secret",
        "signed by somebody else",
        "without an expiry",
        "without a subject",
        "of an unknown key",
    ],
)
def test_a_token_that_cannot_be_trusted_is_401(
    tenant: Tenant, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory, wrong: str
) -> None:
    email = f"{wrong.replace(' ', '-')}@forged.test"
    tenant.user(email=email, role="admin")
    good = issuer.issue(email, email)
    assert call(f"Bearer {good}")["statusCode"] == 200  # so that the one thing that is wrong decides
    claims = {**claims_of(issuer), "sub": email}
    public = issuer.key.jwks()["keys"][0]["n"]
    stranger = SigningKey.load(tmp_path_factory.mktemp("stranger"))
    forged = {
        "no token at all": "let-me-in",
        "expired": issuer.issue(email, email, minutes=-5),
        "of another client": replace(issuer, client_id="another").issue(email, email),
        "of another user pool": replace(issuer, url=f"{issuer.url}/other").issue(email, email),
        "an id token": issuer.key.sign(claims | {"token_use": "id"}),
        "changed": f"{good[:-8]}AAAAAAAA",
        "unsigned": jwt.encode(claims, "", algorithm="none", headers={"kid": "local"}),
        "signed with the public key as a secret": jwt.encode(
            claims, public, algorithm="HS256", headers={"kid": "local"}
        ),
        "signed by somebody else": stranger.sign(claims),
        "without an expiry": issuer.key.sign(without(claims, "exp")),
        "without a subject": issuer.key.sign(without(claims, "sub")),
        "of an unknown key": jwt.encode(claims, issuer.key._key, algorithm="RS256", headers={"kid": "new"}),
    }
    answer = call(f"Bearer {forged[wrong]}")
    assert (answer["statusCode"], body_of(answer)["code"]) == (401, "unauthenticated")


def test_the_keys_are_fetched_once_and_not_for_every_unknown_key_id(issuer: Issuer) -> None:
    for number in range(5):
        token = jwt.encode({"sub": "x"}, issuer.key._key, algorithm="RS256", headers={"kid": f"{number}"})
        assert call(f"Bearer {token}")["statusCode"] == 401
    assert Neighbour.asked == 1


@pytest.mark.parametrize("answer", [b"", b"<html>", None])
def test_while_the_keys_are_out_of_reach_a_token_gives_503_and_liveness_stays(
    issuer: Issuer, neighbour: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch, answer: bytes | None
) -> None:
    token = issuer.issue("somebody", "a@b.test")
    if answer is None:
        monkeypatch.setenv("TOKEN_ISSUER", "http://127.0.0.1:1")
        bootstrap.settings.cache_clear()
    else:
        monkeypatch.setattr(Neighbour, "body", answer)
    found = call(f"Bearer {token}")
    assert (found["statusCode"], found["headers"]["retry-after"]) == (503, "5")
    assert body_of(call()) == ALIVE


def test_while_the_database_is_away_a_token_gives_503_and_liveness_stays(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        monkeypatch.setenv("DATABASE_PORT", str(closed.getsockname()[1]))
    bootstrap.settings.cache_clear()
    found = call(f"Bearer {issuer.issue('somebody', 'a@b.test')}")
    assert (found["statusCode"], found["headers"]["retry-after"]) == (503, "5")
    assert body_of(call()) == ALIVE


# What makes the report, and what makes it a bad one.


class Full:
    """Queues of a certain depth; None: they cannot be read."""

    def __init__(self, depth: QueueDepth | None) -> None:
        self._depth = depth

    def depth(self) -> QueueDepth:
        if self._depth is None:
            raise Unavailable("…")
        return self._depth


EMPTY = QueueDepth(0, 0)


def report(tenant: Tenant, depth: QueueDepth | None = EMPTY) -> HealthReport:
    email = f"admin-{tenant.id}@report.test"
    if not tenant.rows(
        "select 1 from lodestar.users where company_id = :company and email = :email", email=email
    ):
        tenant.user(email=email, role="admin")
    with tenant.work() as work:
        caller = work.sign_in(email)
        assert caller is not None
        found = health(HealthCheck(caller, work, Full(depth)))
    assert isinstance(found, HealthReport)
    return found


def run(tenant: Tenant, kind: RunKind, cadence: Cadence | None, definition_id: int) -> int:
    plan = BatchPlan(0, DAY, DAY, BatchSubjects.USERS, (), (definition_id,))
    with tenant.work() as work:
        run_id = work.calculation.add_run(NewRun(kind, cadence, DAY, DAY, "test", NOW), [plan])
        work.commit()
    assert run_id is not None
    return run_id


def test_a_company_where_nothing_happens_is_well(tenant: Tenant) -> None:
    found = report(tenant, QueueDepth(3, 0))
    assert (found.status, found.problems) == ("ok", [])
    assert (found.queue.messages, found.queue.dead_letters) == (None, None)  # those of all companies
    assert (found.queue.batches_waiting, found.queue.oldest_batch_seconds) == (0, None)
    assert (found.outbox.waiting, found.outbox.oldest_seconds, found.outbox.dead) == (0, None, 0)
    assert set(found.last_runs.values()) == {None}
    assert found.sources == []


def test_a_batch_that_waits_too_long_or_failed_makes_it_degraded(tenant: Tenant) -> None:
    run(tenant, RunKind.SCHEDULED, Cadence.DAILY, tenant.definition().id)
    tenant.run(
        "update lodestar.batches set state = 'sent', sent_at = :at where company_id = :company",
        at=NOW - timedelta(minutes=14),
    )
    found = report(tenant)
    assert (found.status, found.queue.batches_waiting, found.queue.oldest_batch_seconds) == ("ok", 1, 840)

    late = NOW - timedelta(minutes=16)
    tenant.run("update lodestar.batches set sent_at = :at where company_id = :company", at=late)
    assert report(tenant).problems == ["A batch has waited for 960 seconds."]

    failed = "update lodestar.batches set state = 'failed', finished_at = :at where company_id = :company"
    tenant.run(failed, at=NOW - timedelta(hours=23))
    assert report(tenant).problems == ["1 batches failed in the last 24 hours: see the runs."]
    tenant.run(failed, at=NOW - timedelta(hours=25))
    assert report(tenant).status == "ok"


def test_the_last_runs_are_the_newest_scheduled_ones(tenant: Tenant) -> None:
    definition = tenant.definition().id
    run(tenant, RunKind.SCHEDULED, Cadence.DAILY, definition)
    run(tenant, RunKind.REFRESH, Cadence.DAILY, definition)
    run(tenant, RunKind.BACKFILL, None, definition)
    runs = {name: each for name, each in report(tenant).last_runs.items() if each is not None}
    assert list(runs) == ["daily"]
    assert (runs["daily"].period_start, runs["daily"].state) == (DAY, "planned")


def test_a_source_tells_when_it_was_last_computed_and_what_failed_in_a_day(tenant: Tenant) -> None:
    orders = tenant.definition(data_source=RecordsSource("orders", AggregationMethod.COUNT))
    tenant.definition()  # a manual KPI: nothing is computed
    assignment = tenant.assignment(orders, tenant.user())
    run_id = run(tenant, RunKind.SCHEDULED, Cadence.DAILY, orders.id)
    tenant.run(
        "update lodestar.batches set state = 'done', finished_at = :at where company_id = :company", at=NOW
    )
    (source,) = report(tenant).sources
    assert (source.type, source.last_computed_at, source.errors_24h) == ("records", NOW, 0)

    tenant.run(
        "insert into lodestar.outcomes "
        "(company_id, run_id, assignment_id, period_start, period_end, definition_version, outcome, reason, message) "
        "values (:company, :run, :assignment, :day, :day, 1, 'error', 'sql_timeout', 'It took too long.')",
        run=run_id,
        assignment=assignment.id,
        day=DAY,
    )
    found = report(tenant)
    (source,) = found.sources
    assert (source.errors_24h, source.last_error) == (1, "It took too long.")
    assert found.status == "ok"  # a KPI's own trouble
    tenant.run(
        "update lodestar.runs set created_at = :at where company_id = :company", at=NOW - timedelta(hours=25)
    )
    assert report(tenant).sources[0].errors_24h == 0


def test_nothing_of_another_company_is_told(tenant: Tenant, context: WorkContext) -> None:
    busy = new_tenant(context)
    run(busy, RunKind.SCHEDULED, Cadence.DAILY, busy.definition().id)
    assert report(tenant).queue.batches_waiting == 0
    assert report(busy).queue.batches_waiting == 1
