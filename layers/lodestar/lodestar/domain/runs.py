"""Runs of calculation and the batches that they are made of."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from lodestar.domain.periods import Cadence

MAX_BATCHES_AT_ONCE = 4
"""Batches of a company that are with the queue and its workers: its backlog stays in the ledger."""
MESSAGE_LEASE = timedelta(minutes=2)
"""How long a message may take to reach a worker; then upkeep takes it for lost, and sends another."""
WORK_LEASE = timedelta(minutes=5)
"""The longest that a worker lives: `Timeout` of its function in template.yaml is the same."""


class RunKind(StrEnum):
    """Why a run is made: a period closed, the running day is shown, somebody asked, something changed."""

    SCHEDULED = "scheduled"
    REFRESH = "refresh"
    BACKFILL = "backfill"
    FOLLOW_UP = "follow_up"

    @property
    def takes_a_range(self) -> bool:
        """Whether it is about all periods in a range of days; another one is about a period of the clock."""
        return self in (RunKind.BACKFILL, RunKind.FOLLOW_UP)


class Judging(StrEnum):
    """Which closed periods of a run are judged by what is in force now; all others keep their standard.

    None; all in its dates; or those whose own, or the company's, target for dates is another than they have.
    """

    KEPT = "kept"
    ANEW = "anew"
    OWN_TARGETS = "own_targets"
    COMPANY_TARGETS = "company_targets"


class RunState(StrEnum):
    """Where a run is in its life."""

    PLANNED = "planned"
    RUNNING = "running"
    COMPLETED = "completed"
    COMPLETED_WITH_FAILURES = "completed_with_failures"
    CANCELLED = "cancelled"


class BatchState(StrEnum):
    """Where a batch is: `planned` until the stage before it is finished, `sent` until it is worked."""

    PLANNED = "planned"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"


class BatchSubjects(StrEnum):
    """Whom a batch calculates: some users, or all teams and the company."""

    USERS = "users"
    TEAMS_AND_COMPANY = "groups"


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be planned; dates are inclusive. `cadence` is None for a backfill, which is about all.

    A run for named users leaves teams and the company alone, which are more people than those, unless
    `with_groups` says that it is about them too. `judge` anew: closed periods of the KPIs that it names take
    the targets, weights, cap and versions that are in force now.
    """

    kind: RunKind
    cadence: Cadence | None
    period_start: date
    period_end: date
    reason: str
    at: datetime
    definition_ids: tuple[int, ...] | None = None
    user_ids: tuple[int, ...] | None = None
    with_groups: bool = False
    requested_by: int | None = None
    judge: Judging = Judging.KEPT

    @property
    def measures_retired(self) -> bool:
        """Whether it measures what retired KPIs have, too: all follow a calendar that was corrected."""
        return self.kind is RunKind.FOLLOW_UP and self.definition_ids is None


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """One message's work; dates are inclusive. `user_ids` are empty where `subjects` are no users."""

    stage: int
    window_start: date
    window_end: date
    subjects: BatchSubjects
    user_ids: tuple[int, ...]
    definition_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch taken from the ledger, with what it needs to know of its run.

    `run_definition_ids` are the KPIs that the run names, None for all; those of its plan may be made of them.
    """

    run_id: int
    number: int
    attempts: int
    kind: RunKind
    cadence: Cadence | None
    run_start: date
    run_end: date
    created_at: datetime
    plan: BatchPlan
    judge: Judging = Judging.KEPT
    run_definition_ids: tuple[int, ...] | None = None

    @property
    def measures_retired(self) -> bool:
        """As that of its run."""
        return self.kind is RunKind.FOLLOW_UP and self.run_definition_ids is None

    def names(self, definition_id: int) -> bool:
        """Whether the run is about a KPI, and not only calculates it because it is made of one."""
        return self.run_definition_ids is None or definition_id in self.run_definition_ids


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A batch that is sent to the queue, and which of its sendings it is: each message is known by it."""

    run_id: int
    number: int
    sending: int


@dataclass(frozen=True, slots=True)
class StalledBatch:
    """A batch whose lease is over and that is not finished, and how often a worker took it."""

    run_id: int
    number: int
    attempts: int


@dataclass(frozen=True, slots=True)
class MeasuredSubjects:
    """Whom some definitions are measured for: users by id, and whether teams or the company too."""

    user_ids: tuple[int, ...]
    has_teams_or_company: bool
