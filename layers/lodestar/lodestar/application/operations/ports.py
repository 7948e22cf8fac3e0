"""What this room needs from outside, as its use cases use it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.work import AuditHead
from lodestar.domain.companies import Retention
from lodestar.domain.tasks import CompanyTask, TaskKind


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How many messages wait or are worked on, and how many nobody could work on; about, as SQS counts."""

    messages: int
    dead_letters: int


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer of a write, and the hash of the request that it belongs to.

    `etag`: of the state that it leaves, where that is not all that the body tells.
    """

    request_hash: str
    status: int
    body: str
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many rows were deleted after their time."""

    outcomes: int = 0
    refreshes: int = 0
    answers: int = 0


class OperationsStore(Protocol):
    """The answers of writes that came with an Idempotency-Key, how long things are kept, how tasks fare."""

    def claim_key(self, key: str) -> bool:
        """Claim a key until the transaction ends; False: another request has claimed it."""

    def stored_answer(self, key: str) -> StoredAnswer | None:
        """What was answered under a claimed key."""

    def store_answer(self, key: str, answer: StoredAnswer) -> None:
        """Store an answer. Contended: another one is there by now."""

    def retention(self) -> Retention:
        """How long the company keeps what it can do without."""

    def save_retention(self, retention: Retention) -> None:
        """Let the company keep what it can do without for so many days."""

    def delete_answers(self, before: datetime, limit: int) -> int:
        """Delete answers from before an instant, `limit` at most; how many."""

    def delete_outcomes(self, before: datetime, limit: int) -> int:
        """Delete outcomes of runs from before an instant, `limit` at most; how many.

        Their runs count them.
        """

    def delete_refreshes(self, before: datetime, limit: int) -> int:
        """Delete old finished refreshes that have no outcomes, `limit` at most; how many."""

    def note_deleted(self, deleted: Deleted, at: datetime) -> None:
        """Note what was deleted last."""

    def note_failure(self, kind: TaskKind, error: str, at: datetime) -> None:
        """A task of that kind failed, once more in a row."""

    def note_success(self, kind: TaskKind) -> None:
        """A task of that kind worked: what failed before is over, and stays to be read."""


class OperationsWork(CalculationWork, Protocol):
    """A unit of work as this room uses it."""

    @property
    def operations(self) -> OperationsStore:
        """The answers of writes that came with an Idempotency-Key, and how the company's tasks fare."""


type Anchor = Callable[[int, AuditHead], None]
"""Writes down the head of a company's audit log where the database's owner cannot change it."""


type CompanyIds = Callable[[], Sequence[int]]
"""Every company of the platform but its own."""


class TaskQueue(Protocol):
    """The queue of companies' tasks."""

    def send(self, tasks: Sequence[CompanyTask]) -> None:
        """Send each as a message of its own. Unavailable: not all of them could be sent."""


class Queues(Protocol):
    """The queues of calculation, as somebody who looks after them sees them."""

    def depth(self) -> QueueDepth:
        """How full they are. Unavailable: they cannot be read."""


class ErrorReporter(Protocol):
    """Where errors go whose answers are given all the same: nobody would notice them by a status."""

    def report(self, name: str, error: Exception) -> None:
        """Tell whoever looks after the platform of an error, under a name such as "figures_unread"."""


class Migration(Protocol):
    """What brings a database to this version."""

    def run(self) -> Mapping[str, object]:
        """Do all that is missing; a report."""
