"""Alert rules, their memory, alerts and the outbox."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from lodestar.application.alerts.ports import AlertFigures, ClaimedNotification, Notification
from lodestar.domain.alerts import (
    AlertRule,
    AlertState,
    AlertType,
    ConditionState,
    NotificationChannel,
    RuleState,
    Severity,
    WatchedAssignment,
)
from lodestar.domain.assignments import SubjectType
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.tables import alert_rules
from lodestar.wire.exact_json import to_json

_FIGURES = """jsonb_to_recordset(cast(:rows as jsonb)) as t(id bigint, rule_id bigint,
  assignment_id bigint, definition_id bigint, severity text, text text, value numeric, target_low numeric,
  target_high numeric, period_start date, period_end date)"""

_OPEN = f"""
insert into lodestar.alerts (company_id, rule_id, assignment_id, definition_id, state, severity, text, value,
  target_low, target_high, period_start, period_end, opened_at, updated_at)
select :company, t.rule_id, t.assignment_id, t.definition_id, 'firing', t.severity, t.text, t.value,
  t.target_low, t.target_high, t.period_start, t.period_end, :at, :at
from {_FIGURES}
returning id, rule_id, assignment_id"""

_UPDATE = f"""
update lodestar.alerts a set state = :state, severity = t.severity, text = t.text, value = t.value,
  target_low = t.target_low, target_high = t.target_high, period_start = t.period_start,
  period_end = t.period_end, updated_at = :at,
  resolved_at = case when :state = 'resolved' then cast(:at as timestamptz) end
from {_FIGURES}
where a.company_id = :company and a.id = t.id"""

_REMEMBER = """
insert into lodestar.alert_states
  (company_id, rule_id, assignment_id, state, hits, period_start, revision, alert_id)
select :company, t.* from jsonb_to_recordset(cast(:rows as jsonb)) as t(rule_id bigint, assignment_id bigint,
  state text, hits smallint, period_start date, revision integer, alert_id bigint)
on conflict (company_id, rule_id, assignment_id) do update set
  state = excluded.state, hits = excluded.hits, period_start = excluded.period_start,
  revision = excluded.revision, alert_id = excluded.alert_id"""

_NOTIFY = """
insert into lodestar.notifications (company_id, alert_id, channel, subject, body, not_before)
select :company, t.alert_id, t.channel, t.subject, t.body, :at
from jsonb_to_recordset(cast(:rows as jsonb)) as t(alert_id bigint, channel text, subject text, body jsonb)"""

# SKIP LOCKED: two relays at once take different rows; the lease hides the row until its send is over.
_CLAIM = """
update lodestar.notifications n set attempts = n.attempts + 1, not_before = :lease_until
where n.company_id = :company and n.id = (
  select id from lodestar.notifications
  where company_id = :company and state = 'waiting' and not_before <= :at
  order by not_before, id limit 1 for update skip locked)
