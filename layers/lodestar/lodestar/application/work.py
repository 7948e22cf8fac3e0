"""The unit of work as every room uses it; each room's ports add the room's store to it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class AuditObject:
    """What an entry of the audit log is about, such as the `definition` of an id."""

    type: str
    id: int


@dataclass(frozen=True, slots=True)
class AuditedChange:
    """What was done to an object, with what it was before and after; None: there was or is none.

    Before and after are mappings of plain values, or things of the domain that the log knows how to write.
    """

    action: str
    about: AuditObject
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The newest entry of a company's audit log: its number and its hash, in hex."""

    seq: int
    hash: str


class AuditLog(Protocol):
    """The log of changes: a chain that only grows."""

    def record(self, action: str, about: AuditObject, before: object, after: object) -> None:
        """Write down who did what to which object; before and after as in `AuditedChange`."""

    def record_many(self, changes: Sequence[AuditedChange]) -> None:
        """Write down each of them, in their order and one statement."""

    def head(self) -> AuditHead | None:
        """The newest entry's number and hash; None before the first entry."""


class Views(Protocol):
    """Answers of the API as JSON text, each one statement. None: there is no such thing in the company."""

    def read(self, name: str, parameters: Mapping[str, Any]) -> str | None:
        """The text of the view of that name."""

    def read_and_commit(self, name: str, parameters: Mapping[str, Any]) -> str | None:
        """The text of the view of that name; the transaction is committed in the same round trip."""


class Work(Protocol):
    """One transaction, bound to one company; rolls back unless committed."""

    @property
    def now(self) -> datetime:
        """The instant of this unit of work: its clock, read once."""

    @property
    def audit(self) -> AuditLog:
        """The log of changes."""

    @property
    def views(self) -> Views:
        """Answers of the API."""

    def commit(self) -> None:
        """Make everything since the start or the last commit last."""

    def commit_with[Result](self, statement: Callable[[], Result]) -> Result:
        """What one statement gives, whose round trip commits too: nothing may follow in this unit of work."""

    def after_commit(self, step: Callable[[], object]) -> None:
        """Take a step outside the database as soon as what is written now has been committed.

        Steps are hints, such as messages; the rows are the truth, and whoever looks after them repairs
        what a hint would have started. So a step that fails is logged, and the write stays a success.
        """


type OpenWork[AnyWork: Work] = Callable[[int], AbstractContextManager[AnyWork]]
"""Opens a unit of work that is bound to the company of that id."""
