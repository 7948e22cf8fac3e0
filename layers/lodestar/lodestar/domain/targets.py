"""Targets: the values to reach, and for which dates."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from lodestar.domain.dates import require_order
from lodestar.domain.refusals import InvalidContent


@dataclass(frozen=True, slots=True)
class Target:
    """The values that meet a target: `low` to `high`, which are the same for a single value."""

    low: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise InvalidContent.of("target", "The least value of a target must not be above its greatest.")

    @classmethod
    def point(cls, value: Decimal) -> "Target":
        """The target of one value."""
        return cls(value, value)

    def nearest(self, value: Decimal) -> Decimal:
        """The value of the target that lies nearest; `value` itself when it meets the target."""
        return min(max(value, self.low), self.high)


class TargetOrigin(StrEnum):
    """Which rule gave the target."""

    RANGE = "range"
    ASSIGNMENT_DEFAULT = "assignment_default"
    COMPANY = "company"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class DatedTarget:
    """A target for `first`..`last` (both inclusive); `InvalidRequest` when they are in the wrong order."""

    target: Target
    first: date
    last: date
    created_at: datetime

    def __post_init__(self) -> None:
        require_order(self.first, self.last)

    def holds(self, day: date) -> bool:
        """Whether a day lies in the range."""
        return self.first <= day <= self.last

    def has_dates_of(self, other: "DatedTarget") -> bool:
        """Whether both are for exactly the same dates."""
        return (self.first, self.last) == (other.first, other.last)

    def collides_with(self, other: "DatedTarget") -> bool:
        """Whether neither of two ranges that share days lies inside the other, or they are the same.

        Nested ranges go together, for the narrowest wins; of these no rule could choose one.
        """
        if self.has_dates_of(other):
            return True
        if self.last < other.first or other.last < self.first:
            return False
        return (self.first < other.first) == (self.last < other.last) and (
            self.first != other.first and self.last != other.last
        )


@dataclass(frozen=True, slots=True)
class KpiTarget:
    """Which target of which KPI of the company: it is asked for under the KPI that it has to belong to."""

    kpi_id: int
    target_id: int