returning n.id, n.alert_id, n.channel, n.subject, n.body, n.attempts"""


class SqlAlertRules(SqlStore):
    """Alert rules of the bound company and what they remember."""

    def add_rule(self, rule: AlertRule, author_id: int, at: datetime) -> int:
        """Insert a rule; its id."""
        statement = insert(alert_rules).values(
            company_id=self._session.company_id,
            definition_id=rule.definition_id,
            alert_type=rule.alert_type,
            threshold_percentage=rule.threshold_percentage,
            recovery_percentage=rule.recovery_percentage,
            consecutive_periods=rule.consecutive_periods,
            severity=rule.severity,
            notification_channels=list(rule.channels),
            applies_to=list(rule.applies_to),
            evaluate_open=rule.evaluate_open,
            created_by=author_id,
            created_at=at,
        )
        return self._session.insert(statement.returning(alert_rules.c.id))

    def active_rules(self, definition_ids: Collection[int]) -> list[AlertRule]:
        """The active rules of these definitions."""
        rows = self._session.rows(
            "select * from lodestar.alert_rules where company_id = :company and is_active "
            "and definition_id = any(cast(:ids as bigint[])) order by id",
            ids=array(list(definition_ids)),
        )
        return [_rule(row) for row in rows]

    def rule_states(self, rule_ids: Collection[int]) -> Mapping[WatchedAssignment, RuleState]:
        """What they remember of each assignment that they have judged."""
        rows = self._session.rows(
            "select * from lodestar.alert_states where company_id = :company "
            "and rule_id = any(cast(:ids as bigint[]))",
            ids=array(list(rule_ids)),
        )
        return {WatchedAssignment(row["rule_id"], row["assignment_id"]): _rule_state(row) for row in rows}


class SqlAlerts(SqlStore):
    """Alerts of the bound company, many at a time."""

    def open_alerts(self, alerts: Sequence[AlertFigures], at: datetime) -> list[int]:
        """Insert firing alerts; their ids in the same order."""
        if not alerts:
            return []
        rows = self._session.rows(_OPEN, rows=to_json([_figures(alert) for alert in alerts]), at=at)
        # `returning` gives rows in no order that could be relied on.
        ids = {(row["rule_id"], row["assignment_id"]): row["id"] for row in rows}
        return [ids[alert.rule_id, alert.assignment_id] for alert in alerts]

    def update_alerts(self, alerts: Mapping[int, AlertFigures], state: AlertState, at: datetime) -> None:
        """Write new figures of alerts by id, and whether they go on or are over."""
        if alerts:
            rows = [_figures(alert) | {"id": alert_id} for alert_id, alert in alerts.items()]
            self._session.run(_UPDATE, rows=to_json(rows), state=state, at=at)

    def save_rule_states(self, states: Mapping[WatchedAssignment, RuleState]) -> None:
        """Write what the rules remember of each assignment."""
        rows = [
            {
                "rule_id": watched.rule_id,
                "assignment_id": watched.assignment_id,
                "state": state.state,
                "hits": state.hits,
                "period_start": state.period_start,
                "revision": state.revision,
                "alert_id": state.alert_id,
            }
            for watched, state in states.items()
        ]
        if rows:
            self._session.run(_REMEMBER, rows=to_json(rows))

    def add_notifications(self, notifications: Sequence[Notification], at: datetime) -> None:
        """Put notifications in the outbox."""
        if notifications:
            rows = [
                {
                    "alert_id": notification.alert_id,
                    "channel": notification.channel,
                    "subject": notification.subject,
                    "body": notification.body,
                }
                for notification in notifications
            ]
            self._session.run(_NOTIFY, rows=to_json(rows), at=at)


class SqlOutbox(SqlStore):
    """Notifications of the bound company on their way out."""

    def claim_notification(self, at: datetime, lease_until: datetime) -> ClaimedNotification | None:
        """One waiting notification that is due, leased to the caller; others skip it meanwhile."""
        row = self._session.row(_CLAIM, at=at, lease_until=lease_until)
        return None if row is None else _claimed(row)

    def mark_sent(self, notification_id: int, at: datetime) -> None:
        """It left."""
        self._session.run(
            "update lodestar.notifications set state = 'sent', sent_at = :at, error = null "
            "where company_id = :company and id = :id",
            id=notification_id,
            at=at,
        )

    def mark_failed(self, notification_id: int, error: str, retry_at: datetime | None) -> None:
        """It did not leave; None gives up."""
        self._session.run(
            "update lodestar.notifications set error = :error, "
            "state = case when cast(:retry_at as timestamptz) is null then 'dead' else state end, "
            "not_before = coalesce(cast(:retry_at as timestamptz), not_before) "
            "where company_id = :company and id = :id",
            id=notification_id,
            error=error,
            retry_at=retry_at,
        )


class SqlDeliveries(SqlStore):
    """A subscriber's own marks."""

    def claim_delivery(self, notification_id: int, subscriber: NotificationChannel) -> bool:
        """Lock a delivery until the transaction ends; False: that subscriber has had the notification."""
        # The row is locked by itself, not the notification's: other subscribers deliver at the same time.
        self._session.run(
            "insert into lodestar.deliveries (company_id, notification_id, subscriber) "
            "values (:company, :id, :subscriber) on conflict do nothing",
            id=notification_id,
            subscriber=subscriber,
        )
        return bool(
            self._session.value(
                "select delivered_at is null from lodestar.deliveries where company_id = :company "
                "and notification_id = :id and subscriber = :subscriber for update",
                id=notification_id,
                subscriber=subscriber,
            )
        )

    def mark_delivered(self, notification_id: int, subscriber: NotificationChannel, at: datetime) -> None:
        """The subscriber has it now."""
        self._mark(notification_id, subscriber, at, None)

    def mark_delivery_failed(self, notification_id: int, subscriber: NotificationChannel, error: str) -> None:
        """An attempt failed."""
        self._mark(notification_id, subscriber, None, error)

    def _mark(
        self, notification_id: int, subscriber: NotificationChannel, at: datetime | None, error: str | None
    ) -> None:
        self._session.run(
            "update lodestar.deliveries set attempts = attempts + 1, delivered_at = :at, error = :error "
            "where company_id = :company and notification_id = :id and subscriber = :subscriber",
            id=notification_id,
            subscriber=subscriber,
            at=at,
            error=error,
        )


class SqlAlertStore(SqlAlertRules, SqlAlerts, SqlOutbox, SqlDeliveries):
    """Alert rules, alerts and their notifications, of the bound company."""


def _rule(row: Mapping[str, Any]) -> AlertRule:
    return AlertRule(
        id=row["id"],
        definition_id=row["definition_id"],
        alert_type=AlertType(row["alert_type"]),
        threshold_percentage=row["threshold_percentage"],
        recovery_percentage=row["recovery_percentage"],
        consecutive_periods=row["consecutive_periods"],
        severity=None if row["severity"] is None else Severity(row["severity"]),
        channels=tuple(map(NotificationChannel, row["notification_channels"])),
        applies_to=tuple(map(SubjectType, row["applies_to"])),
        evaluate_open=row["evaluate_open"],
    )


def _rule_state(row: Mapping[str, Any]) -> RuleState:
    return RuleState(
        state=ConditionState(row["state"]),
        hits=row["hits"],
        period_start=row["period_start"],
        revision=row["revision"],
        alert_id=row["alert_id"],
    )


def _claimed(row: Mapping[str, Any]) -> ClaimedNotification:
    notification = Notification(
        row["alert_id"], NotificationChannel(row["channel"]), row["subject"], row["body"]
    )
    return ClaimedNotification(row["id"], row["attempts"], notification)


def _figures(alert: AlertFigures) -> dict[str, Any]:
    return {
        "rule_id": alert.rule_id,
        "assignment_id": alert.assignment_id,
        "definition_id": alert.definition_id,
        "severity": alert.severity,
        "text": alert.text,
        "value": alert.value,
        "target_low": alert.target.low,
        "target_high": alert.target.high,
        "period_start": alert.period_start,
        "period_end": alert.period_end,
    }
