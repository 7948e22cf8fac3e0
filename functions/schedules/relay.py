"""Every minute: publish what a lost message left in the outboxes."""

from collections.abc import Mapping
from typing import Any

from lodestar.application.alerts.notifying import publish_waiting
from lodestar.application.alerts.ports import Topics
from lodestar.application.operations.ports import CompanyIds
from lodestar.application.unit_of_work import OpenUnitOfWork
from lodestar.runtime.worker import job


@job
def handler(
    event: Mapping[str, Any], company_ids: CompanyIds, open_work: OpenUnitOfWork, topics: Topics
) -> Mapping[str, Any]:
    """Send every notification that is due, company by company."""
    del event
    return {"sent": sum(publish_waiting(company_id, open_work, topics) for company_id in company_ids())}
