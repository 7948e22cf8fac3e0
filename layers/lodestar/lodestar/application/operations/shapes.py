"""The bodies and answers of this room."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.runs import RunState
from lodestar.domain.tasks import TaskKind
from lodestar.wire.bodies import View
from lodestar.wire.fields import Id, Text
from lodestar.wire.paging import DatesPageQuery

Hash = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
"""A SHA-256 in hex."""


class AuditActor(View):
    """Who did it; the name is null for somebody of the platform, who is no user of the company."""

    id: int
    name: str | None


class AuditEntry(View):
    """One change: its object before and after, null where there was or is none.

    `actor` is null for what happened by itself.
    """

    seq: int
    at: datetime
    actor: AuditActor | None
    action: str
    object_type: str
    object_id: int
    before: Any
    after: Any
    request_id: str
    hash: str


class AuditList(View):
    """One page of the audit log, newest first."""

    entries: list[AuditEntry]
    next_cursor: str | None


class AuditQuery(DatesPageQuery):
    """Which entries; a filter that is left out takes any. The dates are the company's."""

    actor_id: Id | None = None
    object_type: Text | None = Field(default=None, description="Such as `definition` or `user`.")
    object_id: Id | None = None
    action: Text | None = Field(default=None, description="Such as `definition.changed`.")

    def instants(self, calendar: Calendar) -> tuple[datetime, datetime]:
        """From the first day's midnight to the one after the last day, as [start, end).

        Raises:
            InvalidRequest: the days are out of order or beyond the calendar.
        """
        first, last = (calendar.containing(Cadence.DAILY, day) for day in self.days)
        return calendar.instants(first)[0], calendar.instants(last)[1]


class Breakage(StrEnum):
    """What is wrong with an entry."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    UNLINKED = "unlinked"


class AuditHeadView(View):
    """The newest entry's number and hash."""

    seq: int
    hash: str


class BrokenEntry(View):
    """The first entry that is not as it was written.

    `changed`: its content does not have its hash. `removed`: there is none of that number. `inserted`: its
    number was never given. `unlinked`: it does not follow the entry before it, or is not what the head says.
    """

    seq: int
    reason: Breakage


class AnchorCheck(View):
    """Whether the entry of that number still has the hash that was noted outside."""

    seq: int
    valid: bool


class AuditCheck(View):
    """The chain, computed again; `valid` when nothing is broken and the anchor, if one is given, holds."""

    valid: bool
    entries: int
    head: AuditHeadView | None
    first_broken: BrokenEntry | None
    anchor: AnchorCheck | None


class AnchorQuery(BaseModel):
    """A head that was noted outside of the database: number and hash, or none of both."""

    model_config = ConfigDict(frozen=True)

    anchor_seq: Id | None = Field(default=None, description="`seq` of an `audit_head` line of the log.")
    anchor_hash: Hash | None = Field(default=None, description="`hash` of the same line.")


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
    """The company's batches, and for a superuser the messages of all companies together.

    `messages` and `dead_letters` are null for everybody else, and where the queues cannot be read.
    """

    ok: bool
    messages: int | None
    dead_letters: int | None


class OutboxHealth(View):
    """Notifications that wait, how long the first one is overdue, and those given up in 24 hours.

    `last_error` is what kept one of those that wait from leaving, when it was last tried.
    """

    waiting: int
    oldest_seconds: int | None
    dead: int
    last_error: str | None


class FailedTask(View):
    """What is done for your company alone, and failed: when last and why, and how often in a row up to now.

    `in_a_row` is 0 once it works again.
    """

    kind: TaskKind
    in_a_row: int
    failed_at: datetime
    error: str


class LastRun(View):
    """The newest scheduled run of a kind of period."""

    period_start: date
    period_end: date
    state: RunState
    finished_at: datetime | None


class SourceHealth(View):
    """A kind of source that the company's KPIs use, and how often it failed for a value in 24 hours."""

    type: str
    last_computed_at: datetime | None
    errors_24h: int
    last_error: str | None


class Deletion(View):
    """What was deleted after its time, when something was last."""

    at: datetime
    outcomes: int
    refreshes: int
    answers: int


class RetentionHealth(View):
    """For how many days the company keeps outcomes of runs and answers of repeated writes.

    Measurements, their revisions, scores and the audit log are kept for ever.
    """

    outcome_days: int
    answer_days: int
    last_deletion: Deletion | None


class WorkHealth(View):
    """What the database tells."""

    database: DatabaseHealth
    ledger: LedgerHealth
    outbox: OutboxHealth
    failed_tasks: list[FailedTask]
    retention: RetentionHealth
    last_runs: dict[Cadence, LastRun | None]
    sources: list[SourceHealth]


class HealthReport(Health):
    """How the work stands; `problems` are sentences, and make the status `degraded`."""

    problems: list[str]
    database: DatabaseHealth
    queue: QueueHealth
    outbox: OutboxHealth
    failed_tasks: list[FailedTask]
    retention: RetentionHealth
    last_runs: dict[Cadence, LastRun | None]
    sources: list[SourceHealth]
