"""A write, its Idempotency-Key and its answer are one transaction on a real Postgres."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.postgres import Database
from lodestar.application.operations.ports import StoredAnswer
from lodestar.domain.refusals import Contended, InvalidContent, InvalidRequest, NotFound
from lodestar.persistence.kernel.database import is_connection_lost
from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext
from lodestar.runtime.idempotency import MAX_KEY_LENGTH, REPLAYED, answered_once, hash_of
from lodestar.runtime.responses import HttpResponse, answer
from lodestar.wire.refusals import StillInProgress
from tests.integration.tenants import Tenant, new_tenant

KEY = "order 7"
TEAMS = "select name from lodestar.teams where company_id = :company order by id"
KEYS = "select user_id, key, status, body from lodestar.idempotency_keys where company_id = :company"


def request(body: str = '{"name": "Sales"}', key: str | None = KEY, **changes: Any) -> dict[str, Any]:
    """A POST as API Gateway sends it."""
    plain = {
        "rawPath": "/api/teams",
        "rawQueryString": "",
        "headers": {} if key is None else {"idempotency-key": key},
        "body": body,
        "isBase64Encoded": False,
        "requestContext": {"http": {"method": "POST"}},
    }
    return plain | changes


def adding(work: DatabaseWork, name: str = "Sales") -> Callable[[], HttpResponse]:
    """A use case that commits: a new team, whose id shows whether it was made again."""

    def add() -> HttpResponse:
        team_id = work.people.add_team(name, None)
        return answer(201, str(work.views.read_and_commit("team", {"id": team_id})))

    return add


@pytest.fixture
def user(tenant: Tenant) -> int:
    return tenant.user()


@pytest.fixture
def work(tenant: Tenant, user: int) -> Iterator[DatabaseWork]:
    with tenant.work(actor_id=user) as opened:
        yield opened


@pytest.fixture
def outside(tenant: Tenant, rival: WorkContext) -> Tenant:
    """The same company, seen from another connection."""
    return Tenant(rival, tenant.company)


def names(outside: Tenant) -> list[str]:
    return [row["name"] for row in outside.rows(TEAMS)]


def keys(outside: Tenant) -> list[str]:
    return [row["key"] for row in outside.rows(KEYS)]


def test_the_same_request_is_answered_byte_for_byte_and_done_once(
    tenant: Tenant, user: int, outside: Tenant
) -> None:
    answers = []
    for _ in range(2):
        with tenant.work(actor_id=user) as work:
            answers.append(answered_once(request(), work, adding(work)))
    first, second = answers
    assert names(outside) == ["Sales"]
    assert (second["statusCode"], second["body"]) == (201, first["body"])
    assert REPLAYED not in first["headers"]
    assert second["headers"][REPLAYED] == "true"


def test_without_a_key_the_same_request_is_done_again(tenant: Tenant, user: int, outside: Tenant) -> None:
    for name in ("Sales", "Support"):
        with tenant.work(actor_id=user) as work:
            answered_once(request(key=None), work, adding(work, name))
    assert names(outside) == ["Sales", "Support"]
    assert keys(outside) == []


def test_nothing_is_committed_before_the_answer_is_kept(
    tenant: Tenant, rival: WorkContext, work: DatabaseWork, outside: Tenant
) -> None:
    seen: list[Any] = []

    def add_and_look() -> HttpResponse:
        found = adding(work)()
        seen.append(names(outside))
        return found

    answered_once(request(), work, add_and_look)
    assert seen == [[]]
    assert (names(outside), keys(outside)) == (["Sales"], [KEY])


def test_a_crash_between_effect_and_commit_leaves_neither_of_them(
    tenant: Tenant, database: Database, user: int, outside: Tenant
) -> None:
    def crash(work: DatabaseWork) -> HttpResponse:
        found = adding(work)()
        pid = work.session.value("select pg_backend_pid()")
        superuser = database.connect()
        superuser.run("select pg_terminate_backend(:pid)", pid=pid)
        superuser.close()
        return found

    with pytest.raises(Exception) as lost, tenant.work(actor_id=user) as work:  # noqa: PT011 — the driver's
        answered_once(request(), work, lambda: crash(work))
    assert is_connection_lost(lost.value)
    assert (names(outside), keys(outside)) == ([], [])
    with tenant.work(actor_id=user) as work:
        assert answered_once(request(), work, adding(work))["statusCode"] == 201
    assert (names(outside), keys(outside)) == (["Sales"], [KEY])


def test_what_was_refused_is_neither_done_nor_kept(tenant: Tenant, user: int, outside: Tenant) -> None:
    def refuse(work: DatabaseWork) -> HttpResponse:
        adding(work)()
        raise NotFound("There is no such thing.")

    with pytest.raises(NotFound), tenant.work(actor_id=user) as work:
        answered_once(request(), work, lambda: refuse(work))
    assert (names(outside), keys(outside)) == ([], [])


def test_only_a_success_is_kept_and_committed(tenant: Tenant, user: int, outside: Tenant) -> None:
    with tenant.work(actor_id=user) as work:
        found = answered_once(request(), work, lambda: {**adding(work)(), "statusCode": 404})
    assert found["statusCode"] == 404
    assert (names(outside), keys(outside)) == ([], [])


@pytest.mark.parametrize(
    "other",
    [
        request('{"name": "sales"}'),
        request(rawPath="/api/users"),
        request(rawQueryString="dry=1"),
        request(requestContext={"http": {"method": "PUT"}}),
    ],
    ids=["body", "path", "query", "method"],
)
def test_a_key_belongs_to_one_request(
    tenant: Tenant, user: int, other: dict[str, Any], outside: Tenant
) -> None:
    with tenant.work(actor_id=user) as work:
        answered_once(request(), work, adding(work))
    with pytest.raises(InvalidContent) as refused, tenant.work(actor_id=user) as work:
        answered_once(other, work, adding(work, "Support"))
    assert refused.value.code == "idempotency_key_reused"
    assert names(outside) == ["Sales"]


def test_the_bytes_of_the_body_count_however_the_gateway_sends_them() -> None:
    encoded = request("eyJuYW1lIjogIlNhbGVzIn0=", isBase64Encoded=True)
    assert hash_of(encoded) == hash_of(request())
    assert hash_of(request('{"name":  "Sales"}')) != hash_of(request())


def test_a_key_of_another_user_or_company_is_another_key(
    tenant: Tenant, context: WorkContext, user: int, outside: Tenant
) -> None:
    other = new_tenant(context)
    for whose, actor in ((tenant, user), (tenant, tenant.user()), (other, other.user())):
        with whose.work(actor_id=actor) as work:
            found = answered_once(request(), work, adding(work, f"of {actor}"))
            assert json.loads(found["body"])["name"] == f"of {actor}"
    assert (len(names(outside)), len(names(other))) == (2, 1)


def test_a_key_that_is_being_worked_on_is_in_flight(
    tenant: Tenant, rival: WorkContext, user: int, work: DatabaseWork, outside: Tenant
) -> None:
    with tenant.work(rival, actor_id=user) as first:
        assert first.operations.claim_key(KEY)
        with pytest.raises(StillInProgress):
            answered_once(request(), work, adding(work))
        assert first.operations.claim_key("another key")
    assert names(outside) == []


def test_what_the_last_holder_of_the_key_has_just_committed_is_seen(
    tenant: Tenant, rival: WorkContext, user: int, work: DatabaseWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin ends between our start and our claim: the look-up has to come after."""
    claim = work.operations.claim_key

    def claim_late(key: str) -> bool:
        with tenant.work(rival, actor_id=user) as other:
            answered_once(request(), other, adding(other))
        return claim(key)

    monkeypatch.setattr(work.operations, "claim_key", claim_late)
    found = answered_once(request(), work, adding(work))
    assert found["headers"][REPLAYED] == "true"


