"""Fleet cost arithmetic: shares, rates, buckets, and how the numbers are written (spec 5.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from lodestar.domain.periods import Cadence, Calendar, WeekStart

_CENT = Decimal("0.01")
_HUNDRED = Decimal("100.00")
_ISO = Calendar("UTC", WeekStart.MONDAY)
"""Buckets are calendar months and ISO weeks, whatever the company's own week."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A month or a week of a trend, cut to the period that was asked for; both days inclusive."""

    start: date
    end: date


def buckets(cadence: Cadence, first: date, last: date) -> list[Bucket]:
    """The months or ISO weeks that cover `first`..`last` without a gap, oldest first."""
    found = []
    period = _ISO.containing(cadence, first)
    while period.start <= last:
        found.append(Bucket(max(period.start, first), min(period.end, last)))
        period = _ISO.next(period)
    return found


def shares(costs: Sequence[Decimal]) -> list[Decimal]:
    """Each cost in percent of their sum, two decimals, adding up to 100.00 exactly; all 0.00 for a sum of 0.

    By largest remainder (Hamilton's method): each share is rounded down, and the cents that are missing go
    to the largest remainders, the earlier one first among equals. Costs are not negative.
    """
    total = sum(costs, Decimal(0))
    if total == 0:
        return [Decimal("0.00")] * len(costs)
    exact = [100 * each / total for each in costs]
    floors = [each.quantize(_CENT, ROUND_FLOOR) for each in exact]
    missing = int((_HUNDRED - sum(floors, Decimal(0))) / _CENT)
    by_remainder = sorted(range(len(costs)), key=lambda index: floors[index] - exact[index])
    lucky = set(by_remainder[:missing])
    return [each + _CENT if index in lucky else each for index, each in enumerate(floors)]


def average_rate(total_cost: Decimal, total_units: Decimal, rates: Sequence[Decimal]) -> Decimal:
    """Cost per unit; without units the simple average of the rates, and 0 where there are none."""
    if total_units != 0:
        return total_cost / total_units
    return sum(rates, Decimal(0)) / len(rates) if rates else Decimal(0)


def cost_text(cost: Decimal) -> str:
    """`"1300.00"`."""
    return _fixed(cost, "0.01")


def units_text(units: Decimal) -> str:
    """`"500.000"`."""
    return _fixed(units, "0.001")


def rate_text(rate: Decimal) -> str:
    """`"2.6"`, `"2"`: at most six decimals and no trailing zeros."""
    text = _fixed(rate, "0.000001")
    return text.rstrip("0").rstrip(".")


def _fixed(number: Decimal, step: str) -> str:
    return f"{number.quantize(Decimal(step), ROUND_HALF_EVEN):f}"


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of the calendar month that holds a day."""
    month = _ISO.containing(Cadence.MONTHLY, day)
    return month.start, month.end


def previous_month(today: date) -> tuple[date, date]:
    """The last full calendar month before a day."""
    return month_of(today.replace(day=1) - timedelta(days=1))
