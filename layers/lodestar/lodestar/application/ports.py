"""The unit of work, and what use cases need from outside: `bootstrap` chooses who fulfils it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, runtime_checkable

from lodestar.application.company_repositories import CompanyKpis, CompanyTargets, Grants
from lodestar.application.measurement_repositories import (
    AssignmentTargets,
    Manual,
    Measurements,
    Slots,
    Snapshots,
)
from lodestar.application.reading.tables import Download, FileFormat, Table
from lodestar.application.repositories import (
    AlertRules,
    Alerts,
    Assignments,
    Audit,
    AuditHead,
    Companies,
    Definitions,
    Deliveries,
    Ledger,
    LedgerProgress,
    Outbox,
    People,
    Records,
    Repeats,
    Roles,
    Teams,
    Users,
    Views,
)
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import Definition
from lodestar.domain.sources import DatabaseSource, RecordsSource
from lodestar.domain.values import Value


class UnitOfWork(Protocol):
    """One transaction, bound to one company; rolls back unless committed."""

    @property
    def now(self) -> datetime:
        """The instant of this unit of work: its clock, read once."""

    @property
    def people(self) -> People:
        """See People."""

    @property
    def users(self) -> Users:
        """See Users."""

    @property
    def teams(self) -> Teams:
        """See Teams."""

    @property
    def roles(self) -> Roles:
        """See Roles."""

    @property
    def companies(self) -> Companies:
        """See Companies."""

    @property
    def definitions(self) -> Definitions:
        """See Definitions."""

    @property
    def assignments(self) -> Assignments:
        """See Assignments."""

    @property
    def measurements(self) -> Measurements:
        """See Measurements."""

    @property
    def manual(self) -> Manual:
        """See Manual."""

    @property
    def records(self) -> Records:
        """See Records."""

    @property
    def ledger(self) -> Ledger:
        """See Ledger."""

    @property
    def progress(self) -> LedgerProgress:
        """See LedgerProgress."""

    @property
    def slots(self) -> Slots:
        """See Slots."""

    @property
    def company_kpis(self) -> CompanyKpis:
        """See CompanyKpis."""

    @property
    def targets(self) -> AssignmentTargets:
        """See AssignmentTargets."""

    @property
    def company_targets(self) -> CompanyTargets:
        """See CompanyTargets."""

    @property
    def grants(self) -> Grants:
        """See Grants."""

    @property
    def snapshots(self) -> Snapshots:
        """See Snapshots."""

    @property
    def alert_rules(self) -> AlertRules:
        """See AlertRules."""

    @property
    def alerts(self) -> Alerts:
        """See Alerts."""

    @property
    def outbox(self) -> Outbox:
        """See Outbox."""

    @property
    def deliveries(self) -> Deliveries:
        """See Deliveries."""

    @property
    def audit(self) -> Audit:
        """See Audit."""

    @property
    def repeats(self) -> Repeats:
        """See Repeats."""

    @property
    def views(self) -> Views:
        """See Views."""

    def add_company(self, fields: Mapping[str, Any]) -> int:
        """Insert a company and bind the transaction to it; the new id."""

    def enter_company(self, company_id: int) -> bool:
        """Bind the transaction to another company; False: there is none of that id but the platform's own."""

    def commit(self) -> None:
        """Make everything since the start or the last commit last."""

    def ending[Result](self, statement: Callable[[], Result]) -> Result:
        """What one statement gives, whose round trip commits too: nothing may follow in this unit of work."""

    def after_commit(self, step: Callable[[], object]) -> None:
        """Take a step outside the database as soon as what is written now has been committed.

        Steps are hints, such as messages; the rows are the truth, and whoever looks after them repairs
        what a hint would have started. So a step that fails is logged, and the write stays a success.
        """


type Anchor = Callable[[int, AuditHead], None]
"""Writes down the head of a company's audit log where the database's owner cannot change it."""

type CompanyIds = Callable[[], Sequence[int]]
"""Every company of the platform but its own."""

