from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.assignments import THE_COMPANY, Assignment, Subject, Terms
from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.targets import DatedTarget, Target, TargetOrigin
from lodestar.domain.targets_in_force import Goal, Targets, target_in_force

CALENDAR = Calendar("UTC")
FEBRUARY = CALENDAR.containing(Cadence.MONTHLY, date(2026, 2, 1))
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NO_GOAL = Goal()


def point(value: int) -> Target:
    return Target.point(Decimal(value))


def dated(value: int, first: date, last: date, minutes: int = 0) -> DatedTarget:
    return DatedTarget(point(value), first, last, NOON + timedelta(minutes=minutes))


def terms(
    target: int | None, first: date = date(2026, 1, 1), last: date | None = None, *, for_people: bool = False
) -> Terms:
    return Terms(first, last, Decimal(1), None if target is None else point(target), for_people)


def own(*dated_ones: DatedTarget, default: int | None = None) -> Targets:
    return Targets(dated_ones, Assignment(1, 1, Subject(user_id=1), (terms(default),)))


def of_company(*dated_ones: DatedTarget, terms: tuple[Terms, ...] = ()) -> Targets:
    return Targets(dated_ones, Assignment(2, 1, THE_COMPANY, terms))


YEAR = dated(1, date(2026, 1, 1), date(2026, 12, 31), minutes=9)
QUARTER = dated(2, date(2026, 1, 1), date(2026, 3, 31), minutes=5)
EXACTLY = dated(3, date(2026, 2, 1), date(2026, 2, 28), minutes=1)
EXACTLY_LATER = dated(4, date(2026, 2, 1), date(2026, 2, 28), minutes=2)
WITHOUT_THE_FIRST_DAY = dated(5, date(2026, 2, 2), date(2026, 2, 28), minutes=0)
WITHOUT_THE_LAST_DAY = dated(6, date(2026, 2, 1), date(2026, 2, 27), minutes=99)


# Targets with dates of their own


def test_the_narrowest_range_that_holds_the_last_day_wins_over_a_newer_one() -> None:
    targets = own(YEAR, EXACTLY, QUARTER, default=9)
    assert target_in_force(FEBRUARY, targets, NO_GOAL) == (point(3), TargetOrigin.RANGE)
    assert targets.dated_target_for(FEBRUARY) == EXACTLY


def test_of_two_ranges_that_begin_together_the_one_that_ends_first_wins_over_a_newer_one() -> None:
    assert YEAR.created_at > QUARTER.created_at
    for both in ((YEAR, QUARTER), (QUARTER, YEAR)):
        assert target_in_force(FEBRUARY, own(*both), NO_GOAL)[0] == point(2)


def test_of_two_ranges_alike_the_newest_wins() -> None:
    for both in ((EXACTLY, EXACTLY_LATER), (EXACTLY_LATER, EXACTLY)):
        assert target_in_force(FEBRUARY, own(*both), NO_GOAL)[0] == point(4)


def test_a_range_that_begins_inside_the_period_counts_where_it_holds_the_last_day() -> None:
    targets = own(EXACTLY, WITHOUT_THE_FIRST_DAY, default=9)
    assert target_in_force(FEBRUARY, targets, NO_GOAL) == (point(5), TargetOrigin.RANGE)


def test_a_range_that_ends_before_the_last_day_does_not_count() -> None:
    targets = own(WITHOUT_THE_LAST_DAY, default=9)
    assert target_in_force(FEBRUARY, targets, NO_GOAL) == (point(9), TargetOrigin.ASSIGNMENT_DEFAULT)
    assert targets.dated_target_for(FEBRUARY) is None


def test_a_week_over_the_end_of_a_month_has_the_target_of_its_last_days_month() -> None:
    week = CALENDAR.containing(Cadence.WEEKLY, date(2026, 2, 25))
    assert week.end == date(2026, 3, 1)
    march = dated(7, date(2026, 3, 1), date(2026, 3, 31))
    assert target_in_force(week, own(EXACTLY, march), NO_GOAL) == (point(7), TargetOrigin.RANGE)


days = st.dates(date(2026, 1, 20), date(2026, 3, 10))
ranges = st.tuples(days, days, st.integers(0, 3)).map(
    lambda drawn: (min(drawn[:2]), max(drawn[:2]), drawn[2])
)


