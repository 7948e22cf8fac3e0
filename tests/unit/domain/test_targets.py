from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.refusals import InvalidContent, InvalidRequest
from lodestar.domain.targets import DatedTarget, Target

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def point(value: int) -> Target:
    return Target.point(Decimal(value))


def dated(value: int, first: date, last: date, minutes: int = 0) -> DatedTarget:
    return DatedTarget(point(value), first, last, NOON + timedelta(minutes=minutes))


YEAR = dated(1, date(2026, 1, 1), date(2026, 12, 31), minutes=9)
QUARTER = dated(2, date(2026, 1, 1), date(2026, 3, 31), minutes=5)
FEBRUARY = dated(3, date(2026, 2, 1), date(2026, 2, 28), minutes=1)


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
        (FEBRUARY, False),  # inside it
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
