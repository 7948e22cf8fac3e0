"""From a value to a measurement: the target in force, the achievement, and what became of each slot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.definitions import Definition
from lodestar.domain.periods import Calendar, Period
from lodestar.domain.scoring import Status, achievement, status
from lodestar.domain.targets import Target, TargetOrigin, Targets, target_in_force
from lodestar.domain.values import NoData


class MeasurementState(StrEnum):
    """`open` while the period runs, `final` once it is closed, `restated` when it changed after that."""

    OPEN = "open"
    FINAL = "final"
    RESTATED = "restated"


class SlotOutcome(StrEnum):
    """What became of a slot: a value, none because of its data, a fault, or nothing to calculate."""

    COMPUTED = "computed"
    NO_DATA = "no_data"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Assignee:
    """Who is measured: an assignment, with the team that its user is in."""

    assignment: Assignment
    team_id: int | None

    @property
    def subject_id(self) -> int:
        """The id of the user or team; 0 stands for the company."""
        return self.assignment.user_id or self.assignment.team_id or 0

    @property
    def is_company(self) -> bool:
        """Whether the company itself is measured."""
        return self.assignment.subject_type is SubjectType.COMPANY


@dataclass(frozen=True, slots=True)
class SlotKey:
    """What a slot and its measurement are known by: the assignment and the first day of the period."""

    assignment_id: int
    period_start: date


@dataclass(frozen=True, slots=True)
class CompanyTime:
    """An instant on a company's calendar."""

    calendar: Calendar
    at: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """An assignment of a definition in one period.

    `is_open`: the period still runs. `is_news`: it runs or is the newest closed one, so worth an alert.
    """

    assignment_id: int
    definition: Definition
    period: Period
    is_open: bool
    is_news: bool

    @classmethod
    def at(cls, now: CompanyTime, assignment_id: int, definition: Definition, period: Period) -> "Slot":
        """The slot as it is at an instant."""
        newest = now.calendar.last_closed(period.cadence, now.at)
        is_open, is_news = period.start > newest.start, period.start >= newest.start
        return cls(assignment_id, definition, period, is_open=is_open, is_news=is_news)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A slot that was measured. A `value` of None goes with a `no_data_reason`."""

    slot: Slot
    value: Decimal | None
    no_data_reason: str | None
    target: Target | None
    target_origin: TargetOrigin
    achievement: Decimal | None
    status: Status

    @property
    def state(self) -> MeasurementState:
        """The state in which it is written for the first time."""
        return MeasurementState.OPEN if self.slot.is_open else MeasurementState.FINAL


@dataclass(frozen=True, slots=True)
class EnteredMeasurement:
    """A measurement that somebody enters, with the notes and the facts that go with it."""

    measurement: Measurement
    notes: str = ""
    meta_data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WrittenMeasurement:
    """A measurement that a write inserted or changed; its first `revision` is 1."""

    assignment_id: int
    period_start: date
    revision: int
    state: MeasurementState

    @property
    def key(self) -> SlotKey:
        """The slot that it is the measurement of."""
        return SlotKey(self.assignment_id, self.period_start)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one slot, by which version of its definition.

    All but `computed` have a reason, an error also a message.
    """

    assignment_id: int
    period_start: date
    definition_version: int
    outcome: SlotOutcome
    reason: str | None = None
    message: str | None = None


def measure(
    slot: Slot, value: Decimal | NoData, own_targets: Targets, company_targets: Targets
) -> Measurement:
    """The measurement of a value, with the target in force and the achievement against it."""
    number = None if isinstance(value, NoData) else value
    target, origin = target_in_force(slot.period, own_targets, company_targets)
    achieved = achievement(number, target, slot.definition.target_type)
    return Measurement(
        slot=slot,
        value=number,
        no_data_reason=value.reason if isinstance(value, NoData) else None,
        target=target,
        target_origin=origin,
        achievement=achieved,
        status=status(achieved, number is not None, target is not None, slot.definition.thresholds),
    )
