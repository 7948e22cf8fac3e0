"""Calendars that change, made up by Hypothesis; and their days cut into periods one by one."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from hypothesis import strategies as st

from lodestar.domain.periods import FIRST_DAY, Cadence, Calendar, CalendarRules, CalendarVersion, WeekStart

ONE_DAY = timedelta(days=1)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/Santiago",  # days without midnight
    "America/Havana",  # midnights that come twice
    "Antarctica/Casey",  # days of 21 and 27 hours
    "Australia/Lord_Howe",  # clocks change by half an hour
    "Asia/Kathmandu",
    "Pacific/Kiritimati",  # 25 hours ahead of Pago Pago
    "Pacific/Pago_Pago",
)
SOME_DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))

_rules = st.builds(CalendarRules, st.sampled_from(ZONES), st.sampled_from(WeekStart), st.integers(1, 12))
_steps = st.integers(1, 3) | st.integers(1, 400)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """A calendar of up to five versions, some of which follow one another within days."""
    first_days, day = [FIRST_DAY], draw(SOME_DAYS)
    for step in draw(st.lists(_steps, max_size=4)):
        first_days.append(day)
        day += timedelta(days=step)
    return Calendar.of([CalendarVersion(first_day, draw(_rules)) for first_day in first_days])


def periods_day_by_day(
    calendar: Calendar, cadence: Cadence, first: date, days: int
) -> Iterator[tuple[date, date]]:
    """The first and last days of what the days from `first` on make, by asking each day for itself.

    A period goes on as long as the days have the same rule without a break, and lie in the same uncut one.
    """
    breaks, marked = 0, []
    for day in (first + timedelta(days=n) for n in range(days)):
        breaks += _rule(calendar, cadence, day - ONE_DAY) != _rule(calendar, cadence, day)
        marked.append((breaks, _uncut(calendar, cadence, day), day))
    for _, group in groupby(marked, key=lambda mark: mark[:2]):
        together = [mark[2] for mark in group]
        yield together[0], together[-1]


def instants_around(calendar: Calendar, days: int = 3) -> st.SearchStrategy[datetime]:
    """Instants near the changes of a calendar, to the minute."""
    centers = [version.effective_from for version in calendar.versions[1:]] or [date(2025, 6, 1)]
    minutes = st.integers(-days * 24 * 60, days * 24 * 60).map(lambda n: timedelta(minutes=n))
    midnights = st.sampled_from(centers).map(lambda day: datetime(day.year, day.month, day.day, tzinfo=UTC))
    return st.builds(lambda midnight, since: midnight + since, midnights, minutes)


def days_around(calendar: Calendar, days: int = 100) -> st.SearchStrategy[date]:
    """Days near the changes of a calendar."""
    centers = [version.effective_from for version in calendar.versions[1:]] or [date(2025, 6, 1)]
    steps = st.integers(-3, 3) | st.integers(-days, days)
    return st.builds(lambda day, n: day + timedelta(days=n), st.sampled_from(centers), steps)


def _rule(calendar: Calendar, cadence: Cadence, day: date) -> object:
    rules = calendar.on(day)
    match cadence:
        case Cadence.WEEKLY:
            return rules.week_start
        case Cadence.QUARTERLY:
            return rules.fiscal_year_start_month % 3
        case _:
            return None


def _uncut(calendar: Calendar, cadence: Cadence, day: date) -> object:
    rules = calendar.on(day)
    match cadence:
        case Cadence.DAILY:
            return day
        case Cadence.WEEKLY:
            return day - timedelta(
                days=day.isoweekday() % 7 if rules.week_start == "sunday" else day.weekday()
            )
        case Cadence.MONTHLY:
            return day.replace(day=1)
        case Cadence.QUARTERLY:
            return 12 * day.year + day.month - (day.month - rules.fiscal_year_start_month) % 3
