"""A company's time: its calendar, and the days, weeks, months and quarters that KPIs are measured for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lodestar.domain.dates import require_order
from lodestar.domain.refusals import InvalidContent, InvalidRequest

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""The days that a period may be asked for. Bounds the work of a range, and keeps dates away from overflow."""

_ONE_DAY = timedelta(days=1)
_OF_THE_SERVER = ("localtime", "posixrules", "posix/", "right/")  # files beside the zones, no IANA names


class Cadence(StrEnum):
    """How often a KPI is measured: its `aggregation_period`."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class WeekStart(StrEnum):
    """The day on which a company's week begins."""

    MONDAY = "monday"
    SUNDAY = "sunday"


_WEEKDAY = {WeekStart.MONDAY: 0, WeekStart.SUNDAY: 6}
_DUE_HOUR = {Cadence.DAILY: 2, Cadence.WEEKLY: 3, Cadence.MONTHLY: 4, Cadence.QUARTERLY: 5}


@dataclass(frozen=True, slots=True)
class Period:
    """One day, week, month or quarter as the API writes it: `end` is its last day. Made by a `Calendar`."""

    cadence: Cadence
    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """What time means in one company. The clock zone of the server plays no part.

    Raises `InvalidContent` for a timezone that the IANA database does not know, or a month beyond 1 to 12.
    """

    timezone: str
    week_start: WeekStart = WeekStart.MONDAY
    fiscal_year_start_month: int = 1

    def __post_init__(self) -> None:
        _zone(self.timezone)
        if not 1 <= self.fiscal_year_start_month <= 12:
            field = "fiscal_year_start_month"
            raise InvalidContent.of(field, f"{field} must be a month from 1 to 12.")

    def containing(self, cadence: Cadence, day: date) -> Period:
        """The period that a local day belongs to; `InvalidRequest` before 1900 or after 2199."""
        return _starting(cadence, self._first_day(cadence, _supported(day)))

    def shift(self, period: Period, offset: int) -> Period:
        """The period `offset` periods later; earlier when it is negative."""
        return _starting(period.cadence, _moved(period.cadence, period.start, offset))

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

    def instants(self, period: Period) -> tuple[datetime, datetime]:
        """The period as `[start, end)` in UTC, from local midnight to local midnight.

        A day is not always 24 hours long: 21 to 27 between 2020 and 2035.
        """
        return self._at(period.start, 0), self._at(period.end + _ONE_DAY, 0)

    def local_time(self, instant: datetime) -> datetime:
        """An aware instant as the company's clocks show it; `ValueError` for a naive one."""
        if instant.tzinfo is None:
            raise ValueError("An instant without a timezone would mean the server's: pass an aware datetime.")
        return instant.astimezone(_zone(self.timezone))

    def local_date(self, instant: datetime) -> date:
        """The company's date at an aware instant; `ValueError` as `local_time`."""
        return self.local_time(instant).date()

    def due_at(self, period: Period) -> datetime:
        """The instant (UTC) from which the closed period may be calculated.

        On the local day after its end: daily 02:00, weekly 03:00, monthly 04:00, quarterly 05:00.
        """
        return self._at(period.end + _ONE_DAY, _DUE_HOUR[period.cadence])

    def last_closed(self, cadence: Cadence, now: datetime) -> Period:
        """The newest period that has ended by the aware instant `now`."""
        return self.previous(self.containing(cadence, self.local_date(now)))

    def last_due(self, cadence: Cadence, now: datetime) -> Period:
        """The newest period that may be calculated by the aware instant `now`."""
        closed = self.last_closed(cadence, now)
        return closed if self.due_at(closed) <= now else self.previous(closed)

    def _first_day(self, cadence: Cadence, day: date) -> date:
        match cadence:
            case Cadence.DAILY:
                return day
            case Cadence.WEEKLY:
                return day - timedelta(days=(day.weekday() - _WEEKDAY[self.week_start]) % 7)
            case Cadence.MONTHLY:
                return day.replace(day=1)
            case Cadence.QUARTERLY:
                return _months_later(day, -((day.month - self.fiscal_year_start_month) % 3))

    def _at(self, day: date, hour: int) -> datetime:
        """The first instant at or after a local hour of a day, in UTC.

        An hour that comes twice means its first coming (fold 0). An hour that the clocks skip is read with
        the offset from before the jump: the jump itself, when it begins at that hour. Every jump over a
        midnight from 2020 to 2035 does; the tests prove it zone by zone.
        """
        return datetime.combine(day, time(hour), _zone(self.timezone)).astimezone(UTC)


@cache  # ZoneInfo's own cache holds on to eight zones only; companies live in more
def _zone(name: str) -> ZoneInfo:
    """The zone of an IANA name; `InvalidContent` for anything else."""
    try:
        if not name.startswith(_OF_THE_SERVER):
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass  # ZoneInfo reads files: a folder, a path or an endless name fails each in its own way
    raise InvalidContent.of("timezone", 'timezone must be an IANA name such as "Europe/Berlin".')


def _supported(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidRequest(f"{day} must lie between {FIRST_DAY} and {LAST_DAY}.")
    return day


def _starting(cadence: Cadence, start: date) -> Period:
    return Period(cadence, start, _moved(cadence, start, 1) - _ONE_DAY)


def _moved(cadence: Cadence, start: date, steps: int) -> date:
    match cadence:
        case Cadence.DAILY:
            return start + timedelta(days=steps)
        case Cadence.WEEKLY:
            return start + timedelta(weeks=steps)
        case Cadence.MONTHLY:
            return _months_later(start, steps)
        case Cadence.QUARTERLY:
            return _months_later(start, 3 * steps)


def _months_later(day: date, months: int) -> date:
    """The first day of the month `months` after the month of `day`."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)
