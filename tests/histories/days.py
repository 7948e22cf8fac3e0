"""A company's days, weeks, months and quarters, found by walking from day to day (docs/rules/time.md)."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lodestar.domain.periods import Cadence

DAY = timedelta(days=1)
HORIZON = date(2027, 6, 30)
"""Where the model's world ends: what has no end goes on to here."""


def days_between(first: date, last: date) -> list[date]:
    """All days of `first`..`last`, both inclusive."""
    return [first + DAY * number for number in range((last - first).days + 1)]


class Period(NamedTuple):
    """Its first and last day."""

    first: date
    last: date


@dataclass(frozen=True)
class Rules:
    """What time means from a day on."""

    since: date
    timezone: str
    week_start: str
    fiscal_month: int

    def begins(self, cadence: Cadence, day: date) -> bool:
        """Whether a period begins on that day, by these rules alone."""
        match cadence:
            case Cadence.DAILY:
                return True
            case Cadence.WEEKLY:
                return day.weekday() == (0 if self.week_start == "monday" else 6)
            case Cadence.MONTHLY:
                return day.day == 1
            case Cadence.QUARTERLY:
                return day.day == 1 and (day.month - self.fiscal_month) % 3 == 0

    def cuts_like(self, other: "Rules", cadence: Cadence) -> bool:
        """Whether both begin the same periods."""
        match cadence:
            case Cadence.WEEKLY:
                return self.week_start == other.week_start
            case Cadence.QUARTERLY:
                return (self.fiscal_month - other.fiscal_month) % 3 == 0
            case _:
                return True


@dataclass
class Days:
    """The calendar: its rules, oldest first, of which the first have always counted."""

    rules: tuple[Rules, ...]
    _periods: dict[tuple[Cadence, date], Period] = field(default_factory=dict)
    _days: dict[datetime, date] = field(default_factory=dict)

    def on(self, day: date) -> Rules:
        return [self.rules[0], *(rules for rules in self.rules[1:] if rules.since <= day)][-1]

    def changed(self, today: date, since: date, rule: str, value: str) -> "Days":
        """With another rule from a day on, for good; what was planned of it is dropped."""
        now = getattr(self.on(today), rule)
        days = sorted({rules.since for rules in self.rules} | {since})
        changed = []
        for day in days:
            said = value if day >= since else now if day > today else getattr(self.on(day), rule)
            changed.append(replace(self.on(day), since=day, **{rule: said}))
        return Days(tuple(changed))

    def begins(self, cadence: Cadence, day: date) -> bool:
        """Whether a period begins on that day: by the rules of it, or because others begin to count."""
        now, before = self.on(day), self.on(day - DAY)
        return now.begins(cadence, day) or not now.cuts_like(before, cadence)

    def period(self, cadence: Cadence, day: date) -> Period:
        """The period that a day lies in."""
        found = self._periods.get((cadence, day))
        if found is None:
            first = last = day
            while not self.begins(cadence, first):
                first -= DAY
            while not self.begins(cadence, last + DAY):
                last += DAY
            found = self._periods[cadence, day] = Period(first, last)
        return found

    def before(self, cadence: Cadence, period: Period) -> Period:
        return self.period(cadence, period.first - DAY)

    def newest_closed(self, cadence: Cadence, day: date) -> Period:
        """The newest period that is over at the end of a day."""
        return self.before(cadence, self.period(cadence, day + DAY))

    def full_days(self, cadence: Cadence, period: Period) -> int:
        """How many days it would have if no change of rules cut it short."""
        rules = self.on(period.first)
        first, following = period.first, period.first + DAY
        while not rules.begins(cadence, first):
            first -= DAY
        while not rules.begins(cadence, following):
            following += DAY
        return (following - first).days

    def start(self, day: date) -> datetime:
        """The instant at which a day begins: where the day before ends by its own clocks."""
        yesterday = self.on(day - DAY)
        midnight = datetime.combine(day, time(), ZoneInfo(yesterday.timezone)).astimezone(UTC)
        if yesterday.timezone != self.on(day - 2 * DAY).timezone:
            return max(midnight, self.start(day - DAY))  # it may be empty, but not less
        return midnight

    def day_of(self, instant: datetime) -> date:
        """The day that an instant lies in."""
        found = self._days.get(instant)
        if found is None:
            near = days_between(instant.date() - 2 * DAY, instant.date() + 2 * DAY)
            found = self._days[instant] = max(day for day in near if self.start(day) <= instant)
        return found
