from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.periods import Cadence, Calendar, Period, WeekStart
from lodestar.domain.refusals import InvalidContent, InvalidRequest

BERLIN = Calendar("Europe/Berlin")

zones = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Santiago",  # days without midnight
        "Africa/Cairo",
        "America/Havana",  # midnights that come twice
        "Antarctica/Casey",  # days of 21 and 27 hours
        "Antarctica/Troll",
        "Australia/Lord_Howe",  # clocks change by half an hour
        "Asia/Kathmandu",
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
    ]
)
calendars = st.builds(Calendar, zones, st.sampled_from(WeekStart), st.integers(1, 12))
cadences = st.sampled_from(Cadence)
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
moments = st.timedeltas(timedelta(0), timedelta(days=5800)).map(
    lambda since: datetime(2020, 1, 2, tzinfo=UTC) + since
)


def day(text: str) -> date:
    return date.fromisoformat(text)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def period(cadence: Cadence, start: str, end: str) -> Period:
    return Period(cadence, day(start), day(end))


# Which dates make a period


@pytest.mark.parametrize(
    ("week_start", "first", "last"),
    [
        (WeekStart.MONDAY, "2026-01-05", "2026-01-11"),
        (WeekStart.SUNDAY, "2026-01-04", "2026-01-10"),
    ],
)
def test_a_week_has_seven_days_from_the_day_that_the_company_chose(
    week_start: WeekStart, first: str, last: str
) -> None:
    calendar = Calendar("UTC", week_start)
    assert calendar.containing(Cadence.WEEKLY, day("2026-01-07")) == period(Cadence.WEEKLY, first, last)


def test_a_month_ends_on_its_own_last_day() -> None:
    february = BERLIN.containing(Cadence.MONTHLY, day("2028-02-10"))
    assert february == period(Cadence.MONTHLY, "2028-02-01", "2028-02-29")


@pytest.mark.parametrize(
    ("fiscal_month", "first", "last"),
    [
        (1, "2026-01-01", "2026-03-31"),
        (2, "2025-11-01", "2026-01-31"),
        (3, "2025-12-01", "2026-02-28"),
        (4, "2026-01-01", "2026-03-31"),
        (12, "2025-12-01", "2026-02-28"),
    ],
)
def test_a_quarter_is_aligned_to_the_fiscal_year(fiscal_month: int, first: str, last: str) -> None:
    calendar = Calendar("UTC", fiscal_year_start_month=fiscal_month)
    assert calendar.containing(Cadence.QUARTERLY, day("2026-01-31")) == period(Cadence.QUARTERLY, first, last)


@given(calendars, cadences, days)
def test_every_day_lies_in_the_period_that_contains_it(
    calendar: Calendar, cadence: Cadence, of: date
) -> None:
    found = calendar.containing(cadence, of)
    assert found.start <= of <= found.end
    assert calendar.containing(cadence, found.start) == calendar.containing(cadence, found.end) == found


@given(calendars, cadences, days, st.integers(-40, 40))
def test_shifting_there_and_back_changes_nothing(
    calendar: Calendar, cadence: Cadence, of: date, offset: int
) -> None:
    start = calendar.containing(cadence, of)
    assert calendar.shift(calendar.shift(start, offset), -offset) == start


@given(calendars, cadences, days, st.integers(1, 12))
def test_previous_walks_back_one_adjoining_period_at_a_time(
    calendar: Calendar, cadence: Cadence, of: date, steps: int
) -> None:
    walked = start = calendar.containing(cadence, of)
    for _ in range(steps):
        before = calendar.previous(walked)
        assert before.end == walked.start - timedelta(days=1)
        assert calendar.next(before) == walked
        walked = before
    assert calendar.previous(start, steps) == walked


@given(calendars, cadences, days, st.integers(0, 800))
def test_within_gives_each_whole_period_of_a_range_and_none_that_is_cut(
    calendar: Calendar, cadence: Cadence, first: date, length: int
) -> None:
    last = first + timedelta(days=length)
    every = {calendar.containing(cadence, first + timedelta(days=n)) for n in range(length + 1)}
    whole = [each for each in every if first <= each.start and each.end <= last]
    assert calendar.within(cadence, first, last) == sorted(whole, key=lambda each: each.start)


