"""A company's topic and its Slack in memory, with the faults that a network has."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lodestar.domain.refusals import Unavailable


class Crash(Exception):
    """The function dies here, as a process does: nothing after it runs."""


@dataclass
class FakeTopics:
    """A topic that refuses, or lets its publisher die, as a script of faults says."""

    faults: list[str] = field(default_factory=list)
    published: Counter[int] = field(default_factory=Counter)
    messages: list[Mapping[str, Any]] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    made: int = 0
    refused: set[int] = field(default_factory=set)
    """Companies whose topic cannot be made."""
    subscribed: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Topic and id of each subscription, by its ARN."""
    told: list[Sequence[int]] = field(default_factory=list)
    """The subscriptions that each message was for."""

    def make(self, company_id: int) -> str:
        if company_id in self.refused:
            raise Unavailable("The company's alert topic cannot be made now.")
        self.made += 1
        return f"topic-{company_id}"

    def subscribe_email(self, topic_arn: str, address: str, subscription_id: int) -> str:
        arn = f"{topic_arn}:{address}"
        self.subscribed[arn] = (topic_arn, subscription_id)
        return arn

    def unsubscribe(self, subscription_arn: str) -> None:
        self.subscribed.pop(subscription_arn, None)

    def publish(
        self, topic_arn: str, subject: str, body: Mapping[str, Any], subscription_ids: Sequence[int]
    ) -> None:
        fault = self.faults.pop(0) if self.faults else "none"
        if fault == "refuse":
            raise Unavailable("SNS is away.")
        self.published[body["notification_id"]] += 1
        self.messages.append(body)
        self.subjects.append(subject)
        self.told.append(subscription_ids)
        if fault == "die_after":
            raise Crash


@dataclass
class FakeChat:
    """A chat that refuses as often as it is told to."""

    refusals: int = 0
    posted: list[Mapping[str, Any]] = field(default_factory=list)

    def post(self, company_id: int, body: Mapping[str, Any]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("Slack answers 429.")
        self.posted.append(body)
