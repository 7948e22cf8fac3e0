"""The store of the room `operations` in memory, and what maintenance looks after."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lodestar.application.operations.ports import Deleted, QueueDepth, Retention, StoredAnswer
from lodestar.domain.refusals import Contended, Unavailable
from lodestar.domain.tasks import CompanyTask, TaskKind

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@dataclass
class FakeOperations:
    """The stored answers of one user, with the instants from which they are; and keys that others work on."""

    answers: dict[str, StoredAnswer] = field(default_factory=dict)
    stored_at: dict[str, datetime] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)
    """Keys that another request has claimed."""
    now: datetime = NOW
    kept: Retention = field(default_factory=Retention)
    outcomes_of: list[datetime] = field(default_factory=list)
    """The instants of the runs of outcomes."""
    deleted: Deleted | None = None
    """What was deleted last."""
    failures: dict[TaskKind, tuple[int, str, datetime]] = field(default_factory=dict)
    """How often a kind of task failed in a row, why and when last."""

    def note_failure(self, kind: TaskKind, error: str, at: datetime) -> None:
        self.failures[kind] = (self.failures.get(kind, (0,))[0] + 1, error, at)

    def note_success(self, kind: TaskKind) -> None:
        if kind in self.failures:
            self.failures[kind] = (0, *self.failures[kind][1:])

    def claim_key(self, key: str) -> bool:
        return key not in self.claimed

    def stored_answer(self, key: str) -> StoredAnswer | None:
        return self.answers.get(key)

    def store_answer(self, key: str, answer: StoredAnswer) -> None:
        if key in self.answers:
            raise Contended("This request was answered a moment ago; try again shortly.")
        self.answers[key], self.stored_at[key] = answer, self.now

    def retention(self) -> Retention:
        return self.kept

    def save_retention(self, retention: Retention) -> None:
        self.kept = retention

    def delete_answers(self, before: datetime, limit: int) -> int:
        old = [key for key, at in self.stored_at.items() if at < before][:limit]
        for key in old:
            del self.answers[key], self.stored_at[key]
        return len(old)

    def delete_outcomes(self, before: datetime, limit: int) -> int:
        old = [at for at in self.outcomes_of if at < before][:limit]
        for at in old:
            self.outcomes_of.remove(at)
        return len(old)

    def delete_refreshes(self, before: datetime, limit: int) -> int:
        return 0

    def note_deleted(self, deleted: Deleted, at: datetime) -> None:
        self.deleted = deleted


@dataclass
class FakeTaskQueue:
    """A queue that keeps what was sent."""

    sent: list[CompanyTask] = field(default_factory=list)

    def send(self, tasks: Sequence[CompanyTask]) -> None:
        self.sent += tasks


@dataclass
class FakeQueues:
    """Queues of a certain depth; None: they cannot be read."""

    found: QueueDepth | None

    def depth(self) -> QueueDepth:
        if self.found is None:
            raise Unavailable("The queues cannot be read; try again shortly.")
        return self.found
