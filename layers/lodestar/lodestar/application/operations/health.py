"""How the platform stands, for its admins."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from lodestar.application.calculation.running import STALLED_AFTER
from lodestar.application.caller import Caller
from lodestar.application.ports import QueueDepth, Queues, UnitOfWork
from lodestar.application.viewing import found
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import RUNS_MANAGE
from lodestar.domain.refusals import Unavailable
from lodestar.wire.bodies import View


class Health(View):
    """The API answers."""

    status: Literal["ok", "degraded"]


class DatabaseHealth(View):
    """The version of the schema; `ok` when it is the one that the code wants."""

    ok: bool
    version: str


class LedgerHealth(View):
    """The company's batches: waiting ones, how long the oldest sent one has waited, failed in 24 hours."""

    batches_waiting: int
    oldest_batch_seconds: int | None
    batches_failed: int


class QueueHealth(LedgerHealth):
    """The batches, and the messages of the whole deployment: null when the queues cannot be read."""

    ok: bool
    messages: int | None
    dead_letters: int | None


class OutboxHealth(View):
    """Notifications that wait, how long the first one is overdue, and those given up in 24 hours."""

    waiting: int
    oldest_seconds: int | None
    dead: int


class LastRun(View):
    """The newest scheduled run of a kind of period."""

    period_start: date
    period_end: date
    state: str
    finished_at: datetime | None


class SourceHealth(View):
    """A kind of source that the company's KPIs use, and how often it failed for a value in 24 hours."""

    type: str
    last_computed_at: datetime | None
    errors_24h: int
    last_error: str | None


class WorkHealth(View):
    """What the database tells."""

    database: DatabaseHealth
    ledger: LedgerHealth
    outbox: OutboxHealth
    last_runs: dict[Cadence, LastRun | None]
    sources: list[SourceHealth]


class HealthReport(Health):
    """How the work stands; `problems` are sentences, and make the status `degraded`."""

    problems: list[str]
    database: DatabaseHealth
    queue: QueueHealth
    outbox: OutboxHealth
    last_runs: dict[Cadence, LastRun | None]
    sources: list[SourceHealth]


@dataclass(frozen=True, slots=True)
class HealthDesk:
    """What a report needs: who asks, the database and the queues."""

    caller: Caller
    work: UnitOfWork
    queues: Queues


def health(desk: HealthDesk | None) -> Health | HealthReport:
    """That the API is alive, and how the work stands for somebody who may manage runs."""
    if desk is None or not desk.caller.actor.may(RUNS_MANAGE):
        return Health(status="ok")
    text = found(desk.work.views.last("health", {"now": desk.work.now}), "health")
    return _report(WorkHealth.model_validate_json(text), _depth(desk.queues))


def problems(database: DatabaseHealth, queue: QueueHealth, outbox: OutboxHealth) -> Iterator[str]:
    """What somebody should look after. A KPI whose source fails is its owner's matter, and not among it."""
    if not database.ok:
        yield f"The database has version {database.version}, which is not this code's: run the migration."
    if not queue.ok:
        yield "The queues cannot be read."
    if queue.dead_letters:
        yield f"Dead-letter queues hold {queue.dead_letters} messages that nobody could work on."
    if queue.batches_failed:
        yield f"{queue.batches_failed} batches failed in the last 24 hours: see the runs."
    if (queue.oldest_batch_seconds or 0) > STALLED_AFTER.total_seconds():
        yield f"A batch has waited for {queue.oldest_batch_seconds} seconds."
    if outbox.dead:
        yield f"{outbox.dead} notifications were given up in the last 24 hours."


def _depth(queues: Queues) -> QueueDepth | None:
    try:
        return queues.depth()
    except Unavailable:
        return None


def _report(work: WorkHealth, depth: QueueDepth | None) -> HealthReport:
    queue = QueueHealth(
        ok=depth is not None,
        messages=None if depth is None else depth.messages,
        dead_letters=None if depth is None else depth.dead_letters,
        **work.ledger.model_dump(),
    )
    found_problems = list(problems(work.database, queue, work.outbox))
    return HealthReport(
        status="degraded" if found_problems else "ok",
        problems=found_problems,
        database=work.database,
        queue=queue,
        outbox=work.outbox,
        last_runs=work.last_runs,
        sources=work.sources,
    )
