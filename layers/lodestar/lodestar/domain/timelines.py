"""Days cut into periods by a rule, also where the rule has changed."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Protocol

_ONE_DAY = timedelta(days=1)


class PeriodRule(Protocol):
    """Numbers the periods that it cuts all days into: what follows another has the next number."""

    def number(self, day: date) -> int:
        """The number of the period that a day lies in."""

    def first_day(self, number: int) -> date:
        """The first day of the period of that number."""


@dataclass(frozen=True, slots=True)
class DayPeriods:
    """Periods of `length` days each; `origin` is the ordinal of one's first day."""

    length: int
    origin: int = 0

    def number(self, day: date) -> int:
        """The number of the period that a day lies in."""
        return (day.toordinal() - self.origin) // self.length

    def first_day(self, number: int) -> date:
        """The first day of the period of that number."""
        return date.fromordinal(number * self.length + self.origin)


@dataclass(frozen=True, slots=True)
class MonthPeriods:
    """Periods of `length` calendar months each; `origin` is one's first month, of which 0 is January."""

    length: int
    origin: int = 0

    def number(self, day: date) -> int:
        """The number of the period that a day lies in."""
        return (12 * day.year + day.month - 1 - self.origin) // self.length

    def first_day(self, number: int) -> date:
        """The first day of the period of that number."""
        year, month = divmod(number * self.length + self.origin, 12)
        return date(year, month + 1, 1)


@dataclass(frozen=True, slots=True)
class Block:
    """The days of one period, both inclusive, and how many more it would have without a change of rules."""

    first: date
    last: date
    cut_days: int


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A range of days with one rule; `shift` makes its numbers go on where those before it end."""

    first: date
    last: date
    rule: PeriodRule
    shift: int

    def position(self, day: date) -> int:
        return self.rule.number(day) + self.shift

    def block(self, position: int) -> Block:
        number = position - self.shift
        first, last = self.rule.first_day(number), self.rule.first_day(number + 1) - _ONE_DAY
        kept_first, kept_last = max(first, self.first), min(last, self.last)
        return Block(kept_first, kept_last, (last - first).days - (kept_last - kept_first).days)


class Timeline:
    """All days, each in one period. A rule counts up to the day before the next one begins.

    The last period of a rule is cut short where the next rule begins inside it, and the first one of a rule
    begins on the rule's first day. Positions number the periods through all rules without a gap.
    """

    __slots__ = ("_positions", "_stretches", "seams")

    def __init__(self, rules: Sequence[tuple[date, PeriodRule]]) -> None:
        """`rules` by the day from which each counts, in their order; the first has always counted."""
        begun = [
            (date.min, rules[0][1]),
            *((day, rule) for (_, before), (day, rule) in pairwise(rules) if rule != before),
        ]
        ends = [day - _ONE_DAY for day, _ in begun[1:]] + [date.max]
        self.seams = tuple(day for day, _ in begun[1:])
        self._stretches: list[_Stretch] = []
        for (first, rule), last in zip(begun, ends, strict=True):
            before = self._stretches[-1].position(first - _ONE_DAY) if self._stretches else None
            shift = 0 if before is None else before + 1 - rule.number(first)
            self._stretches.append(_Stretch(first, last, rule, shift))
        self._positions = [stretch.position(stretch.first) for stretch in self._stretches[1:]]

    def position(self, day: date) -> int:
        """The position of the period that a day lies in."""
        return self._stretches[bisect_right(self.seams, day)].position(day)

    def block(self, position: int) -> Block:
        """The days of the period at a position."""
        return self._stretches[bisect_right(self._positions, position)].block(position)
