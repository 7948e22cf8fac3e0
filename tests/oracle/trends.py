"""The change of a KPI against the period before, whether it is for the better, and how it is told.

Views say all of it in SQL: persistence/insight/change_parts.py, persistence/functions/change_in_words.sql.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from lodestar.domain.definitions import TargetType, Unit
from lodestar.domain.periods import Cadence
from lodestar.domain.targets import Target
from lodestar.domain.trends import Direction

FROM = {
    Cadence.DAILY: ("yesterday", "the day before"),
    Cadence.WEEKLY: ("last week", "the week before"),
    Cadence.MONTHLY: ("last month", "the month before"),
    Cadence.QUARTERLY: ("last quarter", "the quarter before"),
}
"""The period before the running one, and the one before a closed one."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value against the one before it."""

    previous: Decimal
    current: Decimal

    @property
    def absolute(self) -> Decimal:
        """The difference, in the KPI's unit."""
        return self.current - self.previous

    @property
    def percent(self) -> Decimal | None:
        """The difference in percent of |previous|, two decimals half-even; None when previous is 0."""
        if self.previous == 0:
            return None
        percent = 100 * self.absolute / abs(self.previous)
        return percent.quantize(Decimal("0.01"), ROUND_HALF_EVEN) + 0  # a tiny loss rounds to 0, not to −0


def change(current: Decimal | None, previous: Decimal | None) -> Change | None:
    """The change from the previous period to this one; None when either has no value."""
    return None if current is None or previous is None else Change(previous, current)


def direction(moved: Change, target_type: TargetType, target: Target | None = None) -> Direction:
    """Whether the change is for the better: fewer hours is improving where lower is better.

    An exact or range KPI improves as it comes nearer to its target; without one it is flat.
    """
    gain = _gain(moved, target_type, target)
    if gain == 0:
        return Direction.FLAT
    return Direction.IMPROVING if gain > 0 else Direction.DECLINING


def in_words(absolute: Decimal, unit: Unit, precision: int) -> str:
    """How a change is told: `+5`, `-3 points`, `no change`, in the decimals that the KPI shows."""
    size = abs(absolute).quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP)
    if size == 0:
        return "no change"
    points = "" if unit is not Unit.PERCENT else " point" if size == 1 else " points"
    return f"{'+' if absolute > 0 else '-'}{size.normalize():f}{points}"


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
