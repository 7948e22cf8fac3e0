"""A change of a company's calendar: from when it counts, and where it cuts periods."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from lodestar.domain.periods import FIRST_DAY, Cadence, Calendar, CalendarRules, CalendarVersion, Period

_CADENCE_OF = {
    "timezone": Cadence.DAILY,
    "week_start": Cadence.WEEKLY,
    "fiscal_year_start_month": Cadence.QUARTERLY,
}
"""The periods that each rule of a calendar is about."""


@dataclass(frozen=True, slots=True)
class SeamPeriod:
    """A period beside a seam, with the instants [starts_at, ends_at) that it has in this calendar."""

    period: Period
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Seam:
    """Where the periods of a cadence begin to follow another rule: the last one before, the first one after.

    Either may be cut short. Between days, it is the timezone that changes.
    """

    last_before: SeamPeriod
    first_after: SeamPeriod


def changed_calendar(
    calendar: Calendar, rules: Mapping[str, Any], today: date, effective_from: date | None
) -> Calendar:
    """The calendar with other rules, by their names, from a day on, for good.

    Without a day, each of them counts from the first day of the next period that it makes itself: the next
    week, the next quarter, and for a timezone tomorrow. What was planned of the same rule is dropped.
    """
    now = calendar.on(today)
    for name, value in rules.items():
        first_day = effective_from or _next_start(_CADENCE_OF[name], replace(now, **{name: value}), today)
        if first_day > today:
            calendar = calendar.changed(today + timedelta(days=1), {name: getattr(now, name)})
        calendar = calendar.changed(first_day, {name: value})
    return calendar


def new_seams(before: Calendar, after: Calendar) -> list[Seam]:
    """The seams of a changed calendar that the one before did not have, cadence by cadence, oldest first."""
    known = set(map(_mark, _seams(before)))
    return [seam for seam in _seams(after) if _mark(seam) not in known]


def first_changed_day(before: Calendar, after: Calendar) -> date:
    """The first day on which two calendars that are not the same differ."""
    differing = set(before.versions) ^ set(after.versions)
    return min(version.effective_from for version in differing)


def first_difference(
    before: Calendar, after: Calendar, cadence: Cadence, since: date, until: date
) -> date | None:
    """The first day of the first period that only `after` has, or that has other instants in it.

    Of the periods beside and between two days, both inclusive; None where they are all the same.
    """
    period = after.previous(after.containing(cadence, since))
    while period.start <= until:
        if not before.has(period) or before.instants(period) != after.instants(period):
            return period.start
        period = after.next(period)
    return None


def is_still_measured(period: Period, before: Calendar, after: Calendar, now: datetime) -> bool:
    """Whether what was measured for a period stays in a changed calendar.

    It does where the period is still one; and where it runs in both, and only ends on another day. What is
    final for a part of a period says nothing about the whole.
    """
    found = after.containing(period.cadence, period.start)
    runs = period.end >= before.local_date(now) and found.end >= after.local_date(now)
    return found == period or (found.start == period.start and runs)


def _next_start(cadence: Cadence, rules: CalendarRules, day: date) -> date:
    always = Calendar.of([CalendarVersion(FIRST_DAY, rules)])
    return always.next(always.containing(cadence, day)).start


def _seams(calendar: Calendar) -> list[Seam]:
    first_after = [
        calendar.containing(cadence, day) for cadence in Cadence for day in calendar.seams(cadence)
    ]
    return [
        Seam(_seam_period(calendar, calendar.previous(period)), _seam_period(calendar, period))
        for period in first_after
    ]


def _mark(seam: Seam) -> object:
    """What a seam is known by: its periods; only of days, which nothing cuts, their instants."""
    is_of_days = seam.first_after.period.cadence is Cadence.DAILY
    return seam if is_of_days else (seam.last_before.period, seam.first_after.period)


def _seam_period(calendar: Calendar, period: Period) -> SeamPeriod:
    return SeamPeriod(period, *calendar.instants(period))
