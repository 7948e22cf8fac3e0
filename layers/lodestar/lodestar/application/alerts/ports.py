"""What this room needs from outside, as its use cases use it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from lodestar.application.values.ports import ValueWork
from lodestar.domain.alerts import (
    AlertRule,
    AlertState,
    CloseReason,
    NotificationChannel,
    RuleState,
    Severity,
    WatchedAssignment,
)
from lodestar.domain.permissions import WatchedSubject
from lodestar.domain.targets import Target


@dataclass(frozen=True, slots=True)
class AlertFigures:
    """An alert as it stands: who misses what by how much."""

    rule_id: int
    assignment_id: int
    definition_id: int
    severity: Severity
    text: str
    value: Decimal
    target: Target
    period_start: date
    period_end: date


@dataclass(frozen=True, slots=True)
class Notification:
    """One message about an alert on one channel; `body` is what the channel makes its text of."""

    alert_id: int
    channel: NotificationChannel
    subject: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClaimedNotification:
    """A notification that the caller alone may send now, and how often that was tried, this time included."""

    id: int
    attempts: int
    notification: Notification


@dataclass(frozen=True, slots=True)
class Subscription:
    """An address outside that gets alerts: those that its maker may see when they are sent."""

    id: int
    channel: NotificationChannel
    address: str
    subscription_arn: str
    created_by: int


@dataclass(frozen=True, slots=True)
class FiringAlert:
    """An alert that fires, and the period that it is about."""

    id: int
    assignment_id: int
    definition_id: int
    period_start: date
    period_end: date


class AlertStore(Protocol):
    """Alert rules, alerts and their notifications, of the bound company."""

    def add_rule(self, rule: AlertRule, author_id: int, at: datetime) -> int:
        """Insert a rule; its id."""

    def active_rules(self, definition_ids: Collection[int]) -> list[AlertRule]:
        """The active rules of these definitions."""

    def rule_states(self, rule_ids: Collection[int]) -> Mapping[WatchedAssignment, RuleState]:
        """What they remember of each assignment that they have judged."""

    def open_alerts(self, alerts: Sequence[AlertFigures], at: datetime) -> list[int]:
        """Insert firing alerts; their ids in the same order."""

    def update_alerts(self, alerts: Mapping[int, AlertFigures], state: AlertState, at: datetime) -> None:
        """Write new figures of alerts by id, and whether they go on or are over."""

    def firing_alerts(self) -> list[FiringAlert]:
        """All alerts that fire, in the order of their ids; nobody else ends them until then."""

    def close_alerts(self, alert_ids: Collection[int], reason: CloseReason, at: datetime) -> None:
        """End these alerts; their rules forget the misses that they have counted."""

    def save_rule_states(self, states: Mapping[WatchedAssignment, RuleState]) -> None:
        """Write what the rules remember of each assignment."""

    def add_subscription(
        self, channel: NotificationChannel, address: str, made_by: int, at: datetime
    ) -> int | None:
        """Insert a subscription, or begin an ended one of the address anew; its id, None: there is one."""

    def name_subscription(self, subscription_id: int, arn: str) -> None:
        """Remember by which name the topic knows a subscription."""

    def subscriptions(self) -> list[Subscription]:
        """All that are not ended, in the order of their ids."""

    def subscription_for_update(self, subscription_id: int) -> Subscription | None:
        """The one of that id, unless it is ended; nobody else ends it meanwhile."""

    def end_subscription(self, subscription_id: int, at: datetime) -> None:
        """Let an address have no more."""

    def watched_subject(self, alert_id: int) -> WatchedSubject:
        """Whose KPI an alert is about."""

    def add_notifications(self, notifications: Sequence[Notification], at: datetime) -> None:
        """Put notifications in the outbox."""

    def claim_notification(self, at: datetime, lease_until: datetime) -> ClaimedNotification | None:
        """One waiting notification that is due, leased to the caller; others skip it meanwhile."""

    def mark_sent(self, notification_id: int, at: datetime) -> None:
        """It left."""

    def mark_failed(self, notification_id: int, error: str, retry_at: datetime | None) -> None:
        """It did not leave; None gives up."""

    def claim_delivery(self, notification_id: int, subscriber: NotificationChannel) -> bool:
        """Lock a delivery until the transaction ends; False: that subscriber has had the notification."""

    def mark_delivered(self, notification_id: int, subscriber: NotificationChannel, at: datetime) -> None:
        """The subscriber has it now."""

    def mark_delivery_failed(self, notification_id: int, subscriber: NotificationChannel, error: str) -> None:
        """An attempt failed."""


class AlertWork(ValueWork, Protocol):
    """A unit of work as this room uses it."""

    @property
    def alerts(self) -> AlertStore:
        """Alert rules, alerts and their notifications, of the bound company."""


class Topics(Protocol):
    """A company's alert topic."""

    def make(self, company_id: int) -> str:
        """Make (or find) the company's topic, with the Slack queue subscribed; its ARN.

        Unavailable: it cannot be made now.
        """

    def publish(
        self, topic_arn: str, subject: str, body: Mapping[str, Any], subscription_ids: Sequence[int]
    ) -> None:
        """Send one notification to those of its channel, of whom addresses get it by these subscriptions.

        Unavailable: the topic does not take it now.
        """

    def subscribe_email(self, topic_arn: str, address: str, subscription_id: int) -> str:
        """Let an address have what is published for its subscription; the subscription's ARN.

        Unavailable: the topic does not take it now.
        """

    def unsubscribe(self, subscription_arn: str) -> None:
        """End a subscription; one that is gone stays so. Unavailable: not now."""


class Chat(Protocol):
    """A company's chat."""

    def post(self, company_id: int, body: Mapping[str, Any]) -> None:
        """Post one notification. Unavailable: it may work later."""
