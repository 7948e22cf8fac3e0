"""Every two minutes: let every company mend what was lost, and make the months ahead."""

from collections.abc import Mapping
from typing import Any

from lodestar.application.operations.ports import CompanyIds, Partitions, TaskQueue
from lodestar.application.operations.tasks import send_to_each
from lodestar.application.operations.upkeep import make_months_ahead
from lodestar.domain.tasks import TaskKind
from lodestar.runtime.worker import job


@job
def handler(
    event: Mapping[str, Any], company_ids: CompanyIds, queue: TaskQueue, partitions: Partitions
) -> Mapping[str, Any]:
    """Send each company the task of its upkeep; what belongs to all of them is done here."""
    del event
    sent = send_to_each(TaskKind.UPKEEP, company_ids(), queue)
    return {**sent, "partitions": make_months_ahead(partitions)}
