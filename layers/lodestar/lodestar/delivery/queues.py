"""SQS: one message says which batch, or which company, has work."""

import json
from collections.abc import Sequence
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING

import boto3

from lodestar.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MESSAGES_PER_CALL = 10
"""The most that SQS takes in one call."""


@cache
def _client() -> "SQSClient":
    return boto3.client("sqs")


class SqsMessages:
    """Hints that there is work. A message that cannot be sent is no loss: the reconciler sends it again."""

    def __init__(self, settings: Settings) -> None:
        # The addresses are read when a message is sent: most functions have the one queue's only.
        self._settings = settings

    def batches(self, company_id: int, run_id: int, numbers: Sequence[int]) -> None:
        """One message for each batch."""
        for chunk in batched(numbers, MESSAGES_PER_CALL, strict=False):
            entries = [
                {
                    "Id": str(number),
                    "MessageBody": json.dumps({"company_id": company_id, "run_id": run_id, "number": number}),
                }
                for number in chunk
            ]
            _client().send_message_batch(QueueUrl=self._settings.batch_queue_url, Entries=entries)  # type: ignore[arg-type]  # plain dicts

    def publish(self, company_id: int) -> None:
        """There are notifications to publish."""
        body = json.dumps({"company_id": company_id})
        _client().send_message(QueueUrl=self._settings.publish_queue_url, MessageBody=body)
