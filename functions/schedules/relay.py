"""Every minute: publish what a lost message left in the outboxes."""

from collections.abc import Mapping
from typing import Any

from lodestar.application.alerts.notifying import publish_waiting
from lodestar.application.ports import CompanyIds, OpenWork, Topics
from lodestar.runtime.worker import scheduled


@scheduled
def handler(
    event: Mapping[str, Any], company_ids: CompanyIds, open_work: OpenWork, topics: Topics
) -> Mapping[str, Any]:
    """Send every notification that is due, company by company."""
    del event
    return {"sent": sum(publish_waiting(each, open_work, topics) for each in company_ids())}
