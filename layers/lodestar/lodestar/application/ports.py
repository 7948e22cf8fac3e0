"""The unit of work, and what use cases need from outside: `bootstrap` chooses who fulfils it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from lodestar.application.repositories import (
    AlertRules,
    Alerts,
    Assignments,
    Audit,
    Companies,
    CompanyKpis,
    Definitions,
    Deliveries,
    Ledger,
    LedgerProgress,
    Manual,
    Measurements,
    Outbox,
    People,
    Records,
    Slots,
    Snapshots,
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
    def views(self) -> Views:
        """See Views."""

    def add_company(self, fields: Mapping[str, Any]) -> int:
        """Insert a company and bind the transaction to it; the new id."""

    def commit(self) -> None:
        """Make everything since the start or the last commit last."""


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
    """One way to get values (spec 3.2). Adding one is one file and one line in `bootstrap`."""

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        """A value, no data or an error for every subject of the request, by subject id."""


type Sources = Callable[[UnitOfWork], Mapping[str, Source]]
"""The sources by `data_source.type`, for use within a unit of work."""


class QueryCheck(Protocol):
    """The gate for admin SQL (spec 3.4)."""

    def check(self, definition: Definition) -> None:
        """Check and dry-run every query of a definition. InvalidContent: refused, with the reason."""


class Messages(Protocol):
    """Queues: hints that there is work; the ledger and the outbox are the truth."""

    def batches(self, company_id: int, run_id: int, numbers: Sequence[int]) -> None:
        """One message for each batch."""

    def publish(self, company_id: int) -> None:
        """There are notifications to publish."""


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


class Directory(Protocol):
    """Who may sign in: the user pool."""

    def invite(self, email: str, name: str) -> str:
        """Make the person's sign-in, or find it; its `sub`."""


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
