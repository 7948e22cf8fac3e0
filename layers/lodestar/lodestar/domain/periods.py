"""A company's time: its calendar, and the days, weeks, months and quarters that KPIs are measured for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, Self

from lodestar.domain.clocks import Clocks
from lodestar.domain.dates import require_order
from lodestar.domain.refusals import InvalidContent, InvalidRequest
from lodestar.domain.timelines import DayPeriods, MonthPeriods, PeriodRule, Timeline

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""The days that a period may be asked for. Bounds the work of a range, and keeps dates away from overflow."""

LONGEST_PERIOD = timedelta(days=92)
"""No quarter is longer."""

_ONE_DAY = timedelta(days=1)


class Cadence(StrEnum):
    """How often a KPI is measured: its `aggregation_period`."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"

    @property
    def depends_on_calendar(self) -> bool:
        """Whether companies cut other periods of it: days and months are the same in every calendar."""
        return self in (Cadence.WEEKLY, Cadence.QUARTERLY)


class WeekStart(StrEnum):
    """The day on which a company's week begins."""

    MONDAY = "monday"
    SUNDAY = "sunday"


_MONDAY = 1  # its ordinal: the first day of the year 1 was one
_WEEK_ORIGIN = {WeekStart.MONDAY: _MONDAY, WeekStart.SUNDAY: _MONDAY - 1}
_DUE_HOUR = {Cadence.DAILY: 2, Cadence.WEEKLY: 3, Cadence.MONTHLY: 4, Cadence.QUARTERLY: 5}


@dataclass(frozen=True, slots=True)
class Period:
    """One day, week, month or quarter as the API writes it: `end` is its last day. Made by a `Calendar`.

    `cut_days` are the days that a change of the calendar took from it: they belong to its neighbour. What
    the period is, its dates say alone.
    """

    cadence: Cadence
    start: date
    end: date
    cut_days: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    @property
    def full_days(self) -> int:
        """How many days it would have if the calendar had not changed."""
        return self.days + self.cut_days

    def shares_a_day_with(self, other: "Period") -> bool:
        """Whether some day lies in both."""
        return self.start <= other.end and other.start <= self.end

    def is_partial(self, covered_days: int) -> bool:
        """Whether so many of its days are less than half of those that it would have uncut."""
        return 2 * covered_days < self.full_days


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """What time means in a company: its timezone, and where its weeks and fiscal years begin.

    Raises `InvalidContent` for a month beyond 1 to 12.
    """

    timezone: str
    week_start: WeekStart = WeekStart.MONDAY
    fiscal_year_start_month: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.fiscal_year_start_month <= 12:
            field_name = "fiscal_year_start_month"
            raise InvalidContent.of(field_name, f"{field_name} must be a month from 1 to 12.")

    def of(self, cadence: Cadence) -> PeriodRule:
        """How days are cut into periods of a cadence."""
        match cadence:
            case Cadence.DAILY:
                return DayPeriods(1)
            case Cadence.WEEKLY:
                return DayPeriods(7, _WEEK_ORIGIN[self.week_start])
            case Cadence.MONTHLY:
                return MonthPeriods(1)
            case Cadence.QUARTERLY:
                return MonthPeriods(3, (self.fiscal_year_start_month - 1) % 3)


@dataclass(frozen=True, slots=True)
class CalendarVersion:
    """The rules of a company's time from a day on, until those of the next version."""

    effective_from: date
    rules: CalendarRules


