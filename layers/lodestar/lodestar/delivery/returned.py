"""SQS: a message that failed comes back soon, and not only when its visibility timeout ends."""

import random
from functools import cache
from logging import getLogger
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

logger = getLogger(__name__)

FIRST_DELAY = 5
"""Seconds after the first receive; each further one doubles them."""
LONGEST_DELAY = 900
_MAX_SECONDS = 2


@cache
def _client() -> "SQSClient":
    limits = Config(
        connect_timeout=_MAX_SECONDS, read_timeout=_MAX_SECONDS, retries={"total_max_attempts": 2}
    )
    return boto3.client("sqs", config=limits)


def delay_after(receives: int) -> int:
    """Seconds until a message that was received so often comes back.

    They are drawn, so that the messages of one fault do not come back at one moment.
    """
    longest = min(LONGEST_DELAY, FIRST_DELAY << (receives - 1))
    return random.randint(longest // 2, longest)  # noqa: S311 — jitter, not a secret


def give_back(queue_arn: str, receipt_handle: str, receives: int) -> None:
    """Let a message come back after `delay_after`.

    If SQS does not take that, it comes back after its visibility timeout.
    """
    account, name = queue_arn.split(":")[-2:]
    try:
        client = _client()
        client.change_message_visibility(
            QueueUrl=f"{client.meta.endpoint_url}/{account}/{name}",
            ReceiptHandle=receipt_handle,
            VisibilityTimeout=delay_after(receives),
        )
    except (BotoCoreError, ClientError):
        logger.warning("The message waits for its visibility timeout.", exc_info=True)
