"""An outbox and its subscribers in memory, with the faults that a network has."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from lodestar.application.unit_of_work import UnitOfWork
from lodestar.domain.refusals import Unavailable


class Crash(Exception):
    """The function dies here, as a process does: nothing after it runs."""


@dataclass
class Row:
    """A notification in the outbox."""

    id: int
    not_before: datetime
    state: str = "waiting"
    attempts: int = 0
    error: str | None = None


@dataclass
class Office:
    """A company's outbox and deliveries behind a unit of work; time moves when it is told to."""

    waiting: int
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    rows: list[Row] = field(default_factory=list)
    had: set[tuple[int, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rows = [Row(number, self.now) for number in range(1, self.waiting + 1)]

    @contextmanager
    def open_work(self, company_id: int) -> Iterator[UnitOfWork]:
        """The unit of work of the only company here."""
        del company_id
        yield cast("UnitOfWork", self)

    @property
    def alerts(self) -> "Office":
        return self

    def commit(self) -> None:
        """Everything is written at once here."""

    def claim_notification(self, at: datetime, lease_until: datetime) -> Mapping[str, Any] | None:
        due = next((each for each in self.rows if each.state == "waiting" and each.not_before <= at), None)
        if due is None:
            return None
        due.not_before, due.attempts = lease_until, due.attempts + 1
        return {"id": due.id, "subject": "WARNING", "channel": "slack", "attempts": due.attempts, "body": {}}

    def mark_sent(self, notification_id: int, at: datetime) -> None:
        self.rows[notification_id - 1].state = "sent"

    def mark_failed(self, notification_id: int, error: str, retry_at: datetime | None) -> None:
        row = self.rows[notification_id - 1]
        row.error, row.not_before = error, retry_at or row.not_before
        row.state = "waiting" if retry_at else "dead"

    def claim_delivery(self, notification_id: int, subscriber: str) -> bool:
        return (notification_id, subscriber) not in self.had

    def mark_delivered(self, notification_id: int, subscriber: str, at: datetime) -> None:
        self.had.add((notification_id, subscriber))

    def mark_delivery_failed(self, notification_id: int, subscriber: str, error: str) -> None:
        self.rows[notification_id - 1].error = error

    def wait(self, how_long: timedelta) -> None:
        """Let time pass."""
        self.now += how_long


@dataclass
class Topic:
    """A topic that fails or lets its publisher die, as a script of faults says."""

    faults: list[str]
    published: Counter[int] = field(default_factory=Counter)

    def make(self, company_id: int) -> str:
        return f"topic-{company_id}"

    def subscribe_email(self, topic_arn: str, address: str) -> str:
        raise NotImplementedError

    def publish(self, topic_arn: str, subject: str, body: Mapping[str, Any]) -> None:
        fault = self.faults.pop(0) if self.faults else "none"
        if fault == "refuse":
            raise Unavailable("SNS is away.")
        self.published[body["notification_id"]] += 1
        if fault == "die_after":
            raise Crash


@dataclass
class Channel:
    """A chat that refuses as often as it is told to."""

    refusals: int = 0
    posted: list[Mapping[str, Any]] = field(default_factory=list)

    def post(self, company_id: int, body: Mapping[str, Any]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("Slack answers 429.")
        self.posted.append(body)
