"""How the platform stands, for its admins."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lodestar.application.access import require_found
from lodestar.application.caller import Caller
from lodestar.application.operations.ports import OperationsWork, Queues
from lodestar.application.operations.shapes import Health, HealthReport, QueueHealth, WorkHealth
from lodestar.domain.permissions import COMPANIES_MANAGE, RUNS_MANAGE
from lodestar.domain.refusals import Unavailable

LONG_WAIT = timedelta(minutes=15)
"""A batch that was sent so long ago has met more than a lost message."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A look at how the work stands: on whose behalf, and at which database and queues."""

    caller: Caller
    work: OperationsWork
    queues: Queues


def health(check: HealthCheck | None) -> Health | HealthReport:
    """That the API is alive, and how the work stands for somebody who may manage runs; None: a visitor."""
    # Others get the bare answer, no refusal: whoever only wants to know that the API is alive must not be
    # told otherwise because they happen to send a token.
    if check is None or not check.caller.actor.may(RUNS_MANAGE):
        return Health(status="ok")
    work = check.work
    text = require_found(work.views.read_and_commit("health", {"now": work.now}), "health")
    return _report(WorkHealth.model_validate_json(text), _queue(check))


def problems(work: WorkHealth, queue: QueueHealth) -> Iterator[str]:
    """What somebody should look after. A KPI whose source fails is its owner's matter, and not among it."""
    if not work.database.ok:
        version = work.database.version
        yield f"The database has version {version}, which is not this code's: run the migration."
    if not queue.ok:
        yield "The queues cannot be read."
    if queue.dead_letters:
        yield f"Dead-letter queues hold {queue.dead_letters} messages that nobody could work on."
    if queue.batches_failed:
        yield f"{queue.batches_failed} batches failed in the last 24 hours: see the runs."
    if (queue.oldest_batch_seconds or 0) > LONG_WAIT.total_seconds():
        yield f"A batch has waited for {queue.oldest_batch_seconds} seconds."
    if work.outbox.dead:
        yield f"{work.outbox.dead} notifications were given up in the last 24 hours."
    for task in work.failed_tasks:
        if task.in_a_row:
            yield f"The {task.kind} of your company failed {task.in_a_row} times in a row: {task.error}"


def _queue(check: HealthCheck) -> Mapping[str, Any]:
    """Whether the queues can be read. What they hold is the work of all companies: the platform's to know."""
    # Queues that are away are a finding, and no reason to tell nothing of all the rest.
    try:
        depth = check.queues.depth()
    except Unavailable:
        return {"ok": False, "messages": None, "dead_letters": None}
    if not check.caller.actor.may(COMPANIES_MANAGE):
        return {"ok": True, "messages": None, "dead_letters": None}
    return {"ok": True, "messages": depth.messages, "dead_letters": depth.dead_letters}


def _report(work: WorkHealth, queues: Mapping[str, Any]) -> HealthReport:
    queue = QueueHealth(**queues, **work.ledger.model_dump())
    found_problems = list(problems(work, queue))
    return HealthReport(
        status="degraded" if found_problems else "ok",
        problems=found_problems,
        database=work.database,
        queue=queue,
        outbox=work.outbox,
        failed_tasks=work.failed_tasks,
        retention=work.retention,
        last_runs=work.last_runs,
        sources=work.sources,
    )
