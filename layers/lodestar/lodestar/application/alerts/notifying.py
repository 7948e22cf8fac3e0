"""Notifications on their way: outbox → topic → subscribers."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lodestar.application.alerts.messages import topic_message
from lodestar.application.alerts.ports import AlertWork, Chat, Topics
from lodestar.application.work import OpenWork
from lodestar.domain.alerts import NotificationChannel
from lodestar.domain.refusals import LodestarError, Unavailable

LEASE = timedelta(minutes=2)
"""How long a claimed notification is out of others' sight: longer than any send."""
MAX_PUBLISH_ATTEMPTS = 8
"""After so many a notification is given up."""
MAX_WAIT_TO_RETRY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """A notification as it arrives at the Slack subscriber."""

    company_id: int
    notification_id: int
    body: Mapping[str, Any]


def publish_waiting(company_id: int, open_work: OpenWork[AlertWork], topics: Topics) -> int:
    """Send every waiting notification of a company to its topic; how many left.

    Each is claimed, sent and marked in transactions of its own: a crash between send and mark sends it
    again, and the subscriber drops the double by the notification's id.
    """
    sent, topic = 0, ""
    while True:
        with open_work(company_id) as work:
            now = work.now
            claimed = work.alerts.claim_notification(now, now + LEASE)
            # Before the send, so that no lock is held while SNS answers: the lease keeps others away.
            work.commit()
            if claimed is None:
                return sent
            try:
                topic = topic or topics.make(company_id)
                subject = claimed.notification.subject
                topics.publish(topic, subject, topic_message(company_id, claimed))
            except Unavailable as error:
                work.alerts.mark_failed(claimed.id, error.message, _retry_at(now, claimed.attempts))
            else:
                work.alerts.mark_sent(claimed.id, now)
                sent += 1
            work.commit()


def deliver_to_slack(message: SlackMessage, open_work: OpenWork[AlertWork], chat: Chat) -> bool:
    """Post a notification once; False when it was posted before.

    Raises:
        Unavailable: the chat is away; the message comes again.
        LodestarError: the chat refuses it; it ends in the dead-letter queue.
    """
    with open_work(message.company_id) as work:
        # The claim locks until the commit: a second copy of the message waits, and then finds it delivered.
        if not work.alerts.claim_delivery(message.notification_id, NotificationChannel.SLACK):
            return False
        try:
            chat.post(message.company_id, message.body)
        except LodestarError as error:
            work.alerts.mark_delivery_failed(
                message.notification_id, NotificationChannel.SLACK, error.message
            )
            work.commit()
            raise
        work.alerts.mark_delivered(message.notification_id, NotificationChannel.SLACK, work.now)
        work.commit()
        return True


def _retry_at(now: datetime, attempts: int) -> datetime | None:
    """Exponential back-off with full jitter; None after the last attempt."""
    if attempts >= MAX_PUBLISH_ATTEMPTS:
        return None
    longest = min(MAX_WAIT_TO_RETRY, timedelta(seconds=2**attempts * 5))
    return now + longest * random.random()  # noqa: S311 — jitter, not a secret