def test_a_range_that_ends_before_it_starts_holds_no_period() -> None:
    assert BERLIN.within(Cadence.DAILY, day("2026-01-02"), day("2026-01-01")) == []


@pytest.mark.parametrize("outside", [date.min, day("1899-12-31"), day("2200-01-01"), date.max])
@pytest.mark.parametrize("cadence", Cadence)
def test_a_day_that_no_company_can_mean_is_refused(cadence: Cadence, outside: date) -> None:
    with pytest.raises(InvalidRequest, match=r"must lie between 1900-01-01 and 2199-12-31\.$"):
        BERLIN.containing(cadence, outside)
    with pytest.raises(InvalidRequest, match=r"must lie between 1900-01-01 and 2199-12-31\.$"):
        BERLIN.within(cadence, min(outside, day("2199-12-30")), max(outside, day("2199-12-30")))


def test_the_first_and_the_last_day_of_all_can_still_be_asked_for() -> None:
    assert len(BERLIN.within(Cadence.DAILY, day("1900-01-01"), day("1900-01-02"))) == 2
    assert len(BERLIN.within(Cadence.DAILY, day("2199-12-30"), day("2199-12-31"))) == 2


# Two dates from outside


@given(calendars, cadences, days)
def test_the_dates_of_a_period_are_accepted_as_it(calendar: Calendar, cadence: Cadence, of: date) -> None:
    found = calendar.containing(cadence, of)
    assert calendar.period_of(cadence, found.start, found.end) == found


@given(calendars, st.sampled_from([Cadence.WEEKLY, Cadence.MONTHLY, Cadence.QUARTERLY]), days, st.data())
def test_dates_that_are_not_one_period_are_refused_with_one_that_would_be(
    calendar: Calendar, cadence: Cadence, of: date, data: st.DataObject
) -> None:
    found = calendar.containing(cadence, of)
    end = found.end + timedelta(days=data.draw(st.integers(-3, 3).filter(bool)))
    with pytest.raises(InvalidRequest) as refused:
        calendar.period_of(cadence, found.start, end)
    assert f"the nearest is {found}" in refused.value.message
    assert f"not one {cadence} period" in refused.value.message


@pytest.mark.parametrize(
    ("start", "end", "nearest"),
    [
        ("2026-01-31", "2026-02-28", "2026-02-01..2026-02-28"),
        ("2026-01-10", "2026-02-28", "2026-02-01..2026-02-28"),
        ("2026-01-01", "2026-02-10", "2026-01-01..2026-01-31"),
        ("2026-01-01", "2026-02-15", "2026-01-01..2026-01-31"),  # February ends nearer, but begins far off
    ],
)
def test_the_nearest_period_is_the_one_that_needs_the_smallest_change(
    start: str, end: str, nearest: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        BERLIN.period_of(Cadence.MONTHLY, day(start), day(end))
    first, last = nearest.split("..")
    assert refused.value.message == (
        f"{start}..{end} is not one monthly period; the nearest is {nearest}: "
        f"set period_start to {first} and period_end to {last}."
    )


def test_dates_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(InvalidRequest) as refused:
        BERLIN.period_of(Cadence.MONTHLY, day("2026-01-31"), day("2026-01-01"))
    assert refused.value.message == "period_end 2026-01-01 must not lie before period_start 2026-01-31."


# Instants


@pytest.mark.parametrize(
    ("zone", "of", "start", "hours"),
    [
        ("UTC", "2026-01-15", "2026-01-15T00:00", 24),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00", 23),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", 25),
        (
            "America/Santiago",
            "2026-09-06",
            "2026-09-06T04:00",
            23,
        ),  # 00:00 does not exist: it begins at 01:00
        ("America/Havana", "2026-11-01", "2026-11-01T04:00", 25),  # 00:00 comes twice: it begins at the first
        ("Antarctica/Casey", "2020-10-04", "2020-10-03T16:00", 21),
        ("Antarctica/Casey", "2021-03-13", "2021-03-12T13:00", 27),
    ],
)
def test_a_day_runs_from_its_first_instant_to_that_of_the_next_day(
    zone: str, of: str, start: str, hours: int
) -> None:
    calendar = Calendar(zone)
    begins, ends = calendar.instants(calendar.containing(Cadence.DAILY, day(of)))
    assert begins == utc(start)
    assert ends - begins == timedelta(hours=hours)
    assert begins.tzinfo is ends.tzinfo is UTC


