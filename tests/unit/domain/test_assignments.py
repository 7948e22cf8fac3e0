from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.periods import Cadence, Calendar, Period

FEBRUARY = Calendar("UTC").containing(Cadence.MONTHLY, date(2026, 2, 1))


def assigned(first: date, last: date | None) -> Assignment:
    return Assignment(1, 1, SubjectType.USER, 1, None, Decimal(1), None, first, last)


@pytest.mark.parametrize(
    ("first", "last", "covers"),
    [
        (date(2026, 2, 28), None, True),  # begins on its last day
        (date(2026, 3, 1), None, False),
        (date(2020, 1, 1), date(2026, 2, 1), True),  # ends on its first day
        (date(2020, 1, 1), date(2026, 1, 31), False),
        (date(2026, 2, 10), date(2026, 2, 11), True),  # lies inside it
        (date(2020, 1, 1), None, True),
        (date(2026, 3, 1), date(2026, 3, 31), False),
    ],
)
def test_an_assignment_covers_a_period_of_which_it_has_a_day(
    first: date, last: date | None, covers: bool
) -> None:
    assert assigned(first, last).covers(FEBRUARY) is covers


def test_an_assignment_is_active_and_has_no_end_unless_told_otherwise() -> None:
    plain = Assignment(1, 1, SubjectType.USER, 1, None, Decimal(1), None, date(2026, 3, 1))
    assert plain.is_active
    assert plain.covers(Calendar("UTC").containing(Cadence.MONTHLY, date(2199, 1, 1)))


days = st.integers(0, 12)


@given(days, days, days, days)
def test_an_assignment_covers_exactly_the_periods_that_share_a_day_with_it(
    a: int, b: int, c: int, d: int
) -> None:
    mine, its = (
        {date(2026, 1, 1 + number) for number in range(min(ends), max(ends) + 1)} for ends in ((a, b), (c, d))
    )
    period = Period(Cadence.DAILY, min(its), max(its))
    assert assigned(min(mine), max(mine)).covers(period) is bool(mine & its)
    assert assigned(min(mine), None).covers(period) is (max(its) >= min(mine))


@given(days, days, days, days)
def test_two_assignments_overlap_if_they_share_a_day(a: int, b: int, c: int, d: int) -> None:
    one, other = (
        assigned(date(2026, 1, 1 + min(ends)), date(2026, 1, 1 + max(ends))) for ends in ((a, b), (c, d))
    )
    share = max(min(a, b), min(c, d)) <= min(max(a, b), max(c, d))
    assert one.overlaps(other) is other.overlaps(one) is share
    endless = assigned(other.start_date, None)
    assert one.overlaps(endless) is endless.overlaps(one) is (max(a, b) >= min(c, d))
