"""A company's calendar changes, and still every day lies in one period, and every instant in one day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lodestar.domain.periods import (
    FIRST_DAY,
    Cadence,
    Calendar,
    CalendarRules,
    CalendarVersion,
    Period,
    WeekStart,
)
from lodestar.domain.refusals import InvalidContent, InvalidRequest
from tests.oracle.calendars import ONE_DAY, calendars, days_around, instants_around, periods_day_by_day

cadences = st.sampled_from(Cadence)
MOMENT = timedelta(microseconds=1)


def day(text: str) -> date:
    return date.fromisoformat(text)


def daily(calendar: Calendar, on: date) -> Period:
    return calendar.containing(Cadence.DAILY, on)


# Periods


@given(calendars(), cadences, st.data())
def test_periods_are_those_that_the_days_make_one_by_one(
    calendar: Calendar, cadence: Cadence, data: st.DataObject
) -> None:
    first = calendar.containing(cadence, data.draw(days_around(calendar))).start
    *whole, _ = periods_day_by_day(calendar, cadence, first, 400)
    found = calendar.within(cadence, first, whole[-1][1])
    assert [(period.start, period.end) for period in found] == whole


@given(calendars(), cadences, st.data())
def test_every_way_to_a_period_gives_the_same_one(
    calendar: Calendar, cadence: Cadence, data: st.DataObject
) -> None:
    of = data.draw(days_around(calendar))
    found = calendar.containing(cadence, of)
    assert found.start <= of <= found.end
    assert calendar.containing(cadence, found.start) == calendar.containing(cadence, found.end) == found
    assert calendar.period_of(cadence, found.start, found.end) == found
    assert calendar.within(cadence, found.start, found.end) == [found]
    assert calendar.has(found)
    assert calendar.next(found) == calendar.containing(cadence, found.end + ONE_DAY)
    assert calendar.previous(found) == calendar.containing(cadence, found.start - ONE_DAY)


@given(calendars(), cadences, st.data(), st.integers(-40, 40))
def test_shifting_is_walking_one_period_at_a_time(
    calendar: Calendar, cadence: Cadence, data: st.DataObject, offset: int
) -> None:
    walked = start = calendar.containing(cadence, data.draw(days_around(calendar)))
    for _ in range(abs(offset)):
        walked = calendar.next(walked) if offset > 0 else calendar.previous(walked)
    assert calendar.shift(start, offset) == walked
    assert calendar.shift(walked, -offset) == start


@given(calendars(), cadences, st.data())
def test_a_cut_period_knows_how_many_days_it_would_have(
    calendar: Calendar, cadence: Cadence, data: st.DataObject
) -> None:
    of = data.draw(days_around(calendar))
    found = calendar.containing(cadence, of)
    rules = calendar.on(of)
    uncut = Calendar(rules.timezone, rules.week_start, rules.fiscal_year_start_month).containing(cadence, of)
    assert (found.full_days, uncut.cut_days) == (uncut.days, 0)
    assert found.days + found.cut_days == found.full_days
    touched = {found.start, found.end + ONE_DAY} & set(calendar.seams(cadence))
    assert found.cut_days == 0 or touched


@pytest.mark.parametrize(
    ("seam", "before", "after"),
    [
        ("2026-03-08", ("2026-03-02", "2026-03-07", 6), ("2026-03-08", "2026-03-14", 7)),  # a Sunday
        ("2026-03-09", ("2026-03-02", "2026-03-08", 7), ("2026-03-09", "2026-03-14", 6)),  # a Monday
        ("2026-03-11", ("2026-03-09", "2026-03-10", 2), ("2026-03-11", "2026-03-14", 4)),
    ],
)
def test_the_week_before_a_change_is_cut_short_and_the_first_one_begins_on_its_day(
    seam: str, before: tuple[str, str, int], after: tuple[str, str, int]
) -> None:
    calendar = Calendar("UTC").changed(day(seam), {"week_start": WeekStart.SUNDAY})
    first = calendar.containing(Cadence.WEEKLY, day(seam))
    last = calendar.previous(first)
    assert [(str(period.start), str(period.end), period.days) for period in (last, first)] == [before, after]
    assert last.full_days == first.full_days == 7
    assert calendar.seams(Cadence.WEEKLY) == (day(seam),)


def test_a_quarter_is_cut_where_the_fiscal_year_begins_in_another_month() -> None:
    calendar = Calendar("UTC").changed(day("2026-02-01"), {"fiscal_year_start_month": 2})
    first = calendar.containing(Cadence.QUARTERLY, day("2026-02-01"))
    last = calendar.previous(first)
    assert [str(last), str(first)] == ["2026-01-01..2026-01-31", "2026-02-01..2026-04-30"]
    assert (last.days, last.full_days, first.cut_days) == (31, 90, 0)


@pytest.mark.parametrize(
    ("covered", "is_partial"), [(0, True), (15, True), (44, True), (45, False), (90, False)]
)
def test_less_than_half_of_a_periods_days_is_a_part(covered: int, is_partial: bool) -> None:
    cut = Period(Cadence.QUARTERLY, day("2026-01-01"), day("2026-01-31"), cut_days=59)
    assert cut.is_partial(covered) is is_partial


@pytest.mark.parametrize(
    ("rules", "cut"),
    [
        ({"week_start": WeekStart.SUNDAY}, {Cadence.WEEKLY}),
        ({"fiscal_year_start_month": 3}, {Cadence.QUARTERLY}),
        ({"fiscal_year_start_month": 4}, set()),  # its quarters are those of January
        ({"timezone": "Asia/Tokyo"}, {Cadence.DAILY}),
    ],
    ids=str,
)
def test_only_what_a_change_is_about_is_cut(rules: dict[str, object], cut: set[Cadence]) -> None:
    calendar = Calendar("Europe/Berlin").changed(day("2026-03-11"), rules)
    assert {cadence for cadence in Cadence if calendar.seams(cadence)} == cut
    for cadence in Cadence:
        at_seam = calendar.containing(cadence, day("2026-03-11"))
        assert bool(at_seam.cut_days) is (cadence in cut and cadence is not Cadence.DAILY)


# Days


@given(calendars(), st.data())
def test_days_follow_one_another_without_a_gap_or_an_overlap(calendar: Calendar, data: st.DataObject) -> None:
    on = data.draw(days_around(calendar))
    begins, ends = calendar.instants(daily(calendar, on))
    assert begins <= ends
    assert calendar.instants(daily(calendar, on + ONE_DAY))[0] == ends
    assert ends - begins <= timedelta(hours=54)


@given(calendars(), cadences, st.data())
def test_an_instant_lies_in_the_day_and_the_period_of_its_local_date(
    calendar: Calendar, cadence: Cadence, data: st.DataObject
) -> None:
    now = data.draw(instants_around(calendar))
    found = calendar.containing(cadence, calendar.local_date(now))
    begins, ends = calendar.instants(found)
    assert begins <= now < ends
    assert calendar.local_date(begins) >= found.start
    assert calendar.local_date(ends - MOMENT) <= found.end


@given(calendars(), st.data())
def test_away_from_a_change_a_day_is_that_of_its_timezone(calendar: Calendar, data: st.DataObject) -> None:
    on = data.draw(days_around(calendar))
    assume(len({calendar.on(on + n * ONE_DAY).timezone for n in range(-3, 4)}) == 1)
    alone = Calendar(calendar.on(on).timezone)
    assert calendar.instants(daily(calendar, on)) == alone.instants(daily(alone, on))


@pytest.mark.parametrize(
    ("old", "new", "begins", "ends"),
    [
        ("Europe/Berlin", "Asia/Tokyo", "2026-03-10T23:00", "2026-03-11T15:00"),
        ("Asia/Tokyo", "Europe/Berlin", "2026-03-10T15:00", "2026-03-11T23:00"),
        ("Pacific/Kiritimati", "Pacific/Pago_Pago", "2026-03-10T10:00", "2026-03-12T11:00"),
        (
            "Pacific/Pago_Pago",
            "Pacific/Kiritimati",
            "2026-03-11T11:00",
            "2026-03-11T11:00",
        ),  # nothing is left
        ("Europe/Berlin", "Europe/Paris", "2026-03-10T23:00", "2026-03-11T23:00"),
    ],
)
def test_the_first_day_in_a_new_timezone_begins_as_the_last_one_in_the_old_ends(
    old: str, new: str, begins: str, ends: str
) -> None:
    calendar = Calendar(old).changed(day("2026-03-11"), {"timezone": new})
    found = calendar.instants(daily(calendar, day("2026-03-11")))
    assert found == tuple(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (begins, ends))


def test_the_days_after_the_first_never_begin_before_it() -> None:
    calendar = Calendar("Pacific/Pago_Pago").changed(day("2026-03-11"), {"timezone": "Pacific/Kiritimati"})
    begins, ends = calendar.instants(daily(calendar, day("2026-03-12")))
    assert begins == datetime(2026, 3, 11, 11, tzinfo=UTC)
    assert ends == datetime(2026, 3, 12, 10, tzinfo=UTC)
    assert calendar.local_date(begins) == day("2026-03-12")


# When a period is due


@given(calendars(), cadences, st.data())
def test_a_period_is_due_once_it_has_ended_and_before_the_next_one(
    calendar: Calendar, cadence: Cadence, data: st.DataObject
) -> None:
    found = calendar.containing(cadence, data.draw(days_around(calendar)))
    due = calendar.due_at(found)
    assert calendar.instants(found)[1] <= due <= calendar.due_at(calendar.next(found))


@given(calendars(), cadences, st.data())
def test_the_last_due_period_is_the_newest_one_whose_hour_has_come(
    calendar: Calendar, cadence: Cadence, data: st.DataObject
) -> None:
    now = data.draw(instants_around(calendar))
    closed, due = calendar.last_closed(cadence, now), calendar.last_due(cadence, now)
    assert calendar.instants(closed)[1] <= now < calendar.instants(calendar.next(closed))[1]
    assert calendar.due_at(due) <= now < calendar.due_at(calendar.next(due))


# Versions


def versions(calendar: Calendar) -> list[tuple[str, str, str]]:
    return [
        (str(version.effective_from), version.rules.timezone, version.rules.week_start)
        for version in calendar.versions
    ]


PLANNED = (
    Calendar("Europe/Berlin")
    .changed(day("2026-03-01"), {"week_start": WeekStart.SUNDAY})
    .changed(day("2026-06-01"), {"timezone": "Asia/Tokyo"})
)
FROM_THE_BEGINNING = str(FIRST_DAY)


def test_each_version_keeps_what_is_not_changed() -> None:
    assert versions(PLANNED) == [
        (FROM_THE_BEGINNING, "Europe/Berlin", "monday"),
        ("2026-03-01", "Europe/Berlin", "sunday"),
        ("2026-06-01", "Asia/Tokyo", "sunday"),
    ]
    assert PLANNED.on(day("2026-02-28")).week_start is WeekStart.MONDAY
    assert PLANNED.on(day("2026-03-01")).week_start is WeekStart.SUNDAY
    assert PLANNED.at(datetime(2026, 5, 31, 21, tzinfo=UTC)).timezone == "Europe/Berlin"
    assert PLANNED.at(datetime(2026, 5, 31, 22, tzinfo=UTC)).timezone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("first_day", "rules", "left"),
    [
        ("2026-02-01", {"week_start": WeekStart.SUNDAY}, ["2026-02-01 Berlin s", "2026-06-01 Tokyo s"]),
        ("2026-03-01", {"week_start": WeekStart.MONDAY}, ["2026-06-01 Tokyo m"]),
        ("2026-06-01", {"timezone": "Europe/Berlin"}, ["2026-03-01 Berlin s"]),
        (
            "2026-05-01",
            {"timezone": "Europe/Paris"},
            ["2026-03-01 Berlin s", "2026-05-01 Paris s"],
        ),
        (
            "2026-07-01",
            {"week_start": WeekStart.MONDAY},
            ["2026-03-01 Berlin s", "2026-06-01 Tokyo s", "2026-07-01 Tokyo m"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_change_counts_from_its_day_for_good_and_replaces_what_was_planned_of_it(
    first_day: str, rules: dict[str, object], left: list[str]
) -> None:
    found = versions(PLANNED.changed(day(first_day), rules))[1:]
    assert [f"{on} {zone.split('/')[1]} {start[0]}" for on, zone, start in found] == left


@given(calendars(), st.data())
def test_a_change_back_undoes_a_change(calendar: Calendar, data: st.DataObject) -> None:
    last = calendar.versions[-1]
    on = last.effective_from + timedelta(days=data.draw(st.integers(1, 400)))
    other = "Asia/Tokyo"
    assert calendar.changed(on, {"timezone": other}).changed(on, {"timezone": last.rules.timezone}) == (
        calendar.changed(on, {})
    )


@given(calendars(), st.sampled_from(["UTC", "America/Havana"]), st.data())
def test_a_persons_own_clocks_move_days_and_no_period(
    calendar: Calendar, zone: str, data: st.DataObject
) -> None:
    own, of = calendar.in_timezone(zone), data.draw(days_around(calendar))
    for cadence in Cadence:
        assert own.containing(cadence, of) == calendar.containing(cadence, of)
    assert own.instants(daily(own, of)) == Calendar(zone).instants(daily(own, of))


def test_a_calendar_that_was_cut_otherwise_has_other_periods() -> None:
    week = Calendar("UTC").containing(Cadence.WEEKLY, day("2026-03-11"))
    changed = Calendar("UTC").changed(day("2026-03-11"), {"week_start": WeekStart.SUNDAY})
    assert not changed.has(week)
    with pytest.raises(InvalidRequest, match=r"the nearest is 2026-03-09..2026-03-10:"):
        changed.period_of(Cadence.WEEKLY, week.start, week.end)


def test_a_version_with_impossible_rules_is_refused_by_their_field() -> None:
    for rules, name in (({"timezone": "Mars/Olympus"}, "timezone"), ({"fiscal_year_start_month": 0}, None)):
        with pytest.raises(InvalidContent) as refused:
            Calendar("UTC").changed(day("2026-03-11"), rules)
        assert refused.value.details[0].field == (name or "fiscal_year_start_month")
    assert Calendar.of([CalendarVersion(FIRST_DAY, CalendarRules("UTC"))]) == Calendar("UTC")
