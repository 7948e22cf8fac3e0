"""Tasks of companies, and the ticks that they come from, as the JSON of messages and events."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lodestar.domain.periods import Cadence
from lodestar.domain.tasks import CompanyTask, TaskKind, Tick


def task_to_message(task: CompanyTask) -> dict[str, object]:
    """The JSON of a task on the queue."""
    message: dict[str, object] = {"kind": task.kind, "company_id": task.company_id}
    if task.tick is not None:
        message |= {"cadence": task.tick.cadence, "at": task.tick.at.isoformat()}
    return message


def task_from_message(message: Mapping[str, Any]) -> CompanyTask:
    """The task of a message."""
    kind = TaskKind(message["kind"])
    tick = tick_from(message) if kind is TaskKind.PLANNING else None
    return CompanyTask(kind, message["company_id"], tick)


def tick_from(event: Mapping[str, Any]) -> Tick:
    """The tick that a schedule's event, or a planning task, tells of."""
    return Tick(Cadence(event["cadence"]), datetime.fromisoformat(event["at"]))
