"""The words of a calculation on its way from the plan to the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.definitions import Definition
from lodestar.domain.periods import Period
from lodestar.domain.scoring import Status
from lodestar.domain.targets import Target, TargetOrigin


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be planned. `cadence` is set for scheduled runs only; dates are inclusive."""

    kind: str
    cadence: str | None
    period_start: date
    period_end: date
    reason: str
    at: datetime
    definition_ids: tuple[int, ...] | None = None
    user_ids: tuple[int, ...] | None = None
    requested_by: int | None = None


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """One message's work: `subjects` is `users` (their ids follow) or `groups` (teams and the company)."""

    stage: int
    window_start: date
    window_end: date
    subjects: str
    user_ids: tuple[int, ...]
    definition_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch taken from the ledger, with what it needs to know of its run."""

    run_id: int
    number: int
    attempts: int
    kind: str
    cadence: str | None
    run_start: date
    run_end: date
    created_at: datetime
    plan: BatchPlan


@dataclass(frozen=True, slots=True)
class Slot:
    """An assignment to be measured, with the team that its user is in."""

    assignment: Assignment
    team_id: int | None

    @property
    def subject_id(self) -> int:
        """The id of the user or team; 0 stands for the company."""
        return self.assignment.user_id or self.assignment.team_id or 0

    @property
    def is_of_company(self) -> bool:
        """Whether the company itself is measured."""
        return self.assignment.subject_type is SubjectType.COMPANY


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement before it is written. `value` None goes with a `no_data_reason`.

    `is_news`: of the running or the newest closed period, so worth an alert.
    """

    assignment_id: int
    definition: Definition
    period: Period
    value: Decimal | None
    no_data_reason: str | None
    target: Target | None
    target_origin: TargetOrigin
    achievement: Decimal | None
    status: Status
    is_open: bool
    is_news: bool


@dataclass(frozen=True, slots=True)
class Entered:
    """A measurement that somebody enters, with the notes and the facts that go with it."""

    row: Measured
    notes: str = ""
    meta_data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """A measurement that a write inserted or changed."""

    assignment_id: int
    period_start: date
    revision: int
    state: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one slot: `computed`, `no_data`, `error` or `skipped`, the last three with a reason."""

    assignment_id: int
    period_start: date
    outcome: str
    reason: str | None = None
    message: str | None = None
