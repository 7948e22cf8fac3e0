"""What use cases read and write within a unit of work, as small protocols; `persistence` fulfils them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from lodestar.domain.alerts import AlertRule, RuleState
from lodestar.domain.assignments import Assignment
from lodestar.domain.companies import Company
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import Outcome
from lodestar.domain.people import CompanyRole, Team, User
from lodestar.domain.periods import Period
from lodestar.domain.permissions import GrantedKpi
from lodestar.domain.runs import Batch, BatchPlan, NewRun
from lodestar.domain.targets import Target


@dataclass(frozen=True, slots=True)
class Person:
    """A user row as the rules need it."""

    id: int
    role: str
    team_id: int | None
    is_active: bool


class People(Protocol):
    """Users and teams of the bound company."""

    def person(self, user_id: int) -> Person | None:
        """The user of that id in the bound company."""

    def persons(self, names: Collection[int | str]) -> Mapping[int | str, Person]:
        """The users of these ids and email addresses (in small letters), by what they were asked for."""

    def members(self, team_id: int) -> list[int]:
        """The ids of the active users in a team."""

    def team_exists(self, team_id: int) -> bool:
        """Whether the bound company has that team."""

    def add_user(self, fields: Mapping[str, Any], sub: str) -> int:
        """Insert a user with the identity that signs in as `sub`; the new id. Conflict: email taken."""

    def add_team(self, name: str, manager_id: int | None) -> int:
        """Insert a team; the new id. Conflict: name taken."""


class Users(Protocol):
    """Users of the bound company, to be changed."""

    def to_change(self, user_id: int) -> User | None:
        """The user of that id; they and all active admins and superusers stay as they are meanwhile."""

    def others_with(self, roles: Collection[str], user_id: int) -> bool:
        """Whether anybody else who is active has one of these roles."""

    def save(self, user: User) -> None:
        """Write every field but the identity. Conflict: email taken."""


class Teams(Protocol):
    """Teams of the bound company, to be changed."""

    def to_change(self, team_id: int) -> Team | None:
        """The team of that id, dissolved or not; nobody else changes or joins it meanwhile."""

    def to_join(self, team_id: int) -> bool:
        """Whether there is that team; it is not dissolved meanwhile."""

    def save(self, team: Team) -> None:
        """Write every field. Conflict: name taken."""


class Roles(Protocol):
    """The bound company's own roles, and what roles and users are granted on single KPIs."""

    def to_change(self, role_id: int) -> CompanyRole | None:
        """The role of that id; nobody else changes, gives or deletes it meanwhile."""

    def to_give(self, name: str) -> CompanyRole | None:
        """The role of that name; it stays as it is meanwhile."""

    def uses(self, name: str) -> tuple[int, int]:
        """How many users, active or not, have a role, and how many grants name it."""

    def grants_of_role(self, name: str) -> tuple[GrantedKpi, ...]:
        """What everybody of a role is granted."""

    def grants_of_user(self, user_id: int) -> tuple[GrantedKpi, ...]:
        """What one user is granted, beside what their role is."""

    def add(self, role: CompanyRole) -> int:
        """Insert it (its id is ignored); the new id. Conflict: name taken."""

    def save(self, role: CompanyRole) -> None:
        """Write description and permissions."""

    def remove(self, role_id: int) -> None:
        """Delete it."""


class Companies(Protocol):
    """The companies of the platform."""

    def bound(self) -> Company:
        """The company that the transaction is bound to."""

    def facts(self) -> Mapping[str, Any]:
        """What may be changed of the bound company, by column; nobody else changes it meanwhile."""

    def save(self, facts: Mapping[str, Any]) -> None:
        """Write these facts of the bound company."""

    def make_sandbox(self) -> None:
        """Make or renew the bound company's login and schema for admin SQL."""

    def set_topic(self, topic_arn: str) -> None:
        """Remember the bound company's alert topic."""


