"""Publish queue: a company has notifications in its outbox."""

from lodestar.application.alerts.notifying import publish_waiting
from lodestar.application.alerts.ports import Topics
from lodestar.application.unit_of_work import OpenUnitOfWork
from lodestar.runtime.worker import worker


@worker(lambda body: int(body["company_id"]))
def handler(company_id: int, open_work: OpenUnitOfWork, topics: Topics) -> None:
    """Send what waits to the company's topic."""
    publish_waiting(company_id, open_work, topics)
