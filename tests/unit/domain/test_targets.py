from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.refusals import InvalidContent, InvalidRequest
from lodestar.domain.targets import DatedTarget, Target, TargetOrigin, Targets, target_in_force

FEBRUARY = Calendar("UTC").containing(Cadence.MONTHLY, date(2026, 2, 1))
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def point(value: int) -> Target:
    return Target.point(Decimal(value))


def dated(value: int, first: date, last: date, minutes: int = 0) -> DatedTarget:
    return DatedTarget(point(value), first, last, NOON + timedelta(minutes=minutes))


YEAR = dated(1, date(2026, 1, 1), date(2026, 12, 31), minutes=9)
QUARTER = dated(2, date(2026, 1, 1), date(2026, 3, 31), minutes=5)
EXACTLY = dated(3, date(2026, 2, 1), date(2026, 2, 28), minutes=1)
EXACTLY_LATER = dated(4, date(2026, 2, 1), date(2026, 2, 28), minutes=2)
CUT = dated(5, date(2026, 2, 2), date(2026, 2, 28), minutes=99)
CUT_AT_THE_END = dated(6, date(2026, 2, 1), date(2026, 2, 27), minutes=99)


def test_the_narrowest_range_that_holds_the_period_wins_over_a_newer_one() -> None:
    own = Targets([YEAR, EXACTLY, QUARTER], default=point(9))
    assert target_in_force(FEBRUARY, own, Targets()) == (point(3), TargetOrigin.RANGE)


def test_of_two_ranges_that_begin_together_the_one_that_ends_first_wins_over_a_newer_one() -> None:
    assert YEAR.created_at > QUARTER.created_at
    for both in ([YEAR, QUARTER], [QUARTER, YEAR]):
        assert target_in_force(FEBRUARY, Targets(both), Targets())[0] == point(2)


def test_of_two_ranges_alike_the_newest_wins() -> None:
    for both in ([EXACTLY, EXACTLY_LATER], [EXACTLY_LATER, EXACTLY]):
        assert target_in_force(FEBRUARY, Targets(both), Targets())[0] == point(4)


def test_a_range_that_cuts_the_period_does_not_count() -> None:
    own = Targets([CUT, CUT_AT_THE_END], default=point(9))
    assert target_in_force(FEBRUARY, own, Targets()) == (point(9), TargetOrigin.ASSIGNMENT_DEFAULT)


def test_the_default_of_the_assignment_wins_over_every_target_of_the_company() -> None:
    own, company = Targets(default=point(9)), Targets([EXACTLY], default=point(8))
    assert target_in_force(FEBRUARY, own, company) == (point(9), TargetOrigin.ASSIGNMENT_DEFAULT)


def test_a_default_of_0_is_a_target() -> None:
    assert target_in_force(FEBRUARY, Targets(default=point(0)), Targets(default=point(8)))[0] == point(0)


def test_the_company_level_gives_its_dated_target_and_then_its_default() -> None:
    company = Targets([YEAR, CUT], default=point(8))
    assert target_in_force(FEBRUARY, Targets([CUT]), company) == (point(1), TargetOrigin.COMPANY)
    assert target_in_force(FEBRUARY, Targets(), Targets([CUT], point(8))) == (point(8), TargetOrigin.COMPANY)


def test_without_any_target_there_is_none() -> None:
    assert target_in_force(FEBRUARY, Targets([CUT]), Targets([CUT])) == (None, TargetOrigin.NONE)


days = st.dates(date(2026, 1, 20), date(2026, 3, 10))
ranges = st.tuples(days, days, st.integers(0, 3)).map(
    lambda drawn: (min(drawn[:2]), max(drawn[:2]), drawn[2])
)


@given(st.lists(ranges, max_size=8), st.sampled_from(Cadence), days)
def test_no_range_that_holds_the_period_is_narrower_or_alike_and_newer_than_the_chosen_one(
    drawn: list[tuple[date, date, int]], cadence: Cadence, day: date
) -> None:
    period = Calendar("UTC").containing(cadence, day)
    every = [dated(n, first, last, minutes) for n, (first, last, minutes) in enumerate(drawn)]
    holding = [each for each in every if {period.start, period.end} <= set(_days(each))]
    target, origin = target_in_force(period, Targets(every), Targets())
    assert (origin is TargetOrigin.RANGE) == (target is not None) == bool(holding)
    chosen = [each for each in holding if each.target == target]
    for other in holding:
        assert len(_days(chosen[0])) <= len(_days(other))
        if len(_days(chosen[0])) == len(_days(other)):
            assert chosen[0].created_at >= other.created_at


def _days(each: DatedTarget) -> list[date]:
    return [each.first + timedelta(days=n) for n in range((each.last - each.first).days + 1)]


@pytest.mark.parametrize(
    ("value", "nearest"),
    [
        ("9", "10"),
        ("9.9999", "10"),
        ("10", "10"),
        ("15", "15"),
        ("20", "20"),
        ("20.0001", "20"),
        ("-30", "10"),
    ],
)
def test_the_nearest_value_of_a_target_is_the_value_itself_or_an_end(value: str, nearest: str) -> None:
    assert Target(Decimal(10), Decimal(20)).nearest(Decimal(value)) == Decimal(nearest)


def test_a_target_whose_least_is_above_its_greatest_is_refused_by_its_field() -> None:
    with pytest.raises(InvalidContent) as refused:
        Target(Decimal(2), Decimal(1))
    assert refused.value.message == "The least value of a target must not be above its greatest."
    assert [detail.field for detail in refused.value.details] == ["target"]


def test_a_dated_target_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidRequest) as refused:
        dated(1, date(2026, 2, 1), date(2026, 1, 31))
    assert refused.value.message == "period_end 2026-01-31 must not lie before period_start 2026-02-01."


@pytest.mark.parametrize(
    ("other", "collides"),
    [
        (QUARTER, True),  # itself
        (YEAR, False),  # around it
        (EXACTLY, False),  # inside it
        (dated(0, date(2026, 1, 1), date(2026, 2, 28)), False),  # inside, from its first day
        (dated(0, date(2026, 3, 1), date(2026, 3, 31)), False),  # inside, to its last day
        (dated(0, date(2026, 3, 31), date(2026, 4, 1)), True),
        (dated(0, date(2025, 12, 31), date(2026, 1, 1)), True),
        (dated(0, date(2026, 4, 1), date(2026, 4, 30)), False),  # behind it
        (dated(0, date(2025, 12, 1), date(2025, 12, 31)), False),  # before it
    ],
)
def test_ranges_may_lie_inside_one_another_but_not_cross(other: DatedTarget, collides: bool) -> None:
    assert QUARTER.collides_with(other) is collides
    assert other.collides_with(QUARTER) is collides


days = st.integers(0, 20)


@given(days, days, days, days)
def test_ranges_collide_where_each_has_days_of_both_kinds_or_all_are_shared(
    a: int, b: int, c: int, d: int
) -> None:
    one, two = (
        {date(2026, 1, 1) + timedelta(days=each) for each in range(min(pair), max(pair) + 1)}
        for pair in ((a, b), (c, d))
    )
    crossing = bool(one & two and one - two and two - one)
    first, second = (dated(0, min(each), max(each)) for each in (one, two))
    assert first.collides_with(second) is (crossing or one == two)