@dataclass(frozen=True, slots=True)
class DefinitionVersion:
    """A definition with the calculation of one version; all else of it, such as its name, is today's.

    `author` is the id and name of who made the version; None is the platform.
    """

    definition: Definition
    author: tuple[int, str] | None
    created_at: datetime
    is_current: bool


class Definitions(Protocol):
    """KPI definitions of the bound company."""

    def get(self, definition_id: int) -> Definition | None:
        """The definition of that id, active or not."""

    def locked(self, definition_id: int) -> Definition | None:
        """As `get`, and nobody else changes it until the transaction ends."""

    def all(self) -> list[Definition]:
        """Every definition, active or not, in the order of their ids."""

    def version(self, definition_id: int, version: int) -> DefinitionVersion | None:
        """The definition of that id with the calculation of a version."""

    def add(self, definition: Definition) -> Definition:
        """Insert it (its id is ignored) with its first version. Conflict: key taken."""

    def save(self, definition: Definition) -> None:
        """Write every field; a version that is not there yet is added to the versions."""


class Assignments(Protocol):
    """Assignments and dated targets of the bound company."""

    def get(self, assignment_id: int) -> Assignment | None:
        """The assignment of that id."""

    def locked(self, assignment_id: int) -> Assignment | None:
        """As `get`, and nobody else changes it until the transaction ends."""

    def add(self, assignment: Assignment) -> int:
        """Insert it (its id is ignored); the new id."""

    def save(self, assignment: Assignment) -> None:
        """Write weight, target, end date and activity."""

    def covering(self, definition_id: int, user_id: int | None, period: Period) -> Assignment | None:
        """The newest active assignment to a user, or to the company, that has a day in the period."""

    def same_subject(self, assignment: Assignment) -> list[Assignment]:
        """The assignments of the same definition to the same subject, oldest start first; locks them out."""

    def lock(self, definition_id: int) -> None:
        """Let no other transaction assign this definition until this one ends."""

    def given(self, definition_ids: Collection[int], user_ids: Collection[int]) -> list[Assignment]:
        """What of these definitions these users have, and the company itself, oldest start first."""

    def add_for(self, user_ids: Sequence[int], assignment: Assignment) -> Mapping[int, int]:
        """Insert the same for each of these users; the new ids by user."""


