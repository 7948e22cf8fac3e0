from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.definitions import TargetType, Thresholds
from lodestar.domain.scoring import Status, achievement, exact_achievement, status
from lodestar.domain.targets import Target

HIGHER, LOWER, EXACT, RANGE = TargetType

any_value = st.decimals("-99999999999999.9999", "99999999999999.9999", places=4)
near_zero = st.decimals("-2", "2", places=2)  # where targets of 0, signs and ties meet
values = any_value | near_zero
targets = st.tuples(values, values).map(lambda ends: Target(min(ends), max(ends)))
points = values.map(Target.point)
kinds = st.sampled_from(TargetType)


def two_decimals(exact: Fraction) -> Decimal:
    """Half to even, as `round` does it for a Fraction, in whole cents: no decimal context takes part."""
    return Decimal(round(exact * 100)).scaleb(-2)


def expected(actual: Decimal, target: Target, kind: TargetType) -> Decimal:
    """Spec 1.4 read aloud, row by row, in fractions."""
    value, low, high = Fraction(actual), Fraction(target.low), Fraction(target.high)
    if kind is RANGE:
        if value < low:
            return expected(actual, Target.point(target.low), HIGHER)
        return expected(actual, Target.point(target.high), LOWER) if value > high else Decimal(100)
    aim = low
    if aim == 0:
        met = {HIGHER: value >= 0, LOWER: value <= 0, EXACT: value == 0}[kind]
        return Decimal(100 if met else 0)
    deviation = (value - aim) / abs(aim)
    percent = {
        HIGHER: 100 + 100 * deviation,
        LOWER: 100 - 100 * deviation,
        EXACT: 100 - 100 * abs(deviation),
    }[kind]
    return two_decimals(min(max(percent, Fraction(0)), Fraction(99999, 100)))


# Achievement


@given(values, points, st.sampled_from([HIGHER, LOWER, EXACT]))
def test_achievement_of_one_target_value_is_the_formula_of_its_direction(
    actual: Decimal, target: Target, kind: TargetType
) -> None:
    assert achievement(actual, target, kind) == expected(actual, target, kind)


@given(values, targets)
def test_achievement_of_a_range_is_full_inside_and_judged_by_the_nearer_end_outside(
    actual: Decimal, target: Target
) -> None:
    assert achievement(actual, target, RANGE) == expected(actual, target, RANGE)


@given(values, targets, kinds)
def test_achievement_is_a_percentage_with_two_decimals_from_0_to_999_99(
    actual: Decimal, target: Target, kind: TargetType
) -> None:
    percent = achievement(actual, target, kind)
    assert percent is not None
    assert 0 <= percent <= Decimal("999.99")
    assert percent.as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("actual", "target", "kind", "percent"),
    [
        ("80", "100", HIGHER, "80.00"),
        ("120", "100", HIGHER, "120.00"),
        ("-50", "100", HIGHER, "0.00"),
        ("-50", "-100", HIGHER, "150.00"),
        ("-150", "-100", HIGHER, "50.00"),
        ("80", "100", LOWER, "120.00"),
        ("150", "100", LOWER, "50.00"),
        ("-150", "-100", LOWER, "150.00"),
        ("90", "100", EXACT, "90.00"),
        ("110", "100", EXACT, "90.00"),
        ("5000", "1", HIGHER, "999.99"),
        ("2", "3", HIGHER, "66.67"),
        ("0.00125", "0.1", HIGHER, "1.25"),
        ("1.00005", "1", HIGHER, "100.00"),  # 100.005 rounds half to even: down
        ("1.00015", "1", HIGHER, "100.02"),  # 100.015 rounds half to even: up
        ("0", "0", HIGHER, "100.00"),
        ("7", "0", HIGHER, "100.00"),
        ("-7", "0", HIGHER, "0.00"),
        ("0", "0", LOWER, "100.00"),
        ("-7", "0", LOWER, "100.00"),
        ("7", "0", LOWER, "0.00"),
        ("0", "0", EXACT, "100.00"),
        ("0.0001", "0", EXACT, "0.00"),
    ],
)
def test_achievement_of_worked_examples(actual: str, target: str, kind: TargetType, percent: str) -> None:
    assert str(achievement(Decimal(actual), Target.point(Decimal(target)), kind)) == percent