def test_an_answer_that_appeared_in_the_meantime_is_contended_and_undoes_the_effect(
    tenant: Tenant, rival: WorkContext, user: int, outside: Tenant
) -> None:
    """Nobody else can have the key, unless the lock is lost; the primary key is the second guard."""

    def race(work: DatabaseWork) -> HttpResponse:
        with tenant.work(rival, actor_id=user) as other:
            other.operations.store_answer(KEY, StoredAnswer(hash_of(request()), 201, "theirs"))
            other.commit()
        return adding(work)()

    with pytest.raises(Contended), tenant.work(actor_id=user) as work:
        answered_once(request(), work, lambda: race(work))
    assert names(outside) == []
    with tenant.work(actor_id=user) as work:
        assert answered_once(request(), work, adding(work))["body"] == "theirs"


@pytest.mark.parametrize("key", ["", "é", "a\nb", "\x7f", "x" * (MAX_KEY_LENGTH + 1)])
def test_a_key_is_printable_ascii_of_a_bounded_length(
    tenant: Tenant, work: DatabaseWork, key: str, outside: Tenant
) -> None:
    with pytest.raises(InvalidRequest):
        answered_once(request(key=key), work, adding(work))
    assert names(outside) == []


@pytest.mark.parametrize("key", ["x", " ", "~" * MAX_KEY_LENGTH])
def test_any_printable_key_will_do(tenant: Tenant, work: DatabaseWork, key: str, outside: Tenant) -> None:
    answered_once(request(key=key), work, adding(work))
    assert keys(outside) == [key]


