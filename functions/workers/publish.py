"""Publish queue: a company has notifications in its outbox."""

from lodestar.application.alerts.notifying import publish_waiting
from lodestar.application.ports import OpenWork, Topics
from lodestar.runtime.worker import worker


@worker(lambda body: int(body["company_id"]))
def handler(company_id: int, open_work: OpenWork, topics: Topics) -> None:
    """Send what waits to the company's topic."""
    publish_waiting(company_id, open_work, topics)
