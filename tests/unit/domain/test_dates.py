"""A range of dates that ends before it begins."""

from datetime import date

import pytest

from lodestar.domain.dates import order_problem, require_order
from lodestar.domain.refusals import InvalidRequest

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 2)


@pytest.mark.parametrize(("first", "last"), [(FIRST, LAST), (FIRST, FIRST)])
def test_a_range_may_be_one_day_long(first: date, last: date) -> None:
    assert order_problem(first, last) is None
    require_order(first, last)


def test_a_reversed_range_is_refused_by_both_its_fields_and_dates() -> None:
    with pytest.raises(InvalidRequest) as refused:
        require_order(LAST, FIRST)
    assert refused.value.message == "period_end 2026-01-01 must not lie before period_start 2026-01-02."
    assert order_problem(LAST, FIRST, "from", "to") == "to 2026-01-01 must not lie before from 2026-01-02."
