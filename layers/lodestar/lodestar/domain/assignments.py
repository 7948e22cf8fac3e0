"""A definition given to somebody: whom, how much it weighs, which target, from when until when."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from lodestar.domain.periods import Period
from lodestar.domain.targets import Target


class SubjectType(StrEnum):
    """What a KPI is measured for."""

    USER = "user"
    TEAM = "team"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class UserKpiIds:
    """Which KPI of which user: an assignment, asked for under the user that it has to belong to."""

    user_id: int
    assignment_id: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """Definition × subject. `weight` is 0–100; `end_date` is inclusive, None for open-ended."""

    id: int
    definition_id: int
    subject_type: SubjectType
    user_id: int | None
    team_id: int | None
    weight: Decimal
    target: Target | None
    start_date: date
    end_date: date | None = None
    is_active: bool = True

    def covers(self, period: Period) -> bool:
        """Whether any day of `period` lies in the assignment's dates."""
        return self.has_day_in(period.start, period.end)

    def has_day_in(self, first: date, last: date) -> bool:
        """Whether any day of `first`..`last` (both inclusive) lies in the assignment's dates."""
        return last >= self.start_date and (self.end_date is None or first <= self.end_date)

    def overlaps(self, other: "Assignment") -> bool:
        """Whether both have a day in common."""
        return self.has_day_in(other.start_date, other.end_date or date.max)
