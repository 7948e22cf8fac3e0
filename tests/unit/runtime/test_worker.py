"""A queue's messages are done one by one, and a job tells what it did."""

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from lodestar.runtime.worker import job, worker

CONTEXT = SimpleNamespace(
    function_name="f", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="request"
)


def event_of(*bodies: object) -> dict[str, Any]:
    """A call with a message for each body, whose ids count from 0."""
    records = [{"messageId": str(number), "body": json.dumps(body)} for number, body in enumerate(bodies)]
    return {"Records": records}


def failed(answer: Mapping[str, Any]) -> list[str]:
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def test_a_message_that_fails_is_reported_and_the_others_are_done() -> None:
    done: list[float] = []

    @worker(lambda body: int(body["number"]))
    def handler(number: int) -> None:
        done.append(12 / number)

    assert failed(handler(event_of({"number": 3}, {"number": 0}, {"number": 4}), CONTEXT)) == ["1"]
    assert done == [4, 3]


def test_a_call_of_which_every_message_fails_does_not_crash() -> None:
    @worker(lambda body: body)
    def handler(body: object) -> None:
        raise ZeroDivisionError

    assert failed(handler(event_of(1, 2), CONTEXT)) == ["0", "1"]


def test_a_message_that_cannot_be_read_fails_alone() -> None:
    done: list[int] = []

    @worker(lambda body: int(body["company_id"]))
    def handler(company_id: int) -> None:
        done.append(company_id)

    assert failed(handler(event_of({}, {"company_id": 2}), CONTEXT)) == ["0"]
    assert done == [2]


def test_a_job_gets_its_event_and_gives_its_report() -> None:
    @job
    def handler(event: Mapping[str, Any]) -> Mapping[str, Any]:
        """What it is for."""
        return {"planned": event["cadence"]}

    assert handler({"cadence": "daily"}, CONTEXT) == {"planned": "daily"}


def test_each_failed_message_is_counted_by_its_function(capsys: pytest.CaptureFixture[str]) -> None:
    @worker(lambda body: body)
    def handler(body: object) -> None:
        if body == "bad":
            raise ZeroDivisionError

    handler(event_of("bad", "good", "bad"), CONTEXT)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    counted = [line for line in lines if "MessagesFailed" in line]
    assert [line["MessagesFailed"] for line in counted] == [[1.0], [1.0]]
    assert counted[0]["function"] == __name__
