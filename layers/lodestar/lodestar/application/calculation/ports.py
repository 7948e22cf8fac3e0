"""What this room needs from outside, as its use cases use it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol, runtime_checkable

from lodestar.application.alerts.ports import AlertWork
from lodestar.application.work import Work
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import Assignee, Outcome, SlotKey
from lodestar.domain.periods import Cadence, Period
from lodestar.domain.runs import Batch, BatchPlan, MeasuredSubjects, NewRun, SentBatch, StalledBatch
from lodestar.domain.sources import AskedSource
from lodestar.domain.values import Value


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """What a source is asked: one definition, one period as UTC instants [start, end), some subjects.

    The subject id of the company is 0.
    """

    definition: Definition
    source: AskedSource
    company_id: int
    subject_type: SubjectType
    subjects: tuple[int, ...]
    instants: tuple[datetime, datetime]


class CalculationStore(Protocol):
    """Runs and batches, the truth about what was planned and done; and whom they measure."""

    def add_run(self, run: NewRun, batches: Sequence[BatchPlan]) -> int | None:
        """Insert a run; None when the same scheduled run is there already."""

    def take_batch(self, sent: SentBatch, at: datetime) -> Batch | None:
        """The batch with its attempt counted, leased to this message while a worker may live.

        None when it is finished or unknown, or another message has it and its lease is not over. The same
        message may come again: it goes on with its attempt, until that is given back or its lease is over.
        """

    def give_back_batch(self, batch: Batch, at: datetime) -> None:
        """Note that this attempt failed: whoever takes the batch next makes another one."""

    def finish_batch(self, batch: Batch, outcomes: Sequence[Outcome], at: datetime) -> bool:
        """Mark it done with its outcomes; False when somebody else did before (then nothing is written)."""

    def add_changed_outcomes(
        self, batch: Batch, outcomes: Sequence[Outcome], changed: Collection[SlotKey]
    ) -> None:
        """Write down of a refresh what changed or failed, and count the rest."""

    def fail_batch(self, run_id: int, number: int, reason: str, at: datetime) -> None:
        """Mark it failed for good."""

    def release_batches(self, at: datetime) -> list[SentBatch]:
        """Close the company's runs of which all is finished; mark and answer the batches whose turn it is.

        At most MAX_BATCHES_AT_ONCE are sent and not finished; of a run only those of its open stage. The
        clock's runs of one cadence follow one another, oldest period first, and so do follow-ups, in the
        order of their changes; backfills come last.
        """

    def stalled_batches(self, at: datetime) -> list[StalledBatch]:
        """The batches that were sent, whose lease is over, and that are not finished."""

    def planned_periods(self, cadence: Cadence, since: date) -> set[Period]:
        """The periods that a scheduled run was made for."""

    def plan_again(self, periods: Collection[Period]) -> None:
        """Let the schedule plan these periods of one cadence once more: its runs of them were to date."""

    def send_again(self, run_id: int, number: int, at: datetime) -> SentBatch:
        """Note that another message of it is on the way."""

    def subjects(self, definition_ids: Collection[int], first: date, last: date) -> MeasuredSubjects:
        """Who has active assignments of these definitions in the range of dates."""

    def assignees(self, batch: Batch) -> list[Assignee]:
        """The active assignments of a batch, with the memberships of each user."""


class CalculationWork(AlertWork, Protocol):
    """A unit of work as this room uses it."""

    @property
    def calculation(self) -> CalculationStore:
        """Runs and batches, the truth about what was planned and done; and whom they measure."""


class Source(Protocol):
    """One way to get values. Adding one is one file and one line in `bootstrap`."""

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        """A value, no data or an error for every subject of the request, by subject id."""


@runtime_checkable
class CountsRows(Protocol):
    """A source that can also tell how many raw rows a value is made of."""

    def row_count(self, request: SourceRequest) -> int | None:
        """The rows that match for the only subject of the request; None where that cannot be told."""


type Sources = Callable[[Work], Mapping[str, Source]]
"""The sources by `data_source.type`, for use within a unit of work."""


class Messages(Protocol):
    """Queues: hints that there is work; the ledger and the outbox are the truth."""

    def batches(self, company_id: int, batches: Sequence[SentBatch]) -> None:
        """One message for each batch."""

    def publish(self, company_id: int, wait: timedelta = timedelta(0)) -> None:
        """There are notifications to publish, now or after a while of at most 15 minutes."""
