"""SQS: one message says which batch, or which company, has work."""

import json
from collections.abc import Sequence
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MESSAGES_PER_CALL = 10
"""The most that SQS takes in one call."""


@cache
def _client() -> "SQSClient":
    return boto3.client("sqs")


class SqsMessages:
    """Hints that there is work. A message that cannot be sent is no loss: the reconciler sends it again."""

    def __init__(self, batch_queue_url: str, publish_queue_url: str) -> None:
        self._batches = batch_queue_url
        self._publish = publish_queue_url

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
            _client().send_message_batch(QueueUrl=self._batches, Entries=entries)  # type: ignore[arg-type]  # plain dicts

    def publish(self, company_id: int) -> None:
        """There are notifications to publish."""
        _client().send_message(QueueUrl=self._publish, MessageBody=json.dumps({"company_id": company_id}))
