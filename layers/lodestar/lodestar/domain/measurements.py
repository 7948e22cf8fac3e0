"""From a value to a measurement: the target in force, the achievement, and what became of each slot."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.memberships import NO_MEMBERSHIPS, Memberships
from lodestar.domain.periods import Calendar, Period
from lodestar.domain.scoring import Status, achievement, exact_achievement, status
from lodestar.domain.targets import Target, TargetOrigin
from lodestar.domain.targets_in_force import Goal, Targets, target_in_force
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
    """Who is measured: an assignment, with the memberships of its user; a team and the company have none."""

    assignment: Assignment
    memberships: Memberships = NO_MEMBERSHIPS

    @property
    def subject_id(self) -> int:
        """The id of the user or team; 0 stands for the company."""
        return self.assignment.user_id or self.assignment.team_id or 0

    def team_for(self, period: Period) -> int | None:
        """The team itself, or the one that the user counts for in a period."""
        return self.assignment.team_id or self.memberships.team_for(period.start, period.end)

    @property
    def is_company(self) -> bool:
        """Whether the company itself is measured."""
        return self.assignment.subject_type is SubjectType.COMPANY


@dataclass(frozen=True, slots=True, order=True)
class SlotKey:
    """What a slot and its measurement are known by: the assignment, and the period's first and last day."""

    assignment_id: int
    period_start: date
    period_end: date

    @classmethod
    def of(cls, assignment_id: int, period: Period) -> "SlotKey":
        """The key of an assignment's slot in a period."""
        return cls(assignment_id, period.start, period.end)


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

    @property
    def key(self) -> SlotKey:
        """What it is known by."""
        return SlotKey.of(self.assignment_id, self.period)

    @classmethod
    def at(cls, now: CompanyTime, assignment_id: int, definition: Definition, period: Period) -> "Slot":
        """The slot as it is at an instant."""
        newest = now.calendar.last_closed(period.cadence, now.at)
        is_open, is_news = period.start > newest.start, period.start >= newest.start
        return cls(assignment_id, definition, period, is_open=is_open, is_news=is_news)


@dataclass(frozen=True, slots=True)
class Standard:
    """What the value of a period is judged by; once the period is closed, it stays.

    `weight` is 0–100; `score_cap` is the greatest achievement that counts in a score, None for any.
    """

    target: Target | None = None
    origin: TargetOrigin = TargetOrigin.NONE
    weight: Decimal = Decimal(1)
    score_cap: Decimal | None = None


@dataclass(frozen=True, slots=True)
class KeptStandard:
    """What a closed period was judged by, and by which version of the definition."""

    standard: Standard
    definition_version: int

    def with_first_target(self, today: Standard) -> Standard:
        """It, with today's target where it had none: the first one that is set for a period counts."""
        if self.standard.target is not None:
            return self.standard
        return replace(self.standard, target=today.target, origin=today.origin)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A slot that was measured. A `value` of None goes with a `no_data_reason`.

    `covered_days` are the days of the period on which the KPI was assigned. `is_entered`: the value is one
    that somebody has entered.
    """

    slot: Slot
    value: Decimal | None
    no_data_reason: str | None
    standard: Standard
    covered_days: int
    achievement: Decimal | None
    status: Status
    is_entered: bool = False

    @property
    def target(self) -> Target | None:
        """The target that the value is judged by."""
        return self.standard.target

    @property
    def is_partial(self) -> bool:
        """Whether less than half of the period is covered: too little to judge anybody by."""
        return self.slot.period.is_partial(self.covered_days)

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

    key: SlotKey
    revision: int
    state: MeasurementState


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one slot, by which version of its definition.

    All but `computed` have a reason, an error also a message.
    """

    key: SlotKey
    definition_version: int
    outcome: SlotOutcome
    reason: str | None = None
    message: str | None = None


def is_rolled_up(definition: Definition, subject_type: SubjectType) -> bool:
    """Whether a value is made of people's and of nothing else: of a team or the company, with a rollup."""
    return subject_type is not SubjectType.USER and definition.rollup is not Rollup.NONE


def standard_for(period: Period, own: Targets, goal: Goal, score_cap: Decimal | None) -> Standard:
    """What a value of the period is judged by today: its target and weight, and the company's cap."""
    target, origin = target_in_force(period, own, goal)
    terms = own.terms_of(period)
    return Standard(target, origin, Decimal(0) if terms is None else terms.weight, score_cap)


def measure(slot: Slot, value: Decimal | NoData, standard: Standard, covered_days: int) -> Measurement:
    """The measurement of a value, with the achievement against what it is judged by."""
    number = None if isinstance(value, NoData) else value
    target, target_type = standard.target, slot.definition.target_type
    exact = exact_achievement(number, target, target_type)
    return Measurement(
        slot=slot,
        value=number,
        no_data_reason=value.reason if isinstance(value, NoData) else None,
        standard=standard,
        covered_days=covered_days,
        achievement=achievement(number, target, target_type),
        status=status(exact, number is not None, target is not None, slot.definition.thresholds),
    )
