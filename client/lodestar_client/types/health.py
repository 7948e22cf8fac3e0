"""Types: health. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from enum import StrEnum
from typing import TypedDict

from lodestar_client.types.enums import RunState


class DatabaseHealth(TypedDict):
    """The version of the schema; `ok` when it is the one that the code wants."""

    ok: bool
    version: str


class Deletion(TypedDict):
    """What was deleted after its time, when something was last."""

    answers: int
    at: dt.datetime
    outcomes: int
    refreshes: int


class TaskKind(StrEnum):
    """Plan the periods that are due, keep house, or send the notifications that wait in the outbox."""

    PLANNING = "planning"
    UPKEEP = "upkeep"
    RELAY = "relay"


class FailedTask(TypedDict):
    """What is done for your company alone, and failed: when last and why, and how often in a row up to now."""

    error: str
    failed_at: dt.datetime
    in_a_row: int
    kind: TaskKind


class HealthStatus(StrEnum):
    """A word of `status`."""

    OK = "ok"
    DEGRADED = "degraded"


class Health(TypedDict):
    """The API answers."""

    status: HealthStatus


class LastRun(TypedDict):
    """The newest scheduled run of a kind of period."""

    finished_at: dt.datetime | None
    period_end: dt.date
    period_start: dt.date
    state: RunState


class OutboxHealth(TypedDict):
    """Notifications that wait, how long the first one is overdue, and those given up in 24 hours."""

    dead: int
    last_error: str | None
    oldest_seconds: int | None
    waiting: int


class QueueHealth(TypedDict):
    """The company's batches, and for a superuser the messages of all companies together."""

    batches_failed: int
    batches_waiting: int
    dead_letters: int | None
    messages: int | None
    ok: bool
    oldest_batch_seconds: int | None


class RetentionHealth(TypedDict):
    """For how many days the company keeps outcomes of runs and answers of repeated writes."""

    answer_days: int
    last_deletion: Deletion | None
    outcome_days: int


class SourceHealth(TypedDict):
    """A kind of source that the company's KPIs use, and how often it failed for a value in 24 hours."""

    errors_24h: int
    last_computed_at: dt.datetime | None
    last_error: str | None
    type: str


class HealthReport(TypedDict):
    """How the work stands; `problems` are sentences, and make the status `degraded`."""

    database: DatabaseHealth
    failed_tasks: list[FailedTask]
    last_runs: dict[str, LastRun | None]
    outbox: OutboxHealth
    problems: list[str]
    queue: QueueHealth
    retention: RetentionHealth
    sources: list[SourceHealth]
    status: HealthStatus