@pytest.mark.parametrize(
    ("actual", "low", "high", "percent"),
    [
        ("10", "10", "20", "100.00"),
        ("20", "10", "20", "100.00"),
        ("8", "10", "20", "80.00"),
        ("25", "10", "20", "75.00"),
        ("-1", "0", "20", "0.00"),
        ("1", "-20", "0", "0.00"),
        ("0", "-20", "0", "100.00"),
        ("-30", "-20", "-10", "50.00"),
        ("-5", "-20", "-10", "50.00"),
    ],
)
def test_achievement_of_ranges(actual: str, low: str, high: str, percent: str) -> None:
    assert str(achievement(Decimal(actual), Target(Decimal(low), Decimal(high)), RANGE)) == percent


def test_one_direction_asks_a_range_for_the_end_that_is_met_first() -> None:
    target = Target(Decimal(10), Decimal(20))
    assert achievement(Decimal(10), target, HIGHER) == 100
    assert achievement(Decimal(5), target, HIGHER) == 50
    assert achievement(Decimal(20), target, LOWER) == 100
    assert achievement(Decimal(30), target, LOWER) == 50


@pytest.mark.parametrize("kind", TargetType)
def test_there_is_no_achievement_without_a_value_or_a_target(kind: TargetType) -> None:
    assert achievement(None, Target.point(Decimal(1)), kind) is None
    assert achievement(Decimal(1), None, kind) is None


@given(values, targets, kinds)
def test_what_is_shown_is_the_exact_achievement_rounded(
    actual: Decimal, target: Target, kind: TargetType
) -> None:
    exact = exact_achievement(actual, target, kind)
    assert exact is not None
    assert achievement(actual, target, kind) == round(exact, 2)


# Status


@pytest.mark.parametrize(
    ("percent", "expected_status"),
    [
        ("999.99", Status.EXCEEDS),
        ("100", Status.EXCEEDS),
        ("99.99", Status.ON_TRACK),
        ("80", Status.ON_TRACK),
        ("79.99", Status.NEEDS_ATTENTION),
        ("60", Status.NEEDS_ATTENTION),
        ("59.99", Status.CRITICAL),
        ("0", Status.CRITICAL),
    ],
)
def test_status_changes_exactly_at_its_threshold(percent: str, expected_status: Status) -> None:
    assert status(Decimal(percent), True, True, Thresholds()) is expected_status


@pytest.mark.parametrize(
    ("actual", "shown", "expected_status"),
    [
        ("99996", "100.00", Status.ON_TRACK),
        ("100000", "100.00", Status.EXCEEDS),
        ("79996", "80.00", Status.NEEDS_ATTENTION),
        ("59996", "60.00", Status.CRITICAL),
    ],
)
def test_a_value_that_only_rounding_lifts_over_a_threshold_is_below_it(
    actual: str, shown: str, expected_status: Status
) -> None:
    value, target = Decimal(actual), Target.point(Decimal(100_000))
    assert str(achievement(value, target, HIGHER)) == shown
    assert status(exact_achievement(value, target, HIGHER), True, True, Thresholds()) is expected_status


def test_an_owner_may_want_83_percent_to_need_attention() -> None:
    assert status(Decimal(83), True, True, Thresholds(on_track=Decimal(85))) is Status.NEEDS_ATTENTION


def test_a_missing_value_is_told_before_a_missing_target() -> None:
    assert status(None, False, True, Thresholds()) is Status.NO_DATA
    assert status(None, True, False, Thresholds()) is Status.NO_TARGET
    assert status(None, False, False, Thresholds()) is Status.NO_DATA


def test_an_achievement_says_nothing_once_its_target_is_withdrawn() -> None:
    assert status(Decimal(90), True, False, Thresholds()) is Status.NO_TARGET


def test_a_target_that_no_achievement_was_calculated_for_yet_does_not_count() -> None:
    assert status(None, True, True, Thresholds()) is Status.NO_TARGET
