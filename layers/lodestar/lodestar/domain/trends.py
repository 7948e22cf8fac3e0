from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from lodestar.domain.definitions import TargetType, Unit
from lodestar.domain.targets import Target


@dataclass(frozen=True, slots=True)
class Change:
    """One value against the one before it."""

    previous: Decimal
    current: Decimal
    in_points: bool
    """Whether `absolute` reads as percentage points, because the KPI itself is a percentage."""

    @property
    def absolute(self) -> Decimal:
        """The difference, in the KPI's unit or in percentage points."""
        return self.current - self.previous

    @property
    def percent(self) -> Decimal | None:
        """The difference in percent of |previous|, two decimals half-even; None when previous is 0."""
        if self.previous == 0:
            return None
        percent = 100 * self.absolute / abs(self.previous)
        return percent.quantize(Decimal("0.01"), ROUND_HALF_EVEN) + 0  # a tiny loss rounds to 0, not to −0


def change(current: Decimal | None, previous: Decimal | None, unit: Unit) -> Change | None:
    """The change from the previous period to this one; None when either has no value."""
    if current is None or previous is None:
        return None
    return Change(previous, current, in_points=unit is Unit.PERCENT)


class Direction(StrEnum):
    """Where a KPI is going, judged by what is good for it."""

    IMPROVING = "improving"
    DECLINING = "declining"
    FLAT = "flat"


def direction(moved: Change, target_type: TargetType, target: Target | None = None) -> Direction:
    """Whether the change is for the better: fewer hours is improving where lower is better.

    An exact or range KPI improves as it comes nearer to its target; without one it is flat.
    """
    gain = _gain(moved, target_type, target)
    if gain == 0:
        return Direction.FLAT
    return Direction.IMPROVING if gain > 0 else Direction.DECLINING


def _gain(moved: Change, target_type: TargetType, target: Target | None) -> Decimal:
    match target_type:
        case TargetType.HIGHER_BETTER:
            return moved.absolute
        case TargetType.LOWER_BETTER:
            return -moved.absolute
        case TargetType.EXACT | TargetType.RANGE if target is not None:
            return _distance(moved.previous, target) - _distance(moved.current, target)
        case _:
            return Decimal(0)


def _distance(value: Decimal, target: Target) -> Decimal:
    return abs(value - target.nearest(value))
