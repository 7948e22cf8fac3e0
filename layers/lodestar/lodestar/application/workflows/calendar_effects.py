"""What a change of a company's calendar does to periods, and to what has their dates."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lodestar.application.people.shapes import CalendarEffectsView, SeamPeriodView, SeamView
from lodestar.application.values.ports import DatesInUse, ValueWork
from lodestar.domain.calendar_changes import (
    Seam,
    SeamPeriod,
    first_changed_day,
    first_difference,
    is_still_measured,
    new_seams,
)
from lodestar.domain.periods import Cadence, Calendar, Period


@dataclass(frozen=True, slots=True)
class CalendarEffects:
    """What a change does from its first day on.

    The numbers are of what has dates that are no period any more. `reopened` are periods with values that
    run, or run again, and the days to which they do. `runs_back`: today is an earlier day by the new clocks
    than by the old ones. `measured_anew` has the first day of the first period that is another one now, for
    each cadence that has such.
    """

    first_day: date
    seams: tuple[Seam, ...]
    calculated_values: int
    entered_values: int
    targets: int
    reopened: tuple[tuple[Period, date], ...]
    runs_back: bool
    measured_anew: Mapping[Cadence, date]

    @property
    def lost(self) -> int:
        """How much that people have set or entered counts no more."""
        return self.entered_values + self.targets

    def view(self, run_ids: Sequence[int]) -> CalendarEffectsView:
        """As the API shows it, with the runs that it starts."""
        return CalendarEffectsView(
            seams=[_seam_view(seam) for seam in self.seams],
            calculated_values=self.calculated_values,
            entered_values=self.entered_values,
            targets=self.targets,
            run_ids=list(run_ids),
        )


def effects_of(before: Calendar, after: Calendar, work: ValueWork) -> CalendarEffects | None:
    """What it does that one calendar takes the place of another; None where they are the same."""
    if after == before:
        return None
    first_day, today = first_changed_day(before, after), after.local_date(work.now)
    # What ends on the day before may go on, where a seam on this day was wrong.
    found = work.values.dates_in_use(first_day - timedelta(days=1))
    kept = [dates for dates in found if is_still_measured(_period(dates), before, after, work.now)]
    lost = [dates for dates in found if dates not in kept]
    return CalendarEffects(
        first_day=first_day,
        seams=tuple(new_seams(before, after)),
        calculated_values=sum(dates.calculated_values for dates in lost),
        entered_values=sum(dates.entered_values for dates in lost),
        targets=sum(dates.targets for dates in found if _loses_last_day(dates, before, after)),
        reopened=tuple(_reopened(map(_period, kept), before, after, work.now)),
        runs_back=today < before.local_date(work.now),
        # What is planned changes nothing that has been measured yet.
        measured_anew=_measured_anew(found, before, after, today) if first_day <= today else {},
    )


def _reopened(
    periods: Iterable[Period], before: Calendar, after: Calendar, now: datetime
) -> Iterator[tuple[Period, date]]:
    """Those that run in a changed calendar and did not, or end on another day; each with its last day."""
    for period in periods:
        last = after.containing(period.cadence, period.start).end
        had_ended = period.end < before.local_date(now)
        if last >= after.local_date(now) and (had_ended or last != period.end):
            yield period, last


def _measured_anew(
    found: Iterable[DatesInUse], before: Calendar, after: Calendar, today: date
) -> Mapping[Cadence, date]:
    measured = [dates.first for dates in found if dates.calculated_values + dates.entered_values]
    if not measured:
        return {}
    # A cadence of which nothing is measured counts too: its running period may be cut into closed ones.
    differing = {
        cadence: first_difference(before, after, cadence, min(measured), today) for cadence in Cadence
    }
    return {cadence: first for cadence, first in differing.items() if first is not None}


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
