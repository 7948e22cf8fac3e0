"""What use cases read and write about targets, measurements and scores, as small protocols."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from lodestar.domain.assignments import SubjectType
from lodestar.domain.companies import Company
from lodestar.domain.measurements import Assignee, EnteredMeasurement, Measurement, WrittenMeasurement
from lodestar.domain.runs import Batch
from lodestar.domain.targets import DatedTarget, Target, Targets


class Slots(Protocol):
    """Who has which assignments."""

    def subjects(self, definition_ids: Collection[int], first: date, last: date) -> tuple[list[int], bool]:
        """Users with active assignments of these definitions in the range; whether teams or company have."""

    def slots(self, batch: Batch) -> list[Assignee]:
        """The active assignments of a batch, with the team that each user is in."""

    def targets(self, slots: Sequence[Assignee]) -> Mapping[int, Targets]:
        """The targets of each slot's own assignment, by assignment."""

    def company_targets(self, definition_ids: Collection[int]) -> Mapping[int, Targets]:
        """The targets of the company-level assignments of these definitions, by definition."""


@dataclass(frozen=True, slots=True)
class StoredTarget:
    """A dated target of an assignment; `id` 0 is a new one."""

    id: int
    assignment_id: int
    dated: DatedTarget
    notes: str


class AssignmentTargets(Protocol):
    """Dated targets of assignments, many at a time."""

    def of_assignments(self, assignment_ids: Collection[int]) -> list[StoredTarget]:
        """Those of these assignments, in the order of their ids."""

    def add(self, definition_id: int, targets: Sequence[StoredTarget]) -> list[int]:
        """Insert them, of assignments of one definition; the new ids in the same order."""

    def save(self, targets: Sequence[StoredTarget]) -> None:
        """Write their values and notes; the dates stay."""


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

    def write(
        self, rows: Sequence[Measurement], at: datetime, run_id: int | None
    ) -> list[WrittenMeasurement]:
        """Insert or update; what is equal is not touched. Answers what changed since the oldest news."""

    def of_period(self, definition_id: int, period_start: date) -> Sequence[StoredValue]:
        """What is stored for one period of a definition, for every subject."""


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """What is stored for a period, as an entered value may change it."""

    value: Decimal | None
    notes: str
    meta_data: Mapping[str, Any]
    target: Target | None
    achievement: Decimal | None
    status: str
    is_open: bool


class Manual(Protocol):
    """Values that people enter, many at a time."""

    def stored(self, keys: Collection[tuple[int, date]]) -> Mapping[tuple[int, date], StoredEntry]:
        """What is stored for these (assignment, period start) pairs."""

    def enter(self, entries: Sequence[EnteredMeasurement], at: datetime) -> list[WrittenMeasurement]:
        """Write values that the actor entered; a correction leaves a revision, a repeat writes nothing."""

    def entered(
        self, assignment_ids: Collection[int], first: date, last: date
    ) -> Mapping[tuple[int, date], Decimal]:
        """What somebody has entered in that range of period starts, by (assignment, period start)."""


class Snapshots(Protocol):
    """Overall scores by day."""

    def write(self, user_ids: Sequence[int], dates: Sequence[date], company: Company) -> None:
        """Compute and keep each user's score on each date; an unchanged one is not written."""

    def write_days(self, days: Sequence[tuple[int, date]], company: Company) -> None:
        """As `write`, for these (user, date) pairs only."""
