"""What has dates that are no period any more gives way to what is measured by the calendar that counts.

A calendar that is corrected in the past leaves it in sight until, in the same transaction, something takes
its place: a run that never gets here, or whose source is away, loses nothing; and no day is measured twice.
"""

from collections.abc import Collection, Mapping
from datetime import date
from itertools import product

from lodestar.application.values.ports import ValueWork, WithdrawalReason
from lodestar.domain.measurements import SlotKey
from lodestar.domain.periods import Calendar, Period


def supersede_old_dates(
    measured: Mapping[SlotKey, Period], calendar: Calendar, work: ValueWork, run_id: int | None
) -> Mapping[SlotKey, Period]:
    """Take out of sight what is no period of the calendar and shares a day with what is `measured` now.

    Both are the periods of slots. Answers what may have been taken: of some of these nothing was stored.
    """
    # Days and months are the same in every calendar.
    cut = {key: period for key, period in measured.items() if period.cadence.depends_on_calendar}
    if not cut:
        return {}
    old = _old_periods(cut.values(), {key.assignment_id for key in cut}, calendar, work)
    gone = {
        SlotKey.of(key.assignment_id, before): before
        for (key, period), before in product(cut.items(), old)
        if period.cadence is before.cadence and period.shares_a_day_with(before)
    }
    if gone:
        work.values.withdraw(gone, WithdrawalReason.SUPERSEDED, work.now, run_id)
    return gone


def places_of(
    gone: Mapping[SlotKey, Period], measured: Mapping[SlotKey, Period], today: date
) -> Mapping[SlotKey, date]:
    """The first day of the period in whose place each of those that are gone was, by its slot.

    Of several that share days with it, it is the newest closed one: that is news where the old one was.
    """
    of_assignment: dict[int, list[Period]] = {}
    for key, period in measured.items():
        of_assignment.setdefault(key.assignment_id, []).append(period)
    places = {}
    for key, period in gone.items():
        beside = [each for each in of_assignment[key.assignment_id] if each.shares_a_day_with(period)]
        closed = [each.start for each in beside if each.end < today]
        places[key] = max(closed) if closed else min(each.start for each in beside)
    return places


def _old_periods(
    cut: Collection[Period], assignment_ids: Collection[int], calendar: Calendar, work: ValueWork
) -> list[Period]:
    first, last = min(period.start for period in cut), max(period.end for period in cut)
    found = work.values.measured_periods(assignment_ids, first, last)
    return [period for period in found if not calendar.has(period)]
