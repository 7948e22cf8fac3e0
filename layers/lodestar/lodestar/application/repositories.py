"""What use cases read and write within a unit of work, as small protocols; `persistence` fulfils them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from lodestar.application.batches import Batch, BatchPlan, Measured, NewRun, Outcome, Slot, Written
from lodestar.application.caller import Company
from lodestar.domain.alerts import AlertRule, RuleState
from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.definitions import Definition
from lodestar.domain.targets import Target, Targets


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

    def members(self, team_id: int) -> list[int]:
        """The ids of the active users in a team."""

    def team_exists(self, team_id: int) -> bool:
        """Whether the bound company has that team."""

    def add_user(self, fields: Mapping[str, Any], sub: str) -> int:
        """Insert a user with the identity that signs in as `sub`; the new id. Conflict: email taken."""

    def add_team(self, name: str, manager_id: int | None) -> int:
        """Insert a team; the new id. Conflict: name taken."""


class Companies(Protocol):
    """The companies of the platform."""

    def bound(self) -> Company:
        """The company that the transaction is bound to."""

    def make_sandbox(self) -> None:
        """Make or renew the bound company's login and schema for admin SQL."""

    def set_topic(self, topic_arn: str) -> None:
        """Remember the bound company's alert topic."""


class Definitions(Protocol):
    """KPI definitions of the bound company."""

    def get(self, definition_id: int) -> Definition | None:
        """The definition of that id, active or not."""

    def all(self) -> list[Definition]:
        """Every definition, active or not, in the order of their ids."""

    def add(self, definition: Definition) -> Definition:
        """Insert it (its id is ignored) with its first version. Conflict: key taken."""

    def save(self, definition: Definition) -> None:
        """Write every field; a version that is not there yet is added to the versions."""


class Assignments(Protocol):
    """Assignments and dated targets of the bound company."""

    def get(self, assignment_id: int) -> Assignment | None:
        """The assignment of that id."""

    def add(self, assignment: Assignment) -> int:
        """Insert it (its id is ignored); the new id."""

    def save(self, assignment: Assignment) -> None:
        """Write weight, target, end date and activity."""

    def same_subject(self, assignment: Assignment) -> list[Assignment]:
        """The assignments of the same definition to the same subject, oldest start first; locks them out."""


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A stored measurement as input of another KPI. `subject_id` is 0 for the company."""

    subject_type: SubjectType
    subject_id: int
    team_id: int | None
    value: Decimal | None
    weight: Decimal


class Measurements(Protocol):
    """Measurements with their revisions."""

    def write(self, rows: Sequence[Measured], at: datetime, run_id: int | None) -> list[Written]:
        """Insert or update; what is equal is not touched. Answers what changed since the oldest news."""

    def of_period(self, definition_id: int, period_start: date) -> Sequence[StoredValue]:
        """What is stored for one period of a definition, for every subject."""


class Manual(Protocol):
    """Values that people enter."""

    def current(self, assignment_id: int, period_start: date) -> Mapping[str, Any] | None:
        """Value and notes that are stored for a period, or None."""

    def enter(self, row: Measured, notes: str, at: datetime) -> list[Written]:
        """Write one value that the actor entered; a correction leaves a revision, a repeat writes nothing."""

    def entered(self, assignment_ids: Collection[int], first: date, last: date) -> set[tuple[int, date]]:
        """The (assignment, period start) pairs that have a value in that range of period starts."""


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


class Slots(Protocol):
    """Who has which assignments."""

    def subjects(self, definition_ids: Collection[int], first: date, last: date) -> tuple[list[int], bool]:
        """Users with active assignments of these definitions in the range; whether teams or company have."""

    def slots(self, batch: Batch) -> list[Slot]:
        """The active assignments of a batch, with the team that each user is in."""

    def targets(self, slots: Sequence[Slot]) -> Mapping[int, Targets]:
        """The targets of each slot's own assignment, by assignment."""

    def company_targets(self, definition_ids: Collection[int]) -> Mapping[int, Targets]:
        """The targets of the company-level assignments of these definitions, by definition."""


class CompanyKpis(Protocol):
    """KPIs of the company itself."""

    def company_assignment(self, definition_id: int) -> int | None:
        """The newest company-level assignment of a definition."""


class Snapshots(Protocol):
    """Overall scores by day."""

    def write(self, user_ids: Sequence[int], dates: Sequence[date], company: Company) -> None:
        """Compute and keep each user's score on each date; an unchanged one is not written."""


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


class Audit(Protocol):
    """The log of changes: insert only."""

    def record(self, action: str, object_: tuple[str, int], before: object, after: object) -> None:
        """Who did what to which object (type, id), with its JSON before and after."""


class Views(Protocol):
    """Answers of the API as JSON text, each one statement. None: there is no such thing in the company."""

    def one(self, name: str, parameters: Mapping[str, Any]) -> str | None:
        """The text of the view of that name."""

    def last(self, name: str, parameters: Mapping[str, Any]) -> str | None:
        """As `one`, and the transaction ends in the same round trip."""
