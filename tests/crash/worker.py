"""A worker process that kills itself at a named point: messages come in as lines of JSON, effects go out as such.

It runs the handlers of `functions/workers` on a real database. CRASH names a point and how often it is passed
before the kill; OUTBOX=off sends notifications after the commit and keeps none, which is the control.
"""

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from local.postgres import Database
from lodestar import bootstrap
from lodestar.application.alerts.ports import Notification
from lodestar.application.calculation.ports import Messages
from lodestar.application.operations.tasks import CompanyTasks
from lodestar.domain.runs import SentBatch
from lodestar.domain.tasks import TaskKind
from lodestar.persistence import unit_of_work
from lodestar.persistence.alerts.raising import SqlRaisedAlerts
from lodestar.persistence.kernel.database import make_engine
from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext
from lodestar.runtime.worker import DEPENDENCIES
from tests.integration.tenants import NOW, SANDBOX_PASSWORD, address_of
from workers import calculate, do_task

POINTS = (
    "before a commit",
    "after a commit",
    "after a send",
    "before a publish",
    "after a publish",
)
CONTEXT: Any = SimpleNamespace(
    function_name="crash",
    memory_limit_in_mb=512,
    invoked_function_arn="arn",
    aws_request_id="a-1",
    get_remaining_time_in_millis=lambda: 60_000,
)
_point, _, _times = os.environ.get("CRASH", "never:1").rpartition(":")
_left = int(_times)
_minutes = 0


def pass_by(point: str) -> None:
    """Die here, if this is the point and the time has come."""
    global _left  # noqa: PLW0603 — of this process only
    if point == _point:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def tell(**effect: object) -> None:
    """One effect on the world, as it happens."""
    print(json.dumps(effect), flush=True)


class KillableWork(DatabaseWork):
    """The unit of work, with points at which the process may die."""

    def commit(self) -> None:
        pass_by("before a commit")
        super().commit()

    def _take_steps(self) -> None:
        pass_by("after a commit")
        super()._take_steps()


class Queue:
    """What the queues are asked to carry."""

    def batches(self, company_id: int, batches: Sequence[SentBatch]) -> None:
        for sent in batches:
            tell(send={"company_id": company_id, **asdict(sent)})
        pass_by("after a send")

    def publish(self, company_id: int, *_: object) -> None:
        tell(send={"kind": TaskKind.RELAY, "company_id": company_id})
        pass_by("after a send")


class Topic:
    """Where notifications arrive."""

    def make(self, company_id: int) -> str:
        return f"topic {company_id}"

    def publish(
        self, topic_arn: str, subject: str, body: Mapping[str, Any], subscription_ids: Sequence[int]
    ) -> None:
        pass_by("before a publish")
        tell(arrived=[body["assignment_id"], body["period_start"]])
        pass_by("after a publish")


def work_without_outbox() -> None:
    """The control: what is to be told is told after the commit, and written down nowhere."""
    unsent: list[Notification] = []
    steps = KillableWork._take_steps

    def forget(store: SqlRaisedAlerts, notifications: Sequence[Notification], at: object) -> None:
        unsent.extend(notifications)

    def send(work: KillableWork) -> None:
        steps(work)
        while unsent:
            body = unsent.pop(0).body
            tell(arrived=[body["assignment_id"], body["period_start"]])

    SqlRaisedAlerts.add_notifications = forget  # type: ignore[method-assign]
    KillableWork._take_steps = send  # type: ignore[method-assign]


def event_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """A call with one message."""
    record = {
        "messageId": "m-1",
        "receiptHandle": "r-1",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:Queue",
    }
    return {"Records": [record]}


def main() -> None:
    """Work on one message after the other, until there are no more or the fuse burns down."""
    global _minutes  # noqa: PLW0603 — the clock of this process
    engine = make_engine(lambda: address_of(Database(**json.loads(os.environ["DATABASE"]))))
    context = WorkContext(engine, lambda: NOW + timedelta(minutes=_minutes), SANDBOX_PASSWORD.format)
    unit_of_work.DatabaseWork = KillableWork  # type: ignore[misc]
    bootstrap.work_context = lambda: context  # type: ignore[assignment]
    bootstrap.give_back = lambda *_: None
    DEPENDENCIES[Messages] = Queue
    DEPENDENCIES[CompanyTasks] = lambda: CompanyTasks(
        bootstrap.open_work(), Queue(), Topic(), lambda *_: None
    )
    if os.environ.get("OUTBOX") == "off":
        work_without_outbox()
    for line in sys.stdin:
        message = json.loads(line)
        _minutes = message["minutes"]
        handler = calculate.handler if "number" in message["body"] else do_task.handler
        found = handler(event_of(message["body"]), CONTEXT)
        tell(done=not found["batchItemFailures"])


if __name__ == "__main__":
    main()