@given(calendars, cadences, moments)
def test_an_instant_lies_in_the_period_of_its_local_date(
    calendar: Calendar, cadence: Cadence, now: datetime
) -> None:
    start, end = calendar.instants(calendar.containing(cadence, calendar.local_date(now)))
    assert start <= now < end


def test_a_naive_instant_is_refused_because_it_would_mean_the_clock_of_the_server() -> None:
    with pytest.raises(ValueError, match=r"would mean the server's: pass an aware datetime\.$"):
        BERLIN.local_date(datetime(2026, 1, 1))  # noqa: DTZ001 — a naive one is the point


# When a period is due


@pytest.mark.parametrize(
    ("cadence", "of", "due"),
    [
        (Cadence.DAILY, "2026-01-04", "2026-01-05T01:00"),
        (Cadence.WEEKLY, "2026-01-04", "2026-01-05T02:00"),
        (Cadence.MONTHLY, "2026-06-30", "2026-07-01T02:00"),
        (Cadence.QUARTERLY, "2026-06-30", "2026-07-01T03:00"),
        (
            Cadence.DAILY,
            "2026-03-28",
            "2026-03-29T01:00",
        ),  # 02:00 does not exist: the clocks jump at that instant
        (Cadence.DAILY, "2026-10-24", "2026-10-25T00:00"),  # 02:00 comes twice: the first
    ],
)
def test_a_period_is_due_at_its_hour_of_the_local_day_after_it(cadence: Cadence, of: str, due: str) -> None:
    assert BERLIN.due_at(BERLIN.containing(cadence, day(of))) == utc(due)


@given(calendars, cadences, days)
def test_a_period_is_due_on_the_day_after_it_closed(calendar: Calendar, cadence: Cadence, of: date) -> None:
    found = calendar.containing(cadence, of)
    due = calendar.due_at(found)
    assert due > calendar.instants(found)[1]
    assert calendar.local_date(due) == found.end + timedelta(days=1)


@given(calendars, cadences, moments)
def test_the_last_closed_period_is_the_newest_one_that_has_ended(
    calendar: Calendar, cadence: Cadence, now: datetime
) -> None:
    closed = calendar.last_closed(cadence, now)
    assert calendar.instants(closed)[1] <= now < calendar.instants(calendar.next(closed))[1]


@given(calendars, cadences, moments)
def test_the_last_due_period_is_the_newest_one_whose_hour_has_come(
    calendar: Calendar, cadence: Cadence, now: datetime
) -> None:
    due = calendar.last_due(cadence, now)
    assert calendar.due_at(due) <= now < calendar.due_at(calendar.next(due))


@given(calendars, cadences, days)
def test_a_period_is_the_last_due_one_from_its_due_instant_on(
    calendar: Calendar, cadence: Cadence, of: date
) -> None:
    found = calendar.containing(cadence, of)
    due = calendar.due_at(found)
    assert calendar.last_due(cadence, due) == found
    assert calendar.last_due(cadence, due - timedelta(microseconds=1)) == calendar.previous(found)


# What is no calendar


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Europe",
        "Mars/Olympus",
        "europe/berlin",
        "../../etc/passwd",
        "/UTC",
        "UTC\0",
        "x" * 300,
        "localtime",
        "posix/UTC",
        "right/UTC",
        "posixrules",
    ],
)
def test_a_name_that_is_no_zone_of_the_world_is_refused_by_its_field(name: str) -> None:
    with pytest.raises(InvalidContent) as refused:
        Calendar(name)
    assert refused.value.message == 'timezone must be an IANA name such as "Europe/Berlin".'
    assert [detail.field for detail in refused.value.details] == ["timezone"]


@pytest.mark.parametrize("month", [0, 13, -1])
def test_a_fiscal_year_starts_in_a_month(month: int) -> None:
    with pytest.raises(InvalidContent) as refused:
        Calendar("UTC", fiscal_year_start_month=month)
    assert refused.value.message == "fiscal_year_start_month must be a month from 1 to 12."
    assert [detail.field for detail in refused.value.details] == ["fiscal_year_start_month"]
