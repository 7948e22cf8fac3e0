from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.definitions import TargetType, Unit
from lodestar.domain.targets import Target
from lodestar.domain.trends import Direction
from tests.oracle.trends import Change, change, direction, in_words

IMPROVING, DECLINING, FLAT = Direction
values = st.decimals("-99999999999999.9999", "99999999999999.9999", places=4)
near = st.decimals(-1, 1, places=2)


def moved(previous: str, current: str) -> Change:
    found = change(Decimal(current), Decimal(previous))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("previous", "current", "absolute", "percent"),
    [
        ("200", "250", "50", "25.00"),
        ("250", "200", "-50", "-20.00"),
        ("-200", "-100", "100", "50.00"),  # less of a loss is a rise: divided by |previous|
        ("3", "4", "1", "33.33"),
        ("5", "5", "0", "0.00"),
        ("100000", "99999.9999", "-0.0001", "0.00"),
    ],
)
def test_change_is_absolute_and_in_percent_of_the_previous_value(
    previous: str, current: str, absolute: str, percent: str
) -> None:
    found = moved(previous, current)
    assert (str(found.absolute), str(found.percent)) == (absolute, percent)


def test_nothing_can_be_a_percentage_of_0() -> None:
    assert moved("0", "5").percent is None
    assert moved("0", "5").absolute == 5


def test_the_change_of_a_percentage_reads_in_points() -> None:
    assert in_words(moved("40", "42").absolute, Unit.PERCENT, 2) == "+2 points"
    assert in_words(moved("40", "42").absolute, Unit.HOURS, 2) == "+2"


def test_there_is_no_change_when_either_value_is_missing() -> None:
    assert change(None, Decimal(1)) is None
    assert change(Decimal(1), None) is None


@given(values, values.filter(bool))
def test_the_percentage_of_any_two_values_has_two_decimals(current: Decimal, previous: Decimal) -> None:
    found = change(current, previous)
    assert found is not None
    assert found.percent is not None
    assert found.percent.as_tuple().exponent == -2
    assert abs(found.percent * abs(previous) / 100 - found.absolute) <= abs(previous) * Decimal("0.00006")


@pytest.mark.parametrize(
    ("previous", "current", "kind", "expected"),
    [
        ("1", "2", TargetType.HIGHER_BETTER, IMPROVING),
        ("2", "1", TargetType.HIGHER_BETTER, DECLINING),
        ("2", "2", TargetType.HIGHER_BETTER, FLAT),
        ("2", "1", TargetType.LOWER_BETTER, IMPROVING),
        ("1", "2", TargetType.LOWER_BETTER, DECLINING),
        ("2", "2", TargetType.LOWER_BETTER, FLAT),
        ("1", "9", TargetType.EXACT, FLAT),
        ("1", "9", TargetType.RANGE, FLAT),
    ],
)
def test_direction_is_judged_by_what_is_good_for_the_kpi(
    previous: str, current: str, kind: TargetType, expected: Direction
) -> None:
    assert direction(moved(previous, current), kind) is expected


@given(values | near, values | near)
def test_any_change_however_small_has_a_direction_and_the_opposite_one_where_lower_is_better(
    previous: Decimal, current: Decimal
) -> None:
    found = change(current, previous)
    assert found is not None
    up = FLAT if current == previous else IMPROVING if current > previous else DECLINING
    down = {IMPROVING: DECLINING, DECLINING: IMPROVING, FLAT: FLAT}[up]
    assert direction(found, TargetType.HIGHER_BETTER) is up
    assert direction(found, TargetType.LOWER_BETTER) is down
    for kind in (TargetType.EXACT, TargetType.RANGE):
        assert direction(found, kind, Target.point(Decimal(10**15))) is up


@pytest.mark.parametrize("kind", [TargetType.EXACT, TargetType.RANGE])
@pytest.mark.parametrize(
    ("previous", "current", "expected"),
    [
        ("20.0001", "20.0002", DECLINING),
        ("9.9998", "9.9999", IMPROVING),
        ("5", "9", IMPROVING),
        ("9", "5", DECLINING),
        ("25", "21", IMPROVING),
        ("8", "22", FLAT),  # as far off, on the other side
        ("12", "18", FLAT),  # both meet it
        ("12", "21", DECLINING),
    ],
)
def test_an_exact_or_range_kpi_improves_as_it_comes_nearer_to_its_target(
    previous: str, current: str, kind: TargetType, expected: Direction
) -> None:
    assert direction(moved(previous, current), kind, Target(Decimal(10), Decimal(20))) is expected