@dataclass(frozen=True, init=False)
class Calendar:
    """What time means in one company, today and before. The clock zone of the server plays no part.

    It is made of versions, oldest first, each from a day on; the first one has always counted. Where a
    version cuts weeks or quarters otherwise than the one before, the running one ends on the day before and
    a new one begins on the version's first day; how days begin after a change of timezone says `Clocks`.

    Raises `InvalidContent` for a timezone that the IANA database does not know, or a month beyond 1 to 12.
    """

    versions: tuple[CalendarVersion, ...]
    _clocks: Clocks = field(repr=False, compare=False)
    _timelines: dict[Cadence, Timeline] = field(repr=False, compare=False)

    def __init__(
        self, timezone: str, week_start: WeekStart = WeekStart.MONDAY, fiscal_year_start_month: int = 1
    ) -> None:
        """A calendar that has never changed."""
        rules = CalendarRules(timezone, week_start, fiscal_year_start_month)
        self._set([CalendarVersion(FIRST_DAY, rules)])

    @classmethod
    def of(cls, versions: Iterable[CalendarVersion]) -> Self:
        """The calendar of these versions, oldest first, each with a day of its own; at least one."""
        calendar = cls.__new__(cls)
        calendar._set(versions)
        return calendar

    def _set(self, versions: Iterable[CalendarVersion]) -> None:
        kept = tuple(versions)
        clocks = Clocks((version.effective_from, version.rules.timezone) for version in kept)
        timelines: dict[Cadence, Timeline] = {}  # each made when it is asked for: most requests need one
        for name, value in (("versions", kept), ("_clocks", clocks), ("_timelines", timelines)):
            object.__setattr__(self, name, value)

    def on(self, day: date) -> CalendarRules:
        """The rules that count on a local day."""
        newest_first = reversed(self.versions)
        begun = (version for version in newest_first if version.effective_from <= day)
        return next(begun, self.versions[0]).rules

    def at(self, instant: datetime) -> CalendarRules:
        """The rules that count at an aware instant."""
        return self.on(self.local_date(instant))

    def changed(self, effective_from: date, rules: Mapping[str, Any]) -> "Calendar":
        """The calendar in which some of the rules, by their names, are others from a day on, for good.

        Later versions keep what they say of the other rules. A version that says nothing new is none.
        """
        dated = {version.effective_from: version.rules for version in self.versions}
        dated |= {effective_from: self.on(effective_from)}
        changed = [
            CalendarVersion(day, replace(dated[day], **rules) if day >= effective_from else dated[day])
            for day in sorted(dated)
        ]
        news = (later for before, later in pairwise(changed) if later.rules != before.rules)
        return Calendar.of([changed[0], *news])

    def in_timezone(self, timezone: str) -> "Calendar":
        """The same weeks and quarters by the clocks of one timezone at all times."""
        return Calendar.of(
            replace(version, rules=replace(version.rules, timezone=timezone)) for version in self.versions
        )

    def containing(self, cadence: Cadence, day: date) -> Period:
        """The period that a local day belongs to; `InvalidRequest` before 1900 or after 2199."""
        return self._at(cadence, self._timeline(cadence).position(_supported(day)))

    def shift(self, period: Period, offset: int) -> Period:
        """The period `offset` periods later; earlier when it is negative."""
        return self._at(period.cadence, self._timeline(period.cadence).position(period.start) + offset)

    def previous(self, period: Period, steps: int = 1) -> Period:
        """The period `steps` periods before this one."""
        return self.shift(period, -steps)

    def next(self, period: Period) -> Period:
        """The period that begins on the day after this one ends."""
        return self.shift(period, 1)

    def within(self, cadence: Cadence, first: date, last: date) -> list[Period]:
        """The periods that lie wholly in `first`..`last` (both inclusive), oldest first."""
        period = self.containing(cadence, first)
        if period.start < first:
            period = self.next(period)
        whole = []
        while period.end <= _supported(last):
            whole.append(period)
            period = self.next(period)
        return whole

    def period_of(self, cadence: Cadence, start: date, end: date) -> Period:
        """The period of exactly these two inclusive dates.

        Raises:
            InvalidRequest: they are in the wrong order, or are not one period; names the nearest one.
        """
        require_order(start, end)
        candidates = self.containing(cadence, start), self.containing(cadence, end)
        nearest = min(candidates, key=lambda period: abs(period.start - start) + abs(period.end - end))
        if (nearest.start, nearest.end) != (start, end):
            raise InvalidRequest(
                f"{start}..{end} is not one {cadence} period; the nearest is {nearest}: "
                f"set period_start to {nearest.start} and period_end to {nearest.end}."
            )
        return nearest

    def has(self, period: Period) -> bool:
        """Whether it is still a period: a calendar that has changed since may have cut other ones."""
        return self.containing(period.cadence, period.start) == period

    def has_last_day_in(self, cadence: Cadence, first: date, last: date) -> bool:
        """Whether a period ends in `first`..`last` (both inclusive): a target counts for those that do."""
        return self.containing(cadence, first).end <= last

    def seams(self, cadence: Cadence) -> Sequence[date]:
        """The days, oldest first, on which a period begins by a new rule; a day itself: in a new timezone."""
        return self._clocks.first_days if cadence is Cadence.DAILY else self._timeline(cadence).seams

    def instants(self, period: Period) -> tuple[datetime, datetime]:
        """The period as `[start, end)` in UTC, from the first instant of a local day to that of another.

        A day is not always 24 hours long: 21 to 27 between 2020 and 2035, and anything from 0 to 50 where
        the timezone changes.
        """
        return self._clocks.start_of(period.start), self._clocks.start_of(period.end + _ONE_DAY)

    def local_time(self, instant: datetime) -> datetime:
        """An aware instant as the company's clocks show it; `ValueError` for a naive one."""
        return self._clocks.local_time(instant)

    def local_date(self, instant: datetime) -> date:
        """The company's day that an aware instant lies in; `ValueError` as `local_time`."""
        return self._clocks.local_date(instant)

    def due_at(self, period: Period) -> datetime:
        """The instant (UTC) from which the closed period may be calculated.

        On the local day after its end: daily 02:00, weekly 03:00, monthly 04:00, quarterly 05:00. Where
        that day is the first one in another timezone and begins later, as soon as it does.
        """
        return self._clocks.at(period.end + _ONE_DAY, _DUE_HOUR[period.cadence])

    def last_closed(self, cadence: Cadence, now: datetime) -> Period:
        """The newest period that has ended by the aware instant `now`."""
        return self.previous(self.containing(cadence, self.local_date(now)))

    def last_due(self, cadence: Cadence, now: datetime) -> Period:
        """The newest period that may be calculated by the aware instant `now`."""
        closed = self.last_closed(cadence, now)
        return closed if self.due_at(closed) <= now else self.previous(closed)

    def _timeline(self, cadence: Cadence) -> Timeline:
        timeline = self._timelines.get(cadence)
        if timeline is None:
            rules = [(version.effective_from, version.rules.of(cadence)) for version in self.versions]
            timeline = self._timelines[cadence] = Timeline(rules)
        return timeline

    def _at(self, cadence: Cadence, position: int) -> Period:
        block = self._timeline(cadence).block(position)
        return Period(cadence, block.first, block.last, block.cut_days)


def _supported(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidRequest(f"{day} must lie between {FIRST_DAY} and {LAST_DAY}.")
    return day