class Records(Protocol):
    """Raw facts pushed by clients."""

    def upsert(self, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
        """Write facts by (source, external_id): how many were created, updated and unchanged."""

    def known_users(self, user_ids: Collection[int]) -> set[int]:
        """Which of these ids are users of the bound company."""


class Ledger(Protocol):
    """Runs and batches: the truth about what was planned and done."""

    def add_run(self, run: NewRun, batches: Sequence[BatchPlan]) -> int | None:
        """Insert a run; None when the same scheduled run is there already."""

    def take(self, run_id: int, number: int) -> Batch | None:
        """The batch with its attempt counted, or None when it is finished or unknown."""

    def finish(self, batch: Batch, outcomes: Sequence[Outcome], at: datetime) -> bool:
        """Mark it done with its outcomes; False when somebody else did before (then nothing is written)."""

    def fail(self, run_id: int, number: int, reason: str, at: datetime) -> None:
        """Mark it failed for good."""


class LedgerProgress(Protocol):
    """How runs go on: the next stage, what was lost, what was planned before."""

    def release(self, run_id: int, at: datetime) -> list[int]:
        """Close the run when all is finished, else mark and answer the batches whose turn it is."""

    def stalled(self, sent_before: datetime) -> list[tuple[int, int, int]]:
        """(run, number, attempts) of batches sent before that instant and not finished."""

    def planned_periods(self, cadence: str, since: date) -> set[date]:
        """Starts of the periods that a scheduled run was made for."""

    def mark_sent(self, run_id: int, numbers: Sequence[int], at: datetime) -> None:
        """Note that their messages are on the way."""


class AlertRules(Protocol):
    """Alert rules and what they remember."""

    def add(self, rule: AlertRule, author_id: int, at: datetime) -> int:
        """Insert a rule; its id."""

    def of_definitions(self, definition_ids: Collection[int]) -> list[AlertRule]:
        """The active rules of these definitions."""

    def states(self, rule_ids: Collection[int]) -> dict[tuple[int, int], RuleState]:
        """What they remember, by (rule, assignment)."""


@dataclass(frozen=True, slots=True)
class AlertFigures:
    """An alert as it stands: who misses what by how much."""

    rule_id: int
    assignment_id: int
    definition_id: int
    severity: str
    text: str
    value: Decimal
    target: Target
    period_start: date
    period_end: date


@dataclass(frozen=True, slots=True)
class Notification:
    """One message about an alert on one channel."""

    alert_id: int
    channel: str
    subject: str
    body: Mapping[str, Any]


class Alerts(Protocol):
    """Alerts and their notifications, many at a time."""

    def open(self, alerts: Sequence[AlertFigures], at: datetime) -> list[int]:
        """Insert firing alerts; their ids in the same order."""

    def update(self, alerts: Mapping[int, AlertFigures], state: str, at: datetime) -> None:
        """Write new figures of alerts by id, and whether they are `firing` or `resolved`."""

    def remember(self, states: Mapping[tuple[int, int], RuleState]) -> None:
        """Write what the rules remember, by (rule, assignment)."""

    def notify(self, notifications: Sequence[Notification], at: datetime) -> None:
        """Put notifications in the outbox."""


class Outbox(Protocol):
    """Notifications on their way out."""

    def claim(self, at: datetime, lease_until: datetime) -> Mapping[str, Any] | None:
        """One waiting notification that is due, leased to the caller; others skip it meanwhile."""

    def sent(self, notification_id: int, at: datetime) -> None:
        """It left."""

    def failed(self, notification_id: int, error: str, retry_at: datetime | None) -> None:
        """It did not leave; None gives up."""


class Deliveries(Protocol):
    """A subscriber's own marks, so that the second copy of a notification is dropped."""

    def is_delivered(self, notification_id: int, subscriber: str) -> bool:
        """Whether that subscriber had it; holds back a second copy at the same time until commit."""

    def delivered(self, notification_id: int, subscriber: str, at: datetime) -> None:
        """The subscriber has it now."""

    def not_delivered(self, notification_id: int, subscriber: str, error: str) -> None:
        """An attempt failed."""


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the audit log: what was done to which object (type, id), with its JSON before and after."""

    action: str
    object_: tuple[str, int]
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The newest entry of a company's audit log: its number and its hash, in hex."""

    seq: int
    hash: str


class Audit(Protocol):
    """The log of changes: a chain that only grows."""

    def record(self, action: str, object_: tuple[str, int], before: object, after: object) -> None:
        """Who did what to which object (type, id), with its JSON before and after."""

    def record_many(self, changes: Sequence[Change]) -> None:
        """As `record` for each of them, in their order and one statement."""

    def head(self) -> AuditHead | None:
        """The newest entry's number and hash; None before the first entry."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer of a write, and the hash of the request that it belongs to."""

    request_hash: str
    status: int
    body: str


class Repeats(Protocol):
    """Answers that are kept for repeated writes, each under a key of one user."""

    def claim(self, key: str) -> bool:
        """Hold a key until the transaction ends; False: another request holds it."""

    def find(self, key: str) -> KeptAnswer | None:
        """What was answered under a claimed key."""

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Keep an answer. Contended: another one is there by now."""

    def forget(self, before: datetime) -> int:
        """Delete the company's answers from before an instant; how many."""


class Views(Protocol):
    """Answers of the API as JSON text, each one statement. None: there is no such thing in the company."""

    def one(self, name: str, parameters: Mapping[str, Any]) -> str | None:
        """The text of the view of that name."""

    def last(self, name: str, parameters: Mapping[str, Any]) -> str | None:
        """As `one`, and the transaction ends in the same round trip."""
