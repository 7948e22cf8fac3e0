"""A write with an Idempotency-Key is answered once and then again; what was refused may be sent anew."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from lodestar.application.operations.ports import StoredAnswer
from lodestar.domain.refusals import Contended, Forbidden, InvalidContent, InvalidRequest
from lodestar.runtime.idempotency import HEADER, MAX_KEY_LENGTH, REPLAYED, answered_once, hash_of
from lodestar.runtime.responses import answer, with_etag
from lodestar.wire.refusals import StillInProgress
from tests.fakes.operations import FakeOperations


@dataclass
class Work:
    """A unit of work whose commits can be put off."""

    operations: FakeOperations = field(default_factory=FakeOperations)
    steps: list[str] = field(default_factory=list)

    def defer_commit(self) -> None:
        self.steps.append("hold")

    def commit_deferred(self, statement: Callable[[], object]) -> None:
        statement()
        self.steps.append("commit")


def event(key: str | None = "k", **changes: Any) -> dict[str, Any]:
    plain = {
        "headers": {} if key is None else {HEADER: key},
        "rawPath": "/api/users",
        "rawQueryString": "",
        "requestContext": {"http": {"method": "POST"}},
        "body": '{"name": "Una"}',
        "isBase64Encoded": False,
    }
    return plain | changes


def made(work: Work) -> Callable[[], dict[str, Any]]:
    """A use case that is noted when it runs."""

    def respond() -> dict[str, Any]:
        work.steps.append("made")
        return answer(201, '{"id":5}')

    return respond


def never() -> dict[str, Any]:
    raise AssertionError("The use case ran again.")


def test_the_first_answer_is_stored_in_the_transaction_of_its_write() -> None:
    work = Work()
    found = answered_once(event(), work, made(work))
    assert found == answer(201, '{"id":5}')
    assert work.steps == ["hold", "made", "commit"]
    assert work.operations.answers == {"k": StoredAnswer(hash_of(event()), 201, '{"id":5}')}


def test_the_etag_of_the_state_that_a_write_leaves_is_repeated_with_its_answer() -> None:
    work = Work()
    first = answered_once(event(), work, lambda: answer(201, '{"id":5,"made":[]}', {"etag": '"state"'}))
    again = answered_once(event(), work, never)
    assert first["headers"]["etag"] == again["headers"]["etag"] == '"state"'
    assert with_etag("POST", again, None)["headers"]["etag"] == '"state"'


def test_a_repeat_is_answered_as_before_and_says_so() -> None:
    work = Work()
    answered_once(event(), work, made(work))
    again = answered_once(event(), work, never)
    assert (again["statusCode"], again["body"]) == (201, '{"id":5}')
    assert again["headers"][REPLAYED] == "true"


def test_without_a_key_nothing_is_stored() -> None:
    work = Work()
    answered_once(event(None), work, made(work))
    answered_once(event(None), work, made(work))
    assert (work.steps, work.operations.answers) == (["made", "made"], {})


@pytest.mark.parametrize(
    "changes",
    [
        {"body": '{"name": "Ugo"}'},
        {"rawPath": "/api/teams"},
        {"rawQueryString": "dry_run=true"},
        {"requestContext": {"http": {"method": "PUT"}}},
    ],
    ids=["body", "path", "query", "method"],
)
def test_a_key_belongs_to_one_request(changes: dict[str, Any]) -> None:
    work = Work()
    answered_once(event(), work, made(work))
    with pytest.raises(InvalidContent, match="belongs to another request") as refusal:
        answered_once(event(**changes), work, never)
    assert refusal.value.code == "idempotency_key_reused"


def test_a_request_is_the_same_in_base64() -> None:
    encoded = base64.b64encode(event()["body"].encode()).decode()
    assert hash_of(event(body=encoded, isBase64Encoded=True)) == hash_of(event())


def test_what_was_refused_may_be_sent_again_with_the_same_key() -> None:
    work = Work()

    def refused() -> dict[str, Any]:
        raise Forbidden("Not for you.")

    with pytest.raises(Forbidden):
        answered_once(event(), work, refused)
    assert answered_once(event(), work, lambda: answer(422, "{}"))["statusCode"] == 422
    assert work.operations.answers == {}
    assert answered_once(event(), work, made(work))["statusCode"] == 201


def test_a_key_that_is_being_worked_on_is_told_so() -> None:
    work = Work(FakeOperations(claimed={"k"}))
    with pytest.raises(StillInProgress, match="send it again in a moment"):
        answered_once(event(), work, never)


def test_an_answer_that_came_in_between_makes_it_contended() -> None:
    work = Work()

    def overtaken() -> dict[str, Any]:
        work.operations.store_answer("k", StoredAnswer("another", 201, "{}"))
        return answer(201, "{}")

    with pytest.raises(Contended):
        answered_once(event(), work, overtaken)


@pytest.mark.parametrize("key", ["", "ä", "a\n", "k" * (MAX_KEY_LENGTH + 1)])
def test_a_key_is_short_and_printable(key: str) -> None:
    with pytest.raises(InvalidRequest, match="1 to 255 printable ASCII characters"):
        answered_once(event(key), Work(), never)


@pytest.mark.parametrize("key", ["k", " ", "~" * MAX_KEY_LENGTH])
def test_every_printable_key_will_do(key: str) -> None:
    work = Work()
    assert answered_once(event(key), work, made(work))["statusCode"] == 201
