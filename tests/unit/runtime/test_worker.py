"""A queue's messages are done one by one, and a job tells what it did."""

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from lodestar.delivery import returned
from lodestar.domain.refusals import Contended, Interrupted, Unavailable
from lodestar.runtime.retrying import MAX_TRIES
from lodestar.runtime.worker import job, worker

CONTEXT = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb=1,
    invoked_function_arn="arn",
    aws_request_id="request",
    get_remaining_time_in_millis=lambda: 60_000,
)


class Queue(BaseHTTPRequestHandler):
    """Answers as SQS does when a message's visibility is changed."""

    changes: list[dict[str, Any]]

    def do_POST(self) -> None:
        self.changes.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def changes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What the worker asks of SQS."""
    Queue.changes = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Queue)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "local")
    returned._client.cache_clear()
    yield Queue.changes
    returned._client.cache_clear()
    server.shutdown()
    server.server_close()


def event_of(*bodies: object, receives: int = 1) -> dict[str, Any]:
    """A call with a message for each body, whose ids count from 0."""
    records = [
        {
            "messageId": str(number),
            "receiptHandle": f"receipt {number}",
            "body": json.dumps(body),
            "attributes": {"ApproximateReceiveCount": str(receives)},
            "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:Work",
        }
        for number, body in enumerate(bodies)
    ]
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


def test_a_message_that_fails_comes_back_in_seconds_and_later_after_each_receive(
    changes: list[dict[str, Any]],
) -> None:
    @worker(lambda body: body)
    def handler(body: object) -> None:
        raise ZeroDivisionError

    for receives in (1, 2, 3, 20):
        handler(event_of("a message", receives=receives), CONTEXT)
    for change, longest in zip(changes, (5, 10, 20, 900), strict=True):
        assert change["QueueUrl"].endswith("/123456789012/Work")
        assert change["ReceiptHandle"] == "receipt 0"
        assert longest // 2 <= change["VisibilityTimeout"] <= longest


def test_a_message_fails_as_it_did_where_the_queue_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    @worker(lambda body: body)
    def handler(body: object) -> None:
        raise ZeroDivisionError

    assert failed(handler(event_of("a message"), CONTEXT)) == ["0"]


@pytest.mark.parametrize("fault", [Interrupted, Contended])
def test_a_passing_fault_of_the_database_is_tried_again_at_once(
    fault: type[Unavailable], changes: list[dict[str, Any]]
) -> None:
    tries: list[int] = []

    @worker(lambda body: int(body["faults"]))
    def handler(faults: int) -> None:
        tries.append(faults)
        if len(tries) <= faults:
            raise fault("Away.")

    assert failed(handler(event_of({"faults": MAX_TRIES - 1}), CONTEXT)) == []
    assert (len(tries), changes) == (MAX_TRIES, [])
    tries.clear()
    assert failed(handler(event_of({"faults": MAX_TRIES}), CONTEXT)) == ["0"]
    assert (len(tries), len(changes)) == (MAX_TRIES, 1)


def test_nothing_is_tried_again_when_half_of_the_time_is_over() -> None:
    tries: list[object] = []

    @worker(lambda body: body)
    def handler(body: object) -> None:
        tries.append(body)
        raise Interrupted("Away.")

    short = SimpleNamespace(**vars(CONTEXT) | {"get_remaining_time_in_millis": lambda: 0})
    assert failed(handler(event_of(1), short)) == ["0"]
    assert len(tries) == 1


def test_a_job_is_tried_again_as_well() -> None:
    tries: list[object] = []

    @job
    def handler(event: Mapping[str, Any]) -> Mapping[str, Any]:
        """What it is for."""
        tries.append(event)
        if len(tries) == 1:
            raise Interrupted("Away.")
        return {"tries": len(tries)}

    assert handler({}, CONTEXT) == {"tries": 2}


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
