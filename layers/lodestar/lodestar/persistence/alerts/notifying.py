"""The outbox, and the marks of those who had what left it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lodestar.application.alerts.ports import ClaimedNotification, Notification
from lodestar.domain.alerts import NotificationChannel
from lodestar.persistence.kernel.session import SqlStore

# Binds: company, at, lease_until.
# SKIP LOCKED: two relays at once take different rows; the lease hides the row until its send is over.
_CLAIM = """
update lodestar.notifications n set attempts = n.attempts + 1, not_before = :lease_until
where n.company_id = :company and n.id = (
  select id from lodestar.notifications
  where company_id = :company and state = 'waiting' and not_before <= :at
  order by not_before, id limit 1 for update skip locked)
returning n.id, n.alert_id, n.channel, n.subject, n.body, n.attempts"""


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


def _claimed(row: Mapping[str, Any]) -> ClaimedNotification:
    notification = Notification(
        row["alert_id"], NotificationChannel(row["channel"]), row["subject"], row["body"]
    )
    return ClaimedNotification(row["id"], row["attempts"], notification)
