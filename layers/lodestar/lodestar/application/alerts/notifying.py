"""Notifications on their way: outbox → topic → subscribers."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from lodestar.application.alerts.messages import topic_message
from lodestar.application.alerts.ports import AlertWork, Chat, ClaimedNotification, Topics
from lodestar.application.alerts.subscribing import told_by
from lodestar.application.work import OpenWork
from lodestar.domain.alerts import NotificationChannel
from lodestar.domain.refusals import LodestarError

LEASE = timedelta(minutes=2)
"""How long a claimed notification is out of others' sight: longer than any send."""
MAX_PUBLISH_ATTEMPTS = 8
"""After so many a notification is given up."""
MAX_WAIT_TO_RETRY = timedelta(hours=1)
MAX_DELAY = timedelta(minutes=15)
"""The longest that a queue holds a message back; the relay's schedule comes as often."""


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """A notification as it arrives at the Slack subscriber."""

    company_id: int
    notification_id: int
    body: Mapping[str, Any]


class Relay(Protocol):
    """The queue whose messages let a company's notifications leave."""

    def publish(self, company_id: int, wait: timedelta) -> None:
        """Let them leave after a while of at most 15 minutes."""


def publish_waiting(company_id: int, open_work: OpenWork[AlertWork], topics: Topics, relay: Relay) -> int:
    """Send every notification of a company that is due to its topic; how many left.

    Each is claimed, sent and marked in transactions of its own: a crash between send and mark sends it
    again, and the subscriber drops the double by the notification's id. What fails has its error and its
    next time noted, and a message is sent for that time; after the last attempt it is given up.
    """
    sender = _Sender(company_id, topics)
    sent, retries = 0, list[datetime]()
    with open_work(company_id) as work:
        began = work.now  # what fails comes again after that: not in this pass
    while True:
        with open_work(company_id) as work:
            now = work.now
            claimed = work.alerts.claim_notification(began, now + LEASE)
            subscription_ids = _told_by(claimed, work)
            # Before the send, so that no lock is held while SNS answers: the lease keeps others away.
            work.commit()
            if claimed is None:
                break
            error = sender.send(claimed, subscription_ids)
            if error is None:
                work.alerts.mark_sent(claimed.id, now)
                sent += 1
            else:
                retry_at = _retry_at(now, claimed.attempts)
                work.alerts.mark_failed(claimed.id, error, retry_at)
                retries += [retry_at] if retry_at else []
            work.commit()
    if retries:
        relay.publish(company_id, min(min(retries) - began, MAX_DELAY))
    return sent


@dataclass
class _Sender:
    """Sends the notifications of a company; its topic is made when the first one leaves."""

    company_id: int
    topics: Topics
    topic: str = ""

    def send(self, claimed: ClaimedNotification, subscription_ids: Sequence[int]) -> str | None:
        """Send one; None, or what went wrong."""
        if claimed.attempts > MAX_PUBLISH_ATTEMPTS:
            return "Each attempt to send it ended without an answer."
        try:
            self.topic = self.topic or self.topics.make(self.company_id)
            subject, message = claimed.notification.subject, topic_message(self.company_id, claimed)
            self.topics.publish(self.topic, subject, message, subscription_ids)
        except LodestarError as error:
            return error.message
        return None


def _told_by(claimed: ClaimedNotification | None, work: AlertWork) -> list[int]:
    """The subscriptions by which a claimed notification goes out, as rights are at this moment."""
    if claimed is None:
        return []
    return told_by(claimed.notification.alert_id, claimed.notification.channel, work)


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
