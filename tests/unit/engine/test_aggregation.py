from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.definitions import Rollup
from lodestar.domain.sources import AggregationMethod
from lodestar.domain.values import Failure, NoData
from lodestar.engine.aggregation import Part, Row, aggregate, roll_up, to_stored

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

stored = st.decimals(-(10**13), 10**13, places=4)
row_lists = st.lists(st.builds(Row, st.datetimes(timezones=st.just(UTC)), stored), min_size=1, max_size=20)


def rows(*values):
    return [Row(NOON + timedelta(hours=place), Decimal(value)) for place, value in enumerate(values)]


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("count", "4"),
        ("sum", "11.5"),
        ("average", "2.875"),
        ("min", "-1"),
        ("max", "8"),
        ("count_distinct", "3"),
        ("latest", "5.5"),
    ],
)
def test_each_method_gives_its_number_in_any_order_of_the_rows(method, value):
    some = rows("8", "-1", "-1.0", "5.5")
    assert aggregate(AggregationMethod(method), some) == Decimal(value)
    assert aggregate(AggregationMethod(method), some[::-1]) == Decimal(value)
    assert to_stored(aggregate(AggregationMethod(method), some)) == Decimal(value)


@pytest.mark.parametrize("method", AggregationMethod)
def test_over_no_rows_a_count_is_zero_and_all_else_has_no_data(method):
    counts = {AggregationMethod.COUNT, AggregationMethod.COUNT_DISTINCT}
    assert aggregate(method, []) == (0 if method in counts else NoData("no_rows"))


def test_of_rows_of_one_instant_the_last_is_the_latest():
    assert aggregate(AggregationMethod.LATEST, [Row(NOON, Decimal(1)), Row(NOON, Decimal(2))]) == 2


@given(row_lists)
def test_sum_is_exact_and_the_average_lies_between_the_extremes(some):
    total = aggregate(AggregationMethod.SUM, some)
    assert Fraction(total) == sum(Fraction(row.value) for row in some)
    average = aggregate(AggregationMethod.AVERAGE, some)
    assert aggregate(AggregationMethod.MIN, some) <= average <= aggregate(AggregationMethod.MAX, some)
    assert abs(average * len(some) - total) < Decimal("1e-10")


PARTS = [
    Part(Decimal(50), weight=Decimal(1), fraction=(Decimal(1), Decimal(2))),
    Part(Decimal(80), weight=Decimal(3), fraction=(Decimal(8), Decimal(10))),
]


@pytest.mark.parametrize(
    ("method", "value"),
    [
        (Rollup.SUM, "130"),
        (Rollup.AVERAGE, "65"),
        (Rollup.WEIGHTED_AVERAGE, "72.5"),
        (Rollup.LAST, "80"),
        (Rollup.RATIO, "0.75"),
    ],
)
def test_each_rollup_gives_its_number(method, value):
    assert roll_up(method, PARTS) == Decimal(value)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_last_rollup_takes_the_newest_part_however_many_there_are(count):
    assert roll_up(Rollup.LAST, [Part(Decimal(number)) for number in range(count)]) == count - 1


def test_parts_without_weights_weigh_the_same():
    assert roll_up(Rollup.WEIGHTED_AVERAGE, [Part(Decimal(50)), Part(Decimal(80))]) == 65
    assert roll_up(Rollup.WEIGHTED_AVERAGE, [Part(Decimal(50)), Part(Decimal(80), weight=Decimal(2))]) == 70


@pytest.mark.parametrize(
    ("method", "parts", "reason"),
    [
        (Rollup.NONE, PARTS, "no_rollup"),
        (Rollup.SUM, [], "no_values"),
        (Rollup.LAST, [], "no_values"),
        (Rollup.WEIGHTED_AVERAGE, [Part(Decimal(5), weight=Decimal(0))], "no_weight"),
        (Rollup.RATIO, [*PARTS, Part(Decimal(5))], "not_supported"),
        (Rollup.RATIO, [Part(Decimal(5), fraction=(Decimal(1), Decimal(0)))], "division_by_zero"),
    ],
)
def test_a_rollup_without_an_answer_says_why(method, parts, reason):
    assert roll_up(method, parts) == NoData(reason)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("1.00005", "1.0000"),
        ("1.00015", "1.0002"),
        ("-1.00005", "-1.0000"),
        ("-0.00001", "0.0000"),
        ("0E+20", "0.0000"),
        ("1E+3", "1000.0000"),
        ("99999999999999.99994999999999", "99999999999999.9999"),
    ],
)
def test_a_stored_value_has_four_decimals_rounded_half_even(value, kept):
    assert str(to_stored(Decimal(value))) == kept


@pytest.mark.parametrize(
    "value", ["99999999999999.99995", "-99999999999999.99995", "1e14", "1e999999", "NaN", "sNaN", "-Infinity"]
)
def test_what_the_column_cannot_hold_is_out_of_range(value):
    kept = to_stored(Decimal(value))
    assert kept == Failure("out_of_range", "The value is too large to be kept: it has more than 14 digits.")


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_stored_value_is_the_nearest_that_the_column_holds(value):
    kept = to_stored(value)
    if isinstance(kept, Decimal):
        assert kept.as_tuple().exponent == -4
        assert abs(kept) < 10**14
        assert abs(Fraction(kept) - Fraction(value)) <= Fraction(1, 20_000)
        assert to_stored(kept) == kept
    else:
        assert abs(value) > 10**14 - 1
