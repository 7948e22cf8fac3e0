"""What the running period may come to, judged by the closed ones."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

MIN_VALUES = 8
"""Values that a forecast needs, so that one odd period is not taken for a direction."""
_LEVEL, _SLOPE, _DAMPING = Decimal("0.5"), Decimal("0.3"), Decimal("0.9")


def forecast(values: Sequence[Decimal | None], decimals: int) -> Decimal | None:
    """The value of the period after the last one, by damped-trend exponential smoothing (Holt).

    It begins with the first value as its level and a slope of 0. Each value then moves the level half of
    the way from what was foretold (0.5), and the slope by 0.3 of the level's own step beyond it; a slope
    loses a tenth with each period (0.9). A period without a value comes as foretold. What was never
    negative is not foretold to be. None with fewer than MIN_VALUES values.
    """
    known = [value for value in values if value is not None]
    if len(known) < MIN_VALUES:
        return None
    level, slope = known[0], Decimal(0)
    for value in values[values.index(known[0]) + 1 :]:
        foretold = level + _DAMPING * slope
        before, level = level, foretold if value is None else foretold + _LEVEL * (value - foretold)
        slope = _DAMPING * slope if value is None else _leaned(slope, level - before)
    least = Decimal(0) if min(known) >= 0 else None
    foretold = level + _DAMPING * slope
    bounded = foretold if least is None else max(foretold, least)
    return bounded.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN) + 0


def _leaned(slope: Decimal, step: Decimal) -> Decimal:
    damped = _DAMPING * slope
    return damped + _SLOPE * (step - damped)
