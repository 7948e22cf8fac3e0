"""Slack queue, subscribed to every company's topic: post one notification."""

from lodestar.application.alerts.notifying import SlackMessage, deliver_to_slack
from lodestar.application.alerts.ports import Chat
from lodestar.application.unit_of_work import OpenUnitOfWork
from lodestar.runtime.worker import worker


@worker(lambda body: SlackMessage(body["company_id"], body["notification_id"], body))
def handler(message: SlackMessage, open_work: OpenUnitOfWork, chat: Chat) -> None:
    """Post a notification to the company's Slack, once."""
    deliver_to_slack(message, open_work, chat)
