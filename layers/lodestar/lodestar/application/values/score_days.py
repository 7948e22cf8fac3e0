"""Which scores are written when values change: those of the days on which periods close, and kept ones."""

from collections.abc import Collection, Iterable
from datetime import timedelta

from lodestar.application.values.ports import UserDay, UserDays, ValueWork
from lodestar.domain.periods import Calendar, Period
from lodestar.domain.scoring import CARRY_DAYS


def days_scored_with(user_id: int, period: Period, calendar: Calendar, *, is_carried: bool) -> UserDays:
    """The days of whose scores a value of a period may be part.

    It is the newest one until the next period of its KPI ends; where it is carried into periods that have
    none, it may be for a year.
    """
    last = period
    if is_carried:
        last = calendar.containing(period.cadence, period.start + timedelta(days=CARRY_DAYS))
    return UserDays(user_id, period.end, calendar.next(last).end)


def write_scores(
    closing: Iterable[UserDay], spans: Collection[UserDays], calendar: Calendar, work: ValueWork
) -> None:
    """Write the scores of days on which a period closed, and again those that were written in some spans."""
    days = {*closing, *work.values.scored_days(spans)}
    if days:
        work.values.write_scores(sorted(days), calendar, work.now)
