"""What this room needs from outside, as its use cases use it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from lodestar.application.assignments.ports import AssignmentWork
from lodestar.domain.assignments import SubjectType
from lodestar.domain.measurements import (
    EnteredMeasurement,
    KeptStandard,
    Measurement,
    SlotKey,
    WrittenMeasurement,
)
from lodestar.domain.periods import Cadence, Calendar, Period
from lodestar.domain.scoring import Status


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A stored measurement as input of another KPI. `subject_id` is 0 for the company.

    `team_id` is the team that a user counts for in the period.
    """

    subject_type: SubjectType
    subject_id: int
    team_id: int | None
    value: Decimal | None
    weight: Decimal


@dataclass(frozen=True, slots=True)
class StoredMeasurement:
    """What is stored for a slot, as an entered value may change it."""

    value: Decimal | None
    notes: str
    meta_data: Mapping[str, Any]
    kept: KeptStandard
    achievement: Decimal | None
    status: Status
    is_open: bool


@dataclass(frozen=True, slots=True)
class JudgedSlot:
    """What a measured period is judged by; `is_open`: it still runs."""

    kept: KeptStandard
    is_open: bool


class WithdrawalReason(StrEnum):
    """Why a measurement is taken out of sight."""

    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, order=True)
class UserDay:
    """A day whose score of a user is written."""

    user_id: int
    day: date


@dataclass(frozen=True, slots=True)
class UserDays:
    """Days of a user, both inclusive."""

    user_id: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class DatesInUse:
    """How much has the same two inclusive dates, of one cadence."""

    cadence: Cadence
    first: date
    last: date
    calculated_values: int
    entered_values: int
    targets: int


@dataclass(frozen=True, slots=True)
class InstantsBeyond:
    """How many rows changed something before an instant, and between which two, both inclusive."""

    rows: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class WrittenRecords:
    """How many records a write created and changed; `beyond`: those that nothing looks at again."""

    created: int
    updated: int
    beyond: InstantsBeyond | None = None


class ValueStore(Protocol):
    """Measurements, scores and records of the bound company."""

    def write_measurements(
        self, rows: Sequence[Measurement], at: datetime, run_id: int | None
    ) -> list[WrittenMeasurement]:
        """Insert or update; what is equal is not touched. Answers what changed."""

    def values_of_period(self, definition_id: int, period: Period) -> Sequence[StoredValue]:
        """What is stored for one period of a definition, for every subject."""

    def kept_standards(
        self, assignment_ids: Collection[int], first: date, last: date
    ) -> Mapping[SlotKey, KeptStandard]:
        """What closed periods that begin in `first`..`last` were judged by, where they are measured."""

    def judged_slots(
        self, assignment_ids: Collection[int], first: date, last: date
    ) -> Mapping[SlotKey, JudgedSlot]:
        """What all measured periods that begin in `first`..`last` are judged by, running ones too."""

    def lock_entered(self) -> None:
        """Nobody else enters values, or changes for which periods they may be, until the transaction ends.

        Taken before anything is read: of two who enter a first value at once, the second finds the first's.
        """

    def stored_measurements(self, keys: Collection[SlotKey]) -> Mapping[SlotKey, StoredMeasurement]:
        """What is stored for these slots; what is missing was never measured."""

    def enter(self, measurements: Sequence[EnteredMeasurement], at: datetime) -> list[WrittenMeasurement]:
        """Write values that the actor entered; a correction leaves a revision, a repeat writes nothing."""

    def entered_values(
        self, assignment_ids: Collection[int], first: date, last: date
    ) -> Mapping[SlotKey, Decimal]:
        """What somebody has entered in that range of period starts."""

    def measured_keys(self, assignment_ids: Collection[int]) -> Sequence[SlotKey]:
        """All measurements of these assignments."""

    def withdraw(
        self, keys: Collection[SlotKey], reason: WithdrawalReason, at: datetime, run_id: int | None = None
    ) -> None:
        """Take measurements out of sight, for what a run has written where there is one.

        Each stays as a past version.
        """

    def restore_entered(self, keys: Collection[SlotKey], at: datetime) -> Sequence[SlotKey]:
        """Bring back what was withdrawn of these slots, where somebody had entered it; which ones."""

    def write_scores(self, days: Sequence[UserDay], calendar: Calendar, at: datetime) -> None:
        """Compute and store the scores of these days; one on which no period closes any more has none."""

    def scored_days(self, among: Collection[UserDays]) -> Sequence[UserDay]:
        """Those of these days for which the users have a score."""

    def dates_in_use(self, since: date) -> Sequence[DatesInUse]:
        """The dates of all measurements and dated targets that end on a day or later."""

    def reopen_period(self, period: Period, last: date, at: datetime) -> None:
        """Let what was measured in a period of a cadence be open, and its period end on another day, or not.

        Each stays as it was as a past version.
        """

    def withdraw_ahead(self, today: date, at: datetime) -> None:
        """Take out of sight what is not there yet where a later day has become this one again.

        That is what was calculated of periods that begin after it, and the scores of it and of later days,
        which have none while they run. Each stays as a past version.
        """

    def measured_periods(
        self, assignment_ids: Collection[int], first: date, last: date
    ) -> Collection[Period]:
        """The dates of what was measured of these assignments and touches these days, both inclusive."""

    def upsert_records(
        self, rows: Sequence[Mapping[str, Any]], since: Mapping[str, datetime]
    ) -> WrittenRecords:
        """Write facts by (source, external_id), each once; what is equal is not touched.

        `since` tells, by source, the instant before which nothing is looked at again.
        """


class ValueWork(AssignmentWork, Protocol):
    """A unit of work as this room uses it."""

    @property
    def values(self) -> ValueStore:
        """Measurements, scores and records of the bound company."""
