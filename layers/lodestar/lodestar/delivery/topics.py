"""SNS: each company's alert topic, with filters so that each subscriber gets its channel only."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from lodestar.domain.refusals import Unavailable
from lodestar.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

MAX_SUBJECT_LENGTH = 100
"""Characters that SNS takes as an email's subject."""
_ATTRIBUTES = ("company_id", "severity", "category", "kpi", "channel")


@cache
def _client() -> "SNSClient":
    return boto3.client("sns")


class SnsTopics:
    """One topic for each company: `lodestar-<stage>-company-<id>`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def make(self, company_id: int) -> str:
        """Make (or find) the company's topic, with the Slack queue subscribed; its ARN.

        Raises:
            Unavailable: SNS does not make or subscribe it now.
        """
        name = f"lodestar-{self._settings.stage}-company-{company_id}"
        try:
            arn = _client().create_topic(Name=name)["TopicArn"]
            self._subscribe(arn, "sqs", self._settings.slack_queue_arn, "slack")
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("The company's alert topic cannot be made now.") from error
        return arn

    def publish(
        self, topic_arn: str, subject: str, body: Mapping[str, Any], subscription_ids: Sequence[int]
    ) -> None:
        """Send one notification to those of its channel, of whom addresses get it by these subscriptions.

        Raises:
            Unavailable: SNS does not take it now.
        """
        attributes = {
            name: {"DataType": "String", "StringValue": str(body[name])}
            for name in _ATTRIBUTES
            if name in body
        }
        if subscription_ids:  # without the attribute it passes no address's filter
            listed = json.dumps([str(each) for each in subscription_ids])
            attributes["subscriptions"] = {"DataType": "String.Array", "StringValue": listed}
        try:
            _client().publish(
                TopicArn=topic_arn,
                Subject=_one_line(subject),
                Message=json.dumps(body),
                MessageAttributes=attributes,  # type: ignore[arg-type]  # plain dicts
            )
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("The alert topic does not take messages now.") from error

    def subscribe_email(self, topic_arn: str, address: str, subscription_id: int) -> str:
        """Let an address have what is published for its subscription; the subscription's ARN.

        Raises:
            Unavailable: SNS does not subscribe it now.
        """
        own = {"subscriptions": [str(subscription_id)]}
        try:
            return self._subscribe(topic_arn, "email", address, "email", own)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("The alert topic does not take subscriptions now.") from error

    def unsubscribe(self, subscription_arn: str) -> None:
        """End a subscription; one that is gone stays so.

        Raises:
            Unavailable: SNS does not end it now.
        """
        gone = (_client().exceptions.NotFoundException, _client().exceptions.InvalidParameterException)
        try:
            # One that nobody has confirmed cannot be ended, and need not be: nothing is published for it.
            with suppress(*gone):
                _client().unsubscribe(SubscriptionArn=subscription_arn)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("The alert topic does not end subscriptions now.") from error

    def _subscribe(
        self,
        topic_arn: str,
        protocol: str,
        endpoint: str,
        channel: str,
        more: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> str:
        attributes = {"FilterPolicy": json.dumps({"channel": [channel], **more})}
        if protocol == "sqs":
            attributes["RawMessageDelivery"] = "true"
        return _client().subscribe(
            TopicArn=topic_arn,
            Protocol=protocol,
            Endpoint=endpoint,
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]


def _one_line(subject: str) -> str:
    """SNS refuses subjects that are long, or hold line breaks or anything but ASCII."""
    ascii_only = subject.encode("ascii", "replace").decode()
    return " ".join(ascii_only.split())[:MAX_SUBJECT_LENGTH]
