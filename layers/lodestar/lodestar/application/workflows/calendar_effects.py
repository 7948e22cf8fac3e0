"""What a change of a company's calendar does to periods, and to what has their dates."""

from dataclasses import dataclass
from datetime import date

from lodestar.application.people.shapes import CalendarEffectsView, SeamPeriodView, SeamView
from lodestar.application.values.ports import DatesInUse, ValueWork
from lodestar.domain.calendar_changes import (
    Seam,
    SeamPeriod,
    first_changed_day,
    is_still_measured,
    new_seams,
)
from lodestar.domain.periods import Calendar, Period


@dataclass(frozen=True, slots=True)
class CalendarEffects:
    """What a change does from its first day on.

    The numbers are of what has dates that are no period any more. `moved` are running periods with values,
    and the days on which they end now. `begins_in_measured_days`: the first day is
    not in the future, and values of it or of later days are stored.
    """

    first_day: date
    seams: tuple[Seam, ...]
    calculated_values: int
    entered_values: int
    targets: int
    begins_in_measured_days: bool
    moved: tuple[tuple[Period, date], ...]

    @property
    def lost(self) -> int:
        """How much that people have set or entered counts no more."""
        return self.entered_values + self.targets

    def view(self) -> CalendarEffectsView:
        """As the API shows it."""
        return CalendarEffectsView(
            seams=[_seam_view(seam) for seam in self.seams],
            calculated_values=self.calculated_values,
            entered_values=self.entered_values,
            targets=self.targets,
        )


def effects_of(before: Calendar, after: Calendar, work: ValueWork) -> CalendarEffects | None:
    """What it does that one calendar takes the place of another; None where they are the same."""
    if after == before:
        return None
    first_day, today = first_changed_day(before, after), before.local_date(work.now)
    found = work.values.dates_in_use(first_day)
    kept = [dates for dates in found if is_still_measured(_period(dates), after, today)]
    lost = [dates for dates in found if dates not in kept]
    return CalendarEffects(
        first_day=first_day,
        seams=tuple(new_seams(before, after)),
        calculated_values=sum(dates.calculated_values for dates in lost),
        entered_values=sum(dates.entered_values for dates in lost),
        targets=sum(dates.targets for dates in found if _loses_last_day(dates, before, after)),
        moved=tuple(
            (period, after.containing(period.cadence, period.start).end)
            for period in map(_period, kept)
            if not after.has(period)
        ),
        begins_in_measured_days=first_day <= today
        and any(dates.calculated_values + dates.entered_values for dates in found),
    )


def _period(dates: DatesInUse) -> Period:
    return Period(dates.cadence, dates.first, dates.last)


def _loses_last_day(dates: DatesInUse, before: Calendar, after: Calendar) -> bool:
    """Whether a target with these dates counted for a period, and would for none."""
    cadence, first, last = dates.cadence, dates.first, dates.last
    return before.has_last_day_in(cadence, first, last) and not after.has_last_day_in(cadence, first, last)


def _seam_view(seam: Seam) -> SeamView:
    return SeamView(
        aggregation_period=seam.first_after.period.cadence,
        last_before=_seam_period_view(seam.last_before),
        first_after=_seam_period_view(seam.first_after),
    )


def _seam_period_view(beside: SeamPeriod) -> SeamPeriodView:
    return SeamPeriodView(
        period_start=beside.period.start,
        period_end=beside.period.end,
        days=beside.period.days,
        full_days=beside.period.full_days,
        starts_at=beside.starts_at,
        ends_at=beside.ends_at,
    )
