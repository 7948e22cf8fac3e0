"""Shares, rates and buckets of the fleet pack."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.periods import Cadence
from lodestar.packs.fleet.cost_arithmetic import (
    Span,
    Sums,
    buckets,
    cost_text,
    month_of,
    previous_month,
    rate_text,
    shares,
    units_text,
)

COST = st.decimals(min_value=0, max_value=Decimal("999999999999.99"), places=2)
DAY = st.dates(date(2019, 1, 1), date(2036, 12, 31))
CADENCE = st.sampled_from([Cadence.MONTHLY, Cadence.WEEKLY])


@given(st.lists(COST, min_size=1, max_size=400))
def test_shares_add_up_to_a_hundred_and_each_is_within_a_cent_of_exact(costs: list[Decimal]) -> None:
    found = shares(costs)
    if sum(costs) == 0:
        assert found == [0] * len(costs)
        return
    assert sum(found) == 100
    assert {each.as_tuple().exponent for each in found} == {-2}
    for cost, share in zip(costs, found, strict=True):
        assert abs(share - 100 * cost / sum(costs)) < Decimal("0.01")
        assert cost > 0 or share == 0


def test_nothing_but_zeros_has_no_shares() -> None:
    assert [str(share) for share in shares([Decimal("0.00")] * 3)] == ["0.00"] * 3
    assert shares([]) == []


@given(st.lists(COST, min_size=2, max_size=50))
def test_a_larger_cost_never_has_the_smaller_share(costs: list[Decimal]) -> None:
    ordered = sorted(costs, reverse=True)
    assert all(larger >= smaller for larger, smaller in pairwise(shares(ordered)))


def test_three_equal_costs_share_the_last_cent_in_their_order() -> None:
    assert shares([Decimal(1)] * 3) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]


def test_the_worked_example() -> None:
    assert shares([Decimal(1000), Decimal(300)]) == [Decimal("76.92"), Decimal("23.08")]
    assert rate_text(Sums(Decimal(1300), Decimal(500)).average_rate) == "2.6"
    assert rate_text(Sums(Decimal(900), Decimal(450)).average_rate) == "2"
    assert (cost_text(Decimal(1300)), units_text(Decimal(500))) == ("1300.00", "500.000")


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        ("0", "0"),
        ("100", "100"),
        ("0.333333333", "0.333333"),
        ("1E+2", "100"),
        ("0.0000001", "0"),
        ("2.50", "2.5"),
    ],
)
def test_a_rate_is_written_plain_without_trailing_zeros(rate: str, text: str) -> None:
    assert rate_text(Decimal(rate)) == text


def test_without_units_the_rates_are_averaged() -> None:
    assert Sums(Decimal(5), Decimal(0), rates=Decimal(5), rated=2).average_rate == Decimal("2.5")
    assert Sums(Decimal(5), Decimal(1), rates=Decimal(4), rated=2).average_rate == 5
    assert Sums(Decimal(5)).average_rate == 0


@given(CADENCE, DAY, st.integers(0, 800))
def test_buckets_cover_the_period_without_gap_or_overlap(cadence: Cadence, first: date, days: int) -> None:
    last = first + timedelta(days=days)
    found = buckets(cadence, Span(first, last))
    assert (found[0].start, found[-1].end) == (first, last)
    assert all(after.start - before.end == timedelta(days=1) for before, after in pairwise(found))
    for inner in found[1:-1]:
        whole = inner.start.day == 1 if cadence is Cadence.MONTHLY else inner.start.isoweekday() == 1
        assert whole


def test_weeks_are_iso_weeks_cut_to_the_period() -> None:
    assert buckets(Cadence.WEEKLY, Span(date(2025, 12, 31), date(2026, 1, 6))) == [
        Span(date(2025, 12, 31), date(2026, 1, 4)),
        Span(date(2026, 1, 5), date(2026, 1, 6)),
    ]


def test_the_default_period_is_the_previous_month_also_at_years_end() -> None:
    assert previous_month(date(2026, 1, 1)) == Span(date(2025, 12, 1), date(2025, 12, 31))
    assert previous_month(date(2024, 3, 31)) == Span(date(2024, 2, 1), date(2024, 2, 29))
    assert month_of(date(2026, 2, 11)) == Span(date(2026, 2, 1), date(2026, 2, 28))
