"""SQS: how full the queues are."""

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lodestar.application.operations.ports import QueueDepth
from lodestar.domain.refusals import Unavailable
from lodestar.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

WAITING: "QueueAttributeNameType" = "ApproximateNumberOfMessages"
IN_WORK: "QueueAttributeNameType" = "ApproximateNumberOfMessagesNotVisible"
MAX_SECONDS = 2
"""How long one queue may take: whoever asks wants to know that it cannot be read, too."""


@cache
def _client() -> "SQSClient":
    limits = Config(connect_timeout=MAX_SECONDS, read_timeout=MAX_SECONDS, retries={"total_max_attempts": 1})
    return boto3.client("sqs", config=limits)


class SqsQueues:
    """The queue of batches, and the dead-letter queues."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def depth(self) -> QueueDepth:
        """How full they are, about.

        Raises:
            Unavailable: SQS does not answer for one of them.
        """
        try:
            messages = _count(self._settings.batch_queue_url)
            return QueueDepth(messages, sum(map(_count, self._settings.dead_letter_queue_urls)))
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("The queues cannot be read; try again shortly.") from error


def _count(queue_url: str) -> int:
    found = _client().get_queue_attributes(QueueUrl=queue_url, AttributeNames=[WAITING, IN_WORK])
    return sum(int(count) for count in found["Attributes"].values())
