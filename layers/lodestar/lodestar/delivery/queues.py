"""SQS: one message says which batch has work, or which task a company has.

Every message names its company as its group, so that the queue is fair: the backlog of one company does not
stand before the messages of another.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING, Any

import boto3

from lodestar.application.operations.task_messages import task_to_message
from lodestar.domain.refusals import Unavailable
from lodestar.domain.runs import SentBatch
from lodestar.domain.tasks import CompanyTask, TaskKind
from lodestar.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MESSAGES_PER_CALL = 10
"""The most that SQS takes in one call."""


@cache
def _client() -> "SQSClient":
    return boto3.client("sqs")


class SqsMessages:
    """Hints that there is work. A message that cannot be sent is no loss: upkeep sends it again."""

    def __init__(self, settings: Settings) -> None:
        # The addresses are read when a message is sent: most functions have the one queue's only.
        self._settings = settings

    def batches(self, company_id: int, batches: Sequence[SentBatch]) -> None:
        """One message for each batch. Unavailable: not all of them could be sent."""
        _send(
            self._settings.batch_queue_url, [{"company_id": company_id, **asdict(sent)} for sent in batches]
        )

    def publish(self, company_id: int, wait: timedelta = timedelta(0)) -> None:
        """There are notifications to publish, now or after a while of at most 15 minutes."""
        task = task_to_message(CompanyTask(TaskKind.RELAY, company_id))
        _send(self._settings.task_queue_url, [task], wait)


class SqsTaskQueue:
    """The queue of companies' tasks. What cannot be sent is no loss: the next tick sends it again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, tasks: Sequence[CompanyTask]) -> None:
        """Send each as a message of its own. Unavailable: not all of them could be sent."""
        _send(self._settings.task_queue_url, [task_to_message(task) for task in tasks])


def _send(queue_url: str, messages: Sequence[Mapping[str, Any]], wait: timedelta = timedelta(0)) -> None:
    refused = 0
    for chunk in batched(messages, MESSAGES_PER_CALL, strict=False):
        entries = [
            {
                "Id": str(position),
                "MessageBody": json.dumps(message),
                "MessageGroupId": str(message["company_id"]),
                "DelaySeconds": int(wait.total_seconds()),
            }
            for position, message in enumerate(chunk)
        ]
        answer = _client().send_message_batch(QueueUrl=queue_url, Entries=entries)  # type: ignore[arg-type]  # plain dicts
        refused += len(answer.get("Failed", ()))
    if refused:
        raise Unavailable(f"The queue did not take {refused} of {len(messages)} messages.")
