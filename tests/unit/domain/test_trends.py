from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.trends import MIN_VALUES_OF_A_TREND, Course, Trend, trend
from lodestar.engine.forecast import MIN_VALUES, forecast

values = st.decimals("-99999999999999.9999", "99999999999999.9999", places=4)
not_negative = st.decimals(0, "99999999999999.9999", places=4)
enough = st.lists(values, min_size=MIN_VALUES, max_size=24)


def row(*numbers: str | None) -> list[Decimal | None]:
    return [None if number is None else Decimal(number) for number in numbers]


@pytest.mark.parametrize(
    ("numbers", "percent", "label"),
    [
        (("10", "10", "12", "12"), "20.00", Course.GROWING),
        (("12", "12", "9", "9"), "-25.00", Course.FALLING),
        (("100", "100", "105", "105"), "5.00", Course.STEADY),  # five percent is still steady
        (("100", "100", "105.01", "105.01"), "5.01", Course.GROWING),
        (("100", "100", "94.99", "94.99"), "-5.01", Course.FALLING),
        (("10", "10", "999", "12", "12"), "20.00", Course.GROWING),  # the middle one is in neither half
        (("10", "10", "40", "10", "10", "70"), "50.00", Course.GROWING),  # halves of three: 20, then 30
        (("10", "10", "40", "999", "10", "10", "70"), "50.00", Course.GROWING),
        (("-10", "-10", "-5", "-5"), "50.00", Course.GROWING),  # less of a loss grows
        (("10", None, "10", None, "12", "12"), "20.00", Course.GROWING),
        (("0", "0", "1", "1"), None, Course.GROWING),
        (("-1", "1", "-1", "0"), None, Course.FALLING),
        (("0", "0", "0", "0"), None, Course.STEADY),
        (("100000", "100000", "99999.9999", "99999.9999"), "0.00", Course.STEADY),
    ],
)
def test_a_trend_is_the_later_half_against_the_earlier_one(
    numbers: tuple[str | None, ...], percent: str | None, label: Course
) -> None:
    found = trend(row(*numbers))
    assert found == Trend(None if percent is None else Decimal(percent), label)
    assert str(found.percent) == str(percent)


@given(st.lists(values, max_size=MIN_VALUES_OF_A_TREND - 1))
def test_too_few_values_have_no_trend(few: list[Decimal]) -> None:
    assert trend([*few, None, None, None]) is None


def test_four_values_have_a_trend_and_eight_have_a_forecast() -> None:
    numbers = row(*"12345678")
    assert [trend(numbers[:count]) is not None for count in (3, 4)] == [False, True]
    assert [forecast(numbers[:count], 0) is not None for count in (7, 8)] == [False, True]


@given(st.lists(values, min_size=MIN_VALUES_OF_A_TREND, max_size=40))
def test_a_row_read_backwards_goes_the_other_way_or_stays_steady(numbers: list[Decimal]) -> None:
    there, back = trend(numbers), trend(numbers[::-1])
    assert there is not None
    assert back is not None
    # Not the mirror: 100 to 105 is steady, 105 to 100 too, but 100 to 105.2 grows and 105.2 to 100 is steady.
    assert (there.label, back.label) not in {
        (Course.GROWING, Course.GROWING),
        (Course.FALLING, Course.FALLING),
    }


@given(st.lists(values, max_size=MIN_VALUES - 1))
def test_too_few_values_have_no_forecast(few: list[Decimal]) -> None:
    assert forecast([None, *few, None], 2) is None


@given(values, st.integers(MIN_VALUES, 24), st.integers(0, 4))
def test_what_never_changes_is_foretold_to_stay(value: Decimal, count: int, decimals: int) -> None:
    assert forecast([value] * count, decimals) == round(value, decimals)


@given(enough, st.integers(0, 4))
def test_a_forecast_has_the_decimals_of_the_kpi(numbers: list[Decimal], decimals: int) -> None:
    found = forecast(numbers, decimals)
    assert found is not None
    assert found.as_tuple().exponent == -decimals
    assert not (found.is_zero() and found.is_signed())


@given(enough)
def test_a_forecast_stays_within_reach_of_what_was(numbers: list[Decimal]) -> None:
    found = forecast(numbers, 4)
    assert found is not None
    spread = max(numbers) - min(numbers)
    assert min(numbers) - 2 * spread - 1 <= found <= max(numbers) + 2 * spread + 1


@given(st.lists(not_negative, min_size=MIN_VALUES, max_size=24))
def test_what_was_never_negative_is_not_foretold_to_be(numbers: list[Decimal]) -> None:
    found = forecast(numbers, 2)
    assert found is not None
    assert found >= 0


def test_a_collapse_would_be_foretold_below_zero_but_for_that() -> None:
    falling = row("90", "80", "70", "60", "50", "40", "20", "0")
    assert forecast(falling, 2) == 0
    owed = [each - 1 for each in falling if each is not None]
    assert (forecast(owed, 2) or 0) < 0


@given(enough, st.integers(1, 5))
def test_periods_before_the_first_value_change_nothing(numbers: list[Decimal], before: int) -> None:
    assert forecast([None] * before + numbers, 4) == forecast(numbers, 4)


def by_error_correction(numbers: list[Decimal | None]) -> Fraction:
    """The same forecast, exactly, by the textbook's other form: each error corrects level and slope."""
    known = [number for number in numbers if number is not None]
    level, slope = Fraction(known[0]), Fraction(0)
    for value in numbers[numbers.index(known[0]) + 1 :]:
        level, slope = level + slope * 9 / 10, slope * 9 / 10
        error = Fraction(0) if value is None else Fraction(value) - level
        level, slope = level + error / 2, slope + error * 15 / 100
    return level + slope * 9 / 10


small = st.decimals(-1000, 1000, places=2)


@given(st.lists(st.none() | small, max_size=10), st.lists(small, min_size=MIN_VALUES, max_size=12))
def test_a_forecast_is_that_of_damped_trend_smoothing(
    holed: list[Decimal | None], whole: list[Decimal]
) -> None:
    numbers = [*whole[:4], *holed, *whole[4:]]
    found, wanted = forecast(numbers, 4), by_error_correction(numbers)
    assert found is not None
    if min(number for number in numbers if number is not None) >= 0:
        wanted = max(wanted, Fraction(0))
    assert abs(Fraction(found) - wanted) <= Fraction(1, 10_000)


def test_a_forecast_that_rounds_to_nothing_has_no_sign() -> None:
    assert str(forecast(row(*["-0.004"] * MIN_VALUES), 2)) == "0.00"


def test_a_rise_is_carried_on_and_damped() -> None:
    assert forecast(row("10", "20", "30", "40", "50", "60", "70", "80", "90", "100"), 2) == Decimal("104.66")
