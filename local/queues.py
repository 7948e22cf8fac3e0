"""Event sources: what takes messages from a queue, calls a function with them and deletes what it did."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from logging import getLogger
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.aws import ACCOUNT, REGION, Aws
from local.functions import Function, Functions, Outcome
from local.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MAX_RECEIVE = 10  # what one request to SQS may return
WAIT_SECONDS = 1  # a long poll; short, because the runner's end waits for it
RETRY_SECONDS = 1

_COUNTS: tuple["QueueAttributeNameType", ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)

log = getLogger(__name__)

type Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Batching:
    """How many messages a call takes, how many seconds it waits for them, how many calls run at once."""

    size: int = 10
    window: float = 0
    partial: bool = False
    concurrency: int = 1


class EventSource:
    """One queue that feeds one function."""

    def __init__(self, queue_url: str, function: Function, batching: Batching, aws: Aws) -> None:
        self.queue_url = queue_url
        self._function = function
        self._batching = batching
        self._aws = aws
        self._slots = asyncio.Semaphore(batching.concurrency)

    async def run(self) -> None:
        """Take and hand over messages until cancelled."""
        async with asyncio.TaskGroup() as calls:
            while True:
                await self._slots.acquire()
                messages = await self._gather()
                if messages:
                    calls.create_task(self._process(messages))
                else:
                    self._slots.release()

    def event(self, messages: "list[MessageTypeDef]") -> Event:
        """The event that carries the messages to the function."""
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.queue_url.rsplit('/', 1)[1]}"
        return {"Records": [_sqs_record(message, arn) for message in messages]}

    async def _gather(self) -> "list[MessageTypeDef]":
        """Wait for messages; with a window, until the batch is full or the window closes."""
        loop = asyncio.get_running_loop()
        messages = await self._receive(self._batching.size)
        closes = loop.time() + self._batching.window
        while messages and len(messages) < self._batching.size and loop.time() < closes:
            messages += await self._receive(self._batching.size - len(messages))
        return messages

    async def _receive(self, limit: int) -> "list[MessageTypeDef]":
        try:
            answer = await asyncio.to_thread(
                self._aws.sqs.receive_message,
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=min(limit, MAX_RECEIVE),
                WaitTimeSeconds=WAIT_SECONDS,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        except (BotoCoreError, ClientError) as trouble:
            log.warning("%s could not be read, trying again: %s", self.queue_url, trouble)
            await asyncio.sleep(RETRY_SECONDS)
            return []
        return answer.get("Messages", [])

    async def _process(self, messages: "list[MessageTypeDef]") -> None:
        """Call the function; what it did is deleted, the rest comes back after the visibility timeout."""
        try:
            outcome = await self._function.invoke(self.event(messages))
            failed = self._failed(messages, outcome)
            await self._delete([message for message in messages if message["MessageId"] not in failed])
        finally:
            self._slots.release()

    def _failed(self, messages: "list[MessageTypeDef]", outcome: Outcome) -> set[str]:
        """The ids of the messages to keep; an answer that names an unknown message keeps them all."""
        every = {message["MessageId"] for message in messages}
        if outcome.failed:
            return every
        if not self._batching.partial or not isinstance(outcome.payload, dict):
            return set()
        failures = outcome.payload.get("batchItemFailures") or []
        named = {failure.get("itemIdentifier", "") for failure in failures}
        return named if named <= every else every

    async def _delete(self, messages: "list[MessageTypeDef]") -> None:
        for start in range(0, len(messages), MAX_RECEIVE):
            part = messages[start : start + MAX_RECEIVE]
            await asyncio.to_thread(
                self._aws.sqs.delete_message_batch,
                QueueUrl=self.queue_url,
                Entries=[{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(part)],
            )


class TopicSource(EventSource):
    """The inner queue between a topic and a function: one notification a call, in SNS's own event."""

    def event(self, messages: "list[MessageTypeDef]") -> Event:
        """The event as SNS sends it; the queue's envelope is not shown to the function."""
        return {"Records": [_sns_record(json.loads(message["Body"])) for message in messages]}


def event_sources(stack: Stack, functions: Functions, aws: Aws) -> Iterator[EventSource]:
    """Every event source of the template, and one for each function that is subscribed to a topic."""
    for name, _ in stack.template.of("AWS::Lambda::EventSourceMapping"):
        properties = stack.template.properties(name)
        function = functions.by_arn(properties["FunctionName"])
        scaling = properties.get("ScalingConfig", {})
        batching = Batching(
            size=properties.get("BatchSize", 10),
            window=properties.get("MaximumBatchingWindowInSeconds", 0),
            partial="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
            concurrency=scaling.get("MaximumConcurrency", function.plan.concurrency),
        )
        yield EventSource(stack.queue_url(properties["EventSourceArn"]), function, batching, aws)
    for inbox in stack.inboxes:
        yield TopicSource(inbox.queue_url, functions.by_arn(inbox.function_arn), Batching(size=1), aws)


def waiting_messages(queue_url: str, aws: Aws) -> int:
    """How many messages a queue holds: visible, in work and delayed."""
    answer = aws.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=list(_COUNTS))["Attributes"]
    return sum(int(answer[name]) for name in _COUNTS)


def _sqs_record(message: "MessageTypeDef", arn: str) -> Event:
    attributes = message.get("MessageAttributes", {})
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {name: _small_first_letters(dict(value)) for name, value in attributes.items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": REGION,
    }


def _sns_record(notification: Event) -> Event:
    return {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": notification["TopicArn"],
        "Sns": notification,
    }


def _small_first_letters(value: dict[str, Any]) -> dict[str, Any]:
    return {name[0].lower() + name[1:]: part for name, part in value.items()}
