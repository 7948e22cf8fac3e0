"""Where a row of values goes (growing, steady, falling), and the words for better and worse.

Values are those of closed periods, oldest first; a period without one is None. Whether a change is improving
or declining, SQL decides: persistence/insight/change_parts.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from statistics import mean

MIN_VALUES_OF_A_TREND = 4
"""Values, so that one odd period is not taken for a direction."""
STEADY_WITHIN = Decimal(5)
"""Percent of change that still counts as none."""


class Course(StrEnum):
    """Where the values themselves go; whether that is good is another question."""

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
    than MIN_VALUES_OF_A_TREND values; against a mean of 0 there is no percentage, so any change is a course.
    """
    known = [value for value in values if value is not None]
    if len(known) < MIN_VALUES_OF_A_TREND:
        return None
    half = len(known) // 2
    earlier, later = mean(known[:half]), mean(known[-half:])
    moved = later - earlier
    if earlier == 0:
        return Trend(None, _course(moved, Decimal(0)))
    percent = 100 * moved / abs(earlier)
    shown = percent.quantize(Decimal("0.01"), ROUND_HALF_EVEN) + 0  # not −0
    return Trend(shown, _course(percent, STEADY_WITHIN))


def _course(moved: Decimal, within: Decimal) -> Course:
    if abs(moved) <= within:
        return Course.STEADY
    return Course.GROWING if moved > 0 else Course.FALLING


class Direction(StrEnum):
    """Where a KPI is going, judged by what is good for it."""

    IMPROVING = "improving"
    DECLINING = "declining"
    FLAT = "flat"
