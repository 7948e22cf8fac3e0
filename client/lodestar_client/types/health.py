"""Types: health. Made from the OpenAPI document by `make openapi`: change that, not this."""

from typing import Literal, TypedDict


class DatabaseHealth(TypedDict):
    """The version of the schema; `ok` when it is the one that the code wants."""

    ok: bool
    version: str


class Health(TypedDict):
    """The API answers."""

    status: Literal["ok", "degraded"]


class LastRun(TypedDict):
    """The newest scheduled run of a kind of period."""

    finished_at: str | None
    period_end: str
    period_start: str
    state: str


class OutboxHealth(TypedDict):
    """Notifications that wait, how long the first one is overdue, and those given up in 24 hours."""

    dead: int
    oldest_seconds: int | None
    waiting: int


class QueueHealth(TypedDict):
    """The batches, and the messages of the whole deployment: null when the queues cannot be read."""

    batches_failed: int
    batches_waiting: int
    dead_letters: int | None
    messages: int | None
    ok: bool
    oldest_batch_seconds: int | None


class SourceHealth(TypedDict):
    """A kind of source that the company's KPIs use, and how often it failed for a value in 24 hours."""

    errors_24h: int
    last_computed_at: str | None
    last_error: str | None
    type: str


class HealthReport(TypedDict):
    """How the work stands; `problems` are sentences, and make the status `degraded`."""

    database: DatabaseHealth
    last_runs: dict[str, LastRun | None]
    outbox: OutboxHealth
    problems: list[str]
    queue: QueueHealth
    sources: list[SourceHealth]
    status: Literal["ok", "degraded"]