type OpenWork = Callable[[int], AbstractContextManager[UnitOfWork]]
"""Opens a unit of work that is bound to the company of that id."""


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """What a source is asked: one definition, one period as UTC instants [start, end), some subjects.

    The subject id of the company is 0.
    """

    definition: Definition
    source: DatabaseSource | RecordsSource
    company_id: int
    subject_type: SubjectType
    subjects: tuple[int, ...]
    instants: tuple[datetime, datetime]


class Source(Protocol):
    """One way to get values. Adding one is one file and one line in `bootstrap`."""

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        """A value, no data or an error for every subject of the request, by subject id."""


@runtime_checkable
class CountsRows(Protocol):
    """A source that can also tell how many raw rows a value is made of."""

    def row_count(self, request: SourceRequest) -> int | None:
        """The rows that match for the only subject of the request; None where that cannot be told."""


type Sources = Callable[[UnitOfWork], Mapping[str, Source]]
"""The sources by `data_source.type`, for use within a unit of work."""


class QueryCheck(Protocol):
    """The gate for admin SQL."""

    def check(self, definition: Definition) -> None:
        """Check and dry-run every query of a definition. InvalidContent: refused, with the reason."""


class Messages(Protocol):
    """Queues: hints that there is work; the ledger and the outbox are the truth."""

    def batches(self, company_id: int, run_id: int, numbers: Sequence[int]) -> None:
        """One message for each batch."""

    def publish(self, company_id: int) -> None:
        """There are notifications to publish."""


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How many messages wait or are worked on, and how many nobody could work on; about, as SQS counts."""

    messages: int
    dead_letters: int


class Queues(Protocol):
    """The queues of calculation, as somebody who looks after them sees them."""

    def depth(self) -> QueueDepth:
        """How full they are. Unavailable: they cannot be read."""


class Topics(Protocol):
    """A company's alert topic."""

    def make(self, company_id: int) -> str:
        """Make (or find) the company's topic, with the Slack queue subscribed; its ARN."""

    def publish(self, topic_arn: str, subject: str, body: Mapping[str, Any]) -> None:
        """Send one notification to every subscriber whose filter it passes."""

    def subscribe_email(self, topic_arn: str, address: str) -> str:
        """Subscribe an address to the topic's email notifications; the subscription's ARN."""


class Chat(Protocol):
    """A company's chat."""

    def post(self, company_id: int, body: Mapping[str, Any]) -> None:
        """Post one notification. Unavailable: it may work later."""


type WriteTable = Callable[[Table, FileFormat], bytes]
"""Writes a table as a file; the same table makes the same bytes."""


class FileStore(Protocol):
    """A place for files that are too large for an answer; they expire."""

    def keep(self, company_id: int, file: Download[FileFormat]) -> str:
        """Store a file; the address that gives it to whoever has it, for some minutes."""


class Directory(Protocol):
    """Who may sign in: the user pool."""

    def invite(self, email: str, name: str) -> str:
        """Make the person's sign-in, or find it; its `sub`."""

    def disable(self, sub: str) -> None:
        """Let a person sign in no more."""

    def enable(self, sub: str) -> None:
        """Let a person sign in again."""

    def readdress(self, sub: str, email: str) -> None:
        """Let a person sign in with another address. Conflict: somebody else signs in with it."""


class Faults(Protocol):
    """What went wrong behind answers that are given all the same: nobody would notice it by their status."""

    def note(self, name: str, error: Exception) -> None:
        """Tell whoever looks after the platform of an error, under a name such as "figures_unread"."""


class Partitions(Protocol):
    """The partitions of the measurements, a month each."""

    def now(self) -> datetime:
        """The clock's instant."""

    def ensure(self, first: date, last: date) -> int:
        """Make the missing partitions of these months; how many."""


class Migration(Protocol):
    """What brings a database to this version."""

    def run(self) -> Mapping[str, object]:
        """Do all that is missing; a report."""
