"""Where a row of values goes, and what comes next.

Values are those of closed periods, oldest first; a period without one is None. Both rules are plain on
purpose: they are documented here in full.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from statistics import mean

LEAST_FOR_A_COURSE = 4
LEAST_FOR_A_FORECAST = 8
"""Values, so that one odd period is not taken for a direction."""
STEADY_WITHIN = Decimal(5)
"""Percent of change that still counts as none."""

_LEVEL, _SLOPE, _DAMPING = Decimal("0.5"), Decimal("0.3"), Decimal("0.9")


class Course(StrEnum):
    """Where the values themselves go; whether that is good is another question (see trends.direction)."""

    GROWING = "growing"
    STEADY = "steady"
    FALLING = "falling"


@dataclass(frozen=True, slots=True)
class Trend:
    """The later half against the earlier one; `percent` (two decimals) is None when that was 0."""

    percent: Decimal | None
    label: Course


def trend(values: Sequence[Decimal | None]) -> Trend | None:
    """The mean of the later half of the values against that of the earlier half, in percent of |earlier|.

    Steady within STEADY_WITHIN percent. Of an odd number the middle one is in neither half. None with fewer
    than LEAST_FOR_A_COURSE values; against a mean of 0 there is no percentage, so any change is a course.
    """
    known = [each for each in values if each is not None]
    if len(known) < LEAST_FOR_A_COURSE:
        return None
    half = len(known) // 2
    earlier, later = mean(known[:half]), mean(known[-half:])
    moved = later - earlier
    if earlier == 0:
        return Trend(None, _course(moved, Decimal(0)))
    percent = 100 * moved / abs(earlier)
    shown = percent.quantize(Decimal("0.01"), ROUND_HALF_EVEN) + 0  # not −0
    return Trend(shown, _course(percent, STEADY_WITHIN))


def forecast(values: Sequence[Decimal | None], decimals: int) -> Decimal | None:
    """The value of the period after the last one, by damped-trend exponential smoothing (Holt).

    It begins with the first value as its level and a slope of 0. Each value then moves the level half of
    the way from what was foretold (0.5), and the slope by 0.3 of the level's own step beyond it; a slope
    loses a tenth with each period (0.9). A period without a value comes as foretold. What was never
    negative is not foretold to be. None with fewer than LEAST_FOR_A_FORECAST values.
    """
    known = [each for each in values if each is not None]
    if len(known) < LEAST_FOR_A_FORECAST:
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


def _course(moved: Decimal, within: Decimal) -> Course:
    if abs(moved) <= within:
        return Course.STEADY
    return Course.GROWING if moved > 0 else Course.FALLING
