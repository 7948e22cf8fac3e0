"""Every two minutes: let every company mend what was lost."""

from collections.abc import Mapping
from typing import Any

from lodestar.application.operations.ports import CompanyIds, TaskQueue
from lodestar.application.operations.tasks import send_to_each
from lodestar.domain.tasks import TaskKind
from lodestar.runtime.worker import job


@job
def handler(event: Mapping[str, Any], company_ids: CompanyIds, queue: TaskQueue) -> Mapping[str, Any]:
    """Send each company the task of its upkeep."""
    del event
    return send_to_each(TaskKind.UPKEEP, company_ids(), queue)
