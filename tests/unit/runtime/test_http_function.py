"""What surrounds every function that answers HTTP."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from lodestar.domain.refusals import Conflict, Detail, InvalidContent, LodestarError, Unavailable
from lodestar.runtime.http_function import MAX_ANSWER_BYTES, http_function
from lodestar.runtime.responses import answer
from lodestar.wire.refusals import MethodNotAllowed, StillInProgress

EVENT = {"requestContext": {"requestId": "r-1"}}
CONTEXT: Any = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb=512,
    invoked_function_arn="arn",
    aws_request_id="a-1",
    get_remaining_time_in_millis=lambda: 15_000,
)


def answered(found: Any) -> dict[str, Any]:
    """What a function answers that returns this, or raises it."""

    def respond(*_: object) -> dict[str, Any]:
        if isinstance(found, BaseException):
            raise found
        return answer(200, found)

    return http_function("GET /things", respond)(EVENT, CONTEXT)


def test_a_fault_is_a_500_that_tells_nothing_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    found = answered(RuntimeError("the password is hunter2"))
    assert found["statusCode"] == 500
    assert json.loads(found["body"]) == {
        "error": "Something went wrong on our side; it is logged under this request id.",
        "code": "internal_error",
        "request_id": "r-1",
    }
    (record,) = caplog.records
    assert (record.levelname, record.message) == ("ERROR", "unhandled")
    assert "hunter2" in str(record.exc_info)


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (Conflict("There is one already."), 409, {}),
        (StillInProgress("In a moment."), 409, {"retry-after": "5"}),
        (Unavailable("Away."), 503, {"retry-after": "5"}),
        (MethodNotAllowed("Use GET.", ["GET", "PUT"]), 405, {"allow": "GET, PUT"}),
    ],
)
def test_a_refusal_has_its_status_and_what_the_client_needs_to_go_on(
    error: LodestarError, status: int, headers: dict[str, str]
) -> None:
    found = answered(error)
    assert found["statusCode"] == status
    assert found["headers"] == {"content-type": "application/json; charset=utf-8", **headers}
    assert json.loads(found["body"]) == {"error": error.message, "code": error.code, "request_id": "r-1"}


def test_a_refusal_names_the_fields() -> None:
    found = answered(InvalidContent("body.a: bad", [Detail("a", "bad")]))
    assert json.loads(found["body"])["details"] == [{"field": "body.a", "message": "bad"}]


@pytest.mark.parametrize("character", ["x", "é", "\U0001f680", '"', "\n", "\x01"])
def test_an_answer_that_lambda_cannot_pass_on_is_a_400_that_says_so(character: str) -> None:
    width = len(json.dumps(character, ensure_ascii=False).encode()) - 2
    most = (MAX_ANSWER_BYTES - 2) // width
    assert answered(character * most)["statusCode"] == 200
    found = answered(character * (most + 1))
    assert (found["statusCode"], json.loads(found["body"])["code"]) == (400, "answer_too_large")
