"""Spec 6.5: period arithmetic, all time zones, 2020–2035: 0 gaps, 0 overlaps."""

from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import available_timezones

import pytest

from lodestar.domain.periods import Cadence, Calendar, Period, WeekStart

ZONES = sorted(available_timezones() - {"localtime"})  # the server's own clock is no zone of a company
MOMENT = timedelta(microseconds=1)
SHORTEST_DAY, LONGEST_DAY = timedelta(hours=21), timedelta(hours=27)


def region_of(zone: str) -> str:
    region, slash, _ = zone.partition("/")
    return region if slash else "others"


REGIONS = sorted({region_of(zone) for zone in ZONES})


@cache
def periods(cadence: Cadence, week_start: WeekStart, fiscal_month: int) -> list[Period]:
    """Which dates make a period is the same in every zone, so it is worked out once."""
    calendar = Calendar("UTC", week_start, fiscal_month)
    return calendar.within(cadence, date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize("region", REGIONS)
def test_each_day_of_a_zone_holds_its_own_instants_and_no_others(region: str) -> None:
    days = periods(Cadence.DAILY, WeekStart.MONDAY, 1)
    assert len(days) == 5844
    for zone in (zone for zone in ZONES if region_of(zone) == region):
        calendar = Calendar(zone)
        expected_start = calendar.instants(days[0])[0]
        for day in days:
            start, end = calendar.instants(day)
            assert start == expected_start, f"{zone} {day}: a gap or an overlap before it"
            assert SHORTEST_DAY <= end - start <= LONGEST_DAY, f"{zone} {day}: {end - start} long"
            assert calendar.local_date(start) == day.start, f"{zone} {day}: starts on another day"
            assert calendar.local_date(end - MOMENT) == day.start, f"{zone} {day}: ends on another day"
            expected_start = end


LONGER = [
    *((Cadence.WEEKLY, week_start, 1) for week_start in WeekStart),
    (Cadence.MONTHLY, WeekStart.MONDAY, 1),
    *((Cadence.QUARTERLY, WeekStart.MONDAY, month) for month in (1, 2, 3)),
]


@pytest.mark.parametrize(("cadence", "week_start", "fiscal_month"), LONGER)
def test_longer_periods_are_whole_days_without_gap_or_overlap_in_every_zone(
    cadence: Cadence, week_start: WeekStart, fiscal_month: int
) -> None:
    longer = periods(cadence, week_start, fiscal_month)
    for before, after in pairwise(longer):
        assert after.start - before.end == timedelta(days=1)
    for zone in ZONES:
        calendar = Calendar(zone, week_start, fiscal_month)
        spans = [calendar.instants(period) for period in longer]
        assert all(before[1] == after[0] for before, after in pairwise(spans)), zone
        for period, (start, end) in zip(longer, spans, strict=True):
            assert calendar.local_date(start) == period.start, f"{zone} {period}"
            assert calendar.local_date(end - MOMENT) == period.end, f"{zone} {period}"