def test_a_key_stays_with_the_callers_company_when_the_use_case_makes_another_one(
    tenant: Tenant, work: DatabaseWork, outside: Tenant
) -> None:
    def found_company() -> HttpResponse:
        work.add_company({"name": "New", "timezone": "UTC"})
        work.people.add_team("Of the new one", None)
        work.commit()
        return answer(201, "{}")

    answered_once(request(), work, found_company)
    assert (names(outside), keys(outside)) == ([], [KEY])


def test_a_step_after_the_commit_never_precedes_its_row(work: DatabaseWork, outside: Tenant) -> None:
    seen: list[Any] = []

    def look() -> None:
        seen.append(names(outside))

    def add() -> HttpResponse:
        work.after_commit(look)
        found = adding(work)()
        work.commit()
        assert seen == []
        return found

    answered_once(request(), work, add)
    assert seen == [["Sales"]]


@pytest.mark.parametrize("ends_with", ["commit", "view"])
def test_a_step_is_taken_once_and_after_the_commit_where_nothing_is_held(
    work: DatabaseWork, outside: Tenant, ends_with: str
) -> None:
    seen: list[Any] = []

    def look() -> None:
        seen.append(names(outside))

    work.after_commit(look)
    team_id = work.people.add_team("Sales", None)
    assert seen == []
    if ends_with == "commit":
        work.commit()
    else:
        work.views.read_and_commit("team", {"id": team_id})
    work.commit()
    assert seen == [["Sales"]]


def test_a_step_that_fails_is_logged_and_the_write_stays(
    tenant: Tenant, work: DatabaseWork, caplog: pytest.LogCaptureFixture, outside: Tenant
) -> None:
    taken: list[str] = []

    def fail() -> None:
        raise OSError("the queue is away")

    work.after_commit(fail)
    work.after_commit(lambda: taken.append("the next one"))
    work.people.add_team("Sales", None)
    work.commit()
    assert names(outside) == ["Sales"]
    assert taken == ["the next one"]
    assert "A step after a commit failed" in caplog.text


def test_a_step_is_not_taken_for_what_was_rolled_back(tenant: Tenant, user: int, outside: Tenant) -> None:
    taken: list[str] = []
    with tenant.work(actor_id=user) as work:
        work.after_commit(lambda: taken.append("sent"))
        work.people.add_team("Sales", None)
    assert (names(outside), taken) == ([], [])
