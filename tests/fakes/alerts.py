"""The store of the room `alerts` in memory: `application.alerts.ports.AlertStore` on plain dictionaries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from lodestar.application.alerts.ports import (
    AlertFigures,
    ClaimedNotification,
    FiringAlert,
    Notification,
    Subscription,
)
from lodestar.domain.alerts import (
    AlertRule,
    AlertState,
    CloseReason,
    ConditionState,
    NotificationChannel,
    NotificationState,
    RuleState,
    WatchedAssignment,
)
from lodestar.domain.permissions import WatchedSubject


@dataclass
class StoredAlert:
    """An alert as its row has it."""

    figures: AlertFigures
    state: AlertState
    opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None = None
    close_reason: CloseReason | None = None


@dataclass
class StoredNotification:
    """A notification in the outbox."""

    notification: Notification
    not_before: datetime
    state: NotificationState = NotificationState.WAITING
    attempts: int = 0
    error: str | None = None
    sent_at: datetime | None = None


@dataclass
class StoredDelivery:
    """A subscriber's own mark."""

    attempts: int = 0
    delivered_at: datetime | None = None
    error: str | None = None


@dataclass
class FakeAlerts:
    """Ids count from 1, in the order in which things came."""

    rules: dict[int, AlertRule] = field(default_factory=dict)
    states: dict[WatchedAssignment, RuleState] = field(default_factory=dict)
    alerts: dict[int, StoredAlert] = field(default_factory=dict)
    outbox: dict[int, StoredNotification] = field(default_factory=dict)
    deliveries: dict[tuple[int, NotificationChannel], StoredDelivery] = field(default_factory=dict)

    watched: dict[int, WatchedSubject] = field(default_factory=dict)
    """Whose KPI an alert is about, by the alert."""
    kept_subscriptions: dict[int, Subscription] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)

    def add_subscription(
        self, channel: NotificationChannel, address: str, made_by: int, at: datetime
    ) -> int | None:
        known = {(each.channel, each.address): each.id for each in self.kept_subscriptions.values()}
        found = known.get((channel, address))
        if found is not None and found not in self.ended:
            return None
        new_id = found or len(self.kept_subscriptions) + 1
        self.ended.discard(new_id)
        self.kept_subscriptions[new_id] = Subscription(new_id, channel, address, "", made_by)
        return new_id

    def name_subscription(self, subscription_id: int, arn: str) -> None:
        named = replace(self.kept_subscriptions[subscription_id], subscription_arn=arn)
        self.kept_subscriptions[subscription_id] = named

    def subscriptions(self) -> list[Subscription]:
        return [each for each in self.kept_subscriptions.values() if each.id not in self.ended]

    def subscription_for_update(self, subscription_id: int) -> Subscription | None:
        return next((each for each in self.subscriptions() if each.id == subscription_id), None)

    def end_subscription(self, subscription_id: int, at: datetime) -> None:
        self.ended.add(subscription_id)

    def watched_subject(self, alert_id: int) -> WatchedSubject:
        return self.watched[alert_id]

    def add_rule(self, rule: AlertRule, author_id: int, at: datetime) -> int:
        rule_id = len(self.rules) + 1
        self.rules[rule_id] = replace(rule, id=rule_id)
        return rule_id

    def active_rules(self, definition_ids: Collection[int]) -> list[AlertRule]:
        return [rule for rule in self.rules.values() if rule.definition_id in definition_ids]

    def rule_states(self, rule_ids: Collection[int]) -> Mapping[WatchedAssignment, RuleState]:
        return {watched: state for watched, state in self.states.items() if watched.rule_id in rule_ids}

    def open_alerts(self, alerts: Sequence[AlertFigures], at: datetime) -> list[int]:
        first = len(self.alerts) + 1
        for alert_id, figures in enumerate(alerts, first):
            self.alerts[alert_id] = StoredAlert(figures, AlertState.FIRING, opened_at=at, updated_at=at)
        return list(range(first, first + len(alerts)))

    def update_alerts(self, alerts: Mapping[int, AlertFigures], state: AlertState, at: datetime) -> None:
        for alert_id, figures in alerts.items():
            stored = self.alerts[alert_id]
            stored.figures, stored.state, stored.updated_at = figures, state, at
            stored.resolved_at = at if state is AlertState.RESOLVED else None

    def firing_alerts(self) -> list[FiringAlert]:
        return [
            FiringAlert(
                alert_id,
                stored.figures.assignment_id,
                stored.figures.definition_id,
                stored.figures.period_start,
                stored.figures.period_end,
            )
            for alert_id, stored in self.alerts.items()
            if stored.state is AlertState.FIRING
        ]

    def close_alerts(self, alert_ids: Collection[int], reason: CloseReason, at: datetime) -> None:
        for alert_id in alert_ids:
            stored = self.alerts[alert_id]
            stored.state, stored.close_reason, stored.updated_at = AlertState.CLOSED, reason, at
            watched = WatchedAssignment(stored.figures.rule_id, stored.figures.assignment_id)
            if watched in self.states:
                self.states[watched] = replace(
                    self.states[watched], state=ConditionState.OK, hits=0, alert_id=None
                )

    def save_rule_states(self, states: Mapping[WatchedAssignment, RuleState]) -> None:
        self.states |= states

    def add_notifications(self, notifications: Sequence[Notification], at: datetime) -> None:
        for notification in notifications:
            self.outbox[len(self.outbox) + 1] = StoredNotification(notification, not_before=at)

    def claim_notification(self, at: datetime, lease_until: datetime) -> ClaimedNotification | None:
        due = [
            (stored.not_before, number)
            for number, stored in self.outbox.items()
            if stored.state is NotificationState.WAITING and stored.not_before <= at
        ]
        if not due:
            return None
        _, number = min(due)
        stored = self.outbox[number]
        stored.not_before, stored.attempts = lease_until, stored.attempts + 1
        return ClaimedNotification(number, stored.attempts, stored.notification)

    def mark_sent(self, notification_id: int, at: datetime) -> None:
        stored = self.outbox[notification_id]
        stored.state, stored.sent_at, stored.error = NotificationState.SENT, at, None

    def mark_failed(self, notification_id: int, error: str, retry_at: datetime | None) -> None:
        stored = self.outbox[notification_id]
        stored.error, stored.not_before = error, retry_at or stored.not_before
        stored.state = stored.state if retry_at else NotificationState.DEAD

    def claim_delivery(self, notification_id: int, subscriber: NotificationChannel) -> bool:
        stored = self.deliveries.setdefault((notification_id, subscriber), StoredDelivery())
        return stored.delivered_at is None

    def mark_delivered(self, notification_id: int, subscriber: NotificationChannel, at: datetime) -> None:
        stored = self.deliveries[notification_id, subscriber]
        stored.attempts, stored.delivered_at, stored.error = stored.attempts + 1, at, None

    def mark_delivery_failed(self, notification_id: int, subscriber: NotificationChannel, error: str) -> None:
        stored = self.deliveries[notification_id, subscriber]
        stored.attempts, stored.delivered_at, stored.error = stored.attempts + 1, None, error