@given(st.lists(ranges, max_size=8), st.sampled_from(Cadence), days)
def test_no_range_that_holds_the_last_day_is_narrower_or_alike_and_newer_than_the_chosen_one(
    drawn: list[tuple[date, date, int]], cadence: Cadence, day: date
) -> None:
    period = CALENDAR.containing(cadence, day)
    every = [dated(n, first, last, minutes) for n, (first, last, minutes) in enumerate(drawn)]
    holding = [each for each in every if period.end in _days(each)]
    target, origin = target_in_force(period, own(*every), NO_GOAL)
    assert (origin is TargetOrigin.RANGE) == (target is not None) == bool(holding)
    chosen = [each for each in holding if each.target == target]
    for other in holding:
        assert len(_days(chosen[0])) <= len(_days(other))
        if len(_days(chosen[0])) == len(_days(other)):
            assert chosen[0].created_at >= other.created_at


def _days(each: DatedTarget) -> list[date]:
    return [each.first + timedelta(days=n) for n in range((each.last - each.first).days + 1)]


# The default of the terms


def test_the_default_is_that_of_the_periods_terms() -> None:
    assignment = Assignment(
        1,
        1,
        Subject(user_id=1),
        (terms(10, date(2026, 1, 1), date(2026, 2, 15)), terms(20, date(2026, 2, 16))),
    )
    january, february = CALENDAR.previous(FEBRUARY), FEBRUARY
    targets = Targets(assignment=assignment)
    assert target_in_force(january, targets, NO_GOAL) == (point(10), TargetOrigin.ASSIGNMENT_DEFAULT)
    assert target_in_force(february, targets, NO_GOAL) == (point(20), TargetOrigin.ASSIGNMENT_DEFAULT)
    december = CALENDAR.previous(january)
    assert target_in_force(december, targets, NO_GOAL) == (None, TargetOrigin.NONE)


def test_the_default_of_the_terms_wins_over_every_target_of_the_company() -> None:
    goal = Goal(of_company(EXACTLY, terms=(terms(8),)))
    assert target_in_force(FEBRUARY, own(default=9), goal) == (point(9), TargetOrigin.ASSIGNMENT_DEFAULT)


def test_a_default_of_0_is_a_target() -> None:
    goal = Goal(of_company(terms=(terms(8),)))
    assert target_in_force(FEBRUARY, own(default=0), goal)[0] == point(0)


# The goal of the company


def test_the_company_gives_its_dated_target_and_then_the_default_of_its_terms() -> None:
    by_range = Goal(of_company(YEAR, WITHOUT_THE_LAST_DAY, terms=(terms(8),)))
    assert target_in_force(FEBRUARY, own(), by_range) == (point(1), TargetOrigin.COMPANY)
    by_default = Goal(of_company(WITHOUT_THE_LAST_DAY, terms=(terms(8),)))
    assert target_in_force(FEBRUARY, own(), by_default) == (point(8), TargetOrigin.COMPANY)


def test_a_goal_of_the_company_counts_in_its_own_dates_only() -> None:
    ended = terms(100, date(2025, 1, 1), date(2026, 1, 31))
    planned = terms(1000, date(2026, 3, 1))
    goal = Goal(of_company(terms=(ended, planned)))
    assert target_in_force(CALENDAR.previous(FEBRUARY), own(), goal)[0] == point(100)
    assert target_in_force(FEBRUARY, own(), goal) == (None, TargetOrigin.NONE)
    assert target_in_force(CALENDAR.next(FEBRUARY), own(), goal)[0] == point(1000)


@pytest.mark.parametrize("dated_ones", [(), (EXACTLY,)])
def test_where_values_add_up_the_companys_goal_is_nobody_elses_unless_its_terms_say_so(
    dated_ones: tuple[DatedTarget, ...],
) -> None:
    hers_alone = of_company(*dated_ones, terms=(terms(3),))
    for_all = of_company(*dated_ones, terms=(terms(3, for_people=True),))
    assert target_in_force(FEBRUARY, own(), Goal(hers_alone, adds_up=True)) == (None, TargetOrigin.NONE)
    assert target_in_force(FEBRUARY, own(), Goal(for_all, adds_up=True)) == (point(3), TargetOrigin.COMPANY)


def test_a_goal_for_people_is_one_in_the_terms_that_say_so_only() -> None:
    before = terms(3, date(2026, 1, 1), date(2026, 1, 31), for_people=True)
    goal = Goal(of_company(YEAR, terms=(before, terms(3, date(2026, 2, 1)))), adds_up=True)
    assert target_in_force(CALENDAR.previous(FEBRUARY), own(), goal)[0] == point(1)
    assert target_in_force(FEBRUARY, own(), goal) == (None, TargetOrigin.NONE)


def test_without_any_target_there_is_none() -> None:
    goal = Goal(of_company(WITHOUT_THE_LAST_DAY))
    assert target_in_force(FEBRUARY, own(WITHOUT_THE_LAST_DAY), goal) == (None, TargetOrigin.NONE)
    assert target_in_force(FEBRUARY, Targets(), NO_GOAL) == (None, TargetOrigin.NONE)
