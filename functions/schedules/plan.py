"""Every hour for each cadence: let every company plan what is due."""

from collections.abc import Mapping
from typing import Any

from lodestar.application.operations.ports import CompanyIds, TaskQueue
from lodestar.application.operations.task_messages import tick_from
from lodestar.application.operations.tasks import send_to_each
from lodestar.domain.tasks import TaskKind
from lodestar.runtime.worker import job


@job
def handler(event: Mapping[str, Any], company_ids: CompanyIds, queue: TaskQueue) -> Mapping[str, Any]:
    """Send each company the task to plan the event's `cadence` as of its instant `at`."""
    return send_to_each(TaskKind.PLANNING, company_ids(), queue, tick_from(event))
