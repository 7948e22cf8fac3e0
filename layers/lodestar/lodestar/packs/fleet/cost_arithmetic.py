"""Fleet cost arithmetic: units, periods, sums, rates and shares, and how numbers are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from lodestar.domain.periods import Cadence, Calendar, WeekStart

_HUNDREDTH = Decimal("0.01")
_ALL = 10_000  # hundredths of a percent
_ISO = Calendar("UTC", WeekStart.MONDAY)
"""Months and weeks are calendar months and ISO weeks, whatever the company's own week."""


class BasisUnit(StrEnum):
    """What a cost rate is per."""

    KM = "KM"
    HOUR = "HOUR"
    TRIP = "TRIP"
    REVENUE = "REVENUE"


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `start` to `end`, both inclusive."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Sums:
    """What snapshots add up to. Without any, everything is 0."""

    cost: Decimal = Decimal(0)
    units: Decimal = Decimal(0)
    rates: Decimal = Decimal(0)
    rated: int = 0
    """How many of them have a rate; `rates` is the sum of those."""

    @property
    def average_rate(self) -> Decimal:
        """Cost per unit; without units the simple average of the rates, and 0 where there are none."""
        if self.units:
            return self.cost / self.units
        return self.rates / self.rated if self.rated else Decimal(0)


def month_of(day: date) -> Span:
    """The calendar month that holds a day."""
    month = _ISO.containing(Cadence.MONTHLY, day)
    return Span(month.start, month.end)


def previous_month(today: date) -> Span:
    """The last full calendar month before a day."""
    return month_of(today.replace(day=1) - timedelta(days=1))


def buckets(cadence: Cadence, span: Span) -> list[Span]:
    """The months or ISO weeks that cover a span without a gap, cut to it, oldest first."""
    found = []
    period = _ISO.containing(cadence, span.start)
    while period.start <= span.end:
        found.append(Span(max(period.start, span.start), min(period.end, span.end)))
        period = _ISO.next(period)
    return found


def shares(costs: Sequence[Decimal]) -> list[Decimal]:
    """Each cost in percent of their sum, two decimals, adding up to 100.00 exactly; all 0.00 for a sum of 0.

    By largest remainder (Hamilton's method): each share is rounded down, and the hundredths that are missing
    go to the largest remainders, the earlier one first among equals. Costs are not negative.
    """
    total = sum(costs, Decimal(0))
    if not total:
        return [Decimal("0.00")] * len(costs)
    parts = [divmod(_ALL * cost, total) for cost in costs]
    missing = _ALL - int(sum(whole for whole, _ in parts))
    by_remainder = sorted(range(len(parts)), key=lambda index: -parts[index][1])
    lucky = set(by_remainder[:missing])
    return [(whole + (index in lucky)) * _HUNDREDTH for index, (whole, _) in enumerate(parts)]


def cost_text(cost: Decimal) -> str:
    """`"1300.00"`."""
    return _fixed(cost, "0.01")


def units_text(units: Decimal) -> str:
    """`"500.000"`."""
    return _fixed(units, "0.001")


def rate_text(rate: Decimal) -> str:
    """`"2.6"`, `"2"`: at most six decimals and no trailing zeros."""
    return _fixed(rate, "0.000001").rstrip("0").rstrip(".")


def _fixed(number: Decimal, step: str) -> str:
    return f"{number.quantize(Decimal(step), ROUND_HALF_EVEN):f}"
