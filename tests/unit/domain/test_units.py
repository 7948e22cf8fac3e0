import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.definitions import Unit
from lodestar.domain.refusals import InvalidContent
from lodestar.domain.units import COMPOUND, UnitMismatch, UnitOf, add, divide, multiply

units = st.sampled_from([*Unit, COMPOUND])


@pytest.mark.parametrize("unit", [unit for unit in Unit if unit is not Unit.SCORE])
def test_a_sum_of_one_unit_keeps_it_and_plain_numbers_leave_it_alone(unit: Unit) -> None:
    assert add(unit, unit) is unit
    for plain in (Unit.NUMBER, Unit.SCORE):
        assert add(unit, plain) is unit
        assert add(plain, unit) is unit


def test_scores_behave_as_plain_numbers() -> None:
    assert add(Unit.SCORE, Unit.SCORE) is Unit.NUMBER
    assert multiply(Unit.SCORE, Unit.HOURS) is Unit.HOURS
    assert divide(Unit.SCORE, Unit.NUMBER) is Unit.NUMBER


@pytest.mark.parametrize(
    ("left", "right", "sentence"),
    [
        (Unit.HOURS, Unit.PERCENT, "Hours cannot be added to a percentage."),
        (Unit.PERCENT, Unit.HOURS, "A percentage cannot be added to hours."),
        (Unit.CURRENCY, Unit.COUNT, "An amount of money cannot be added to a count."),
        (Unit.MINUTES, Unit.HOURS, "Minutes cannot be added to hours: convert one of them first."),
        (Unit.DAYS, Unit.HOURS, "Days cannot be added to hours: convert one of them first."),
    ],
)
def test_unlike_units_are_refused_with_a_sentence(left: Unit, right: Unit, sentence: str) -> None:
    with pytest.raises(UnitMismatch) as refused:
        add(left, right)
    assert refused.value.message == sentence
    assert isinstance(refused.value, InvalidContent)


def test_the_sentence_names_what_was_tried() -> None:
    with pytest.raises(UnitMismatch, match="Hours cannot be compared with a percentage"):
        add(Unit.HOURS, Unit.PERCENT, "compared with")


@pytest.mark.parametrize(
    ("left", "right", "product"),
    [
        (Unit.NUMBER, Unit.NUMBER, Unit.NUMBER),
        (Unit.NUMBER, Unit.PERCENT, Unit.PERCENT),
        (Unit.COUNT, Unit.HOURS, Unit.HOURS),
        (Unit.COUNT, Unit.COUNT, Unit.COUNT),
        (Unit.PERCENT, Unit.CURRENCY, Unit.CURRENCY),
        (Unit.PERCENT, Unit.COUNT, Unit.COUNT),
        (Unit.HOURS, Unit.HOURS, COMPOUND),
        (Unit.CURRENCY, Unit.DAYS, COMPOUND),
    ],
)
def test_a_product_keeps_the_unit_that_is_scaled(left: Unit, right: Unit, product: UnitOf) -> None:
    assert multiply(left, right) is product


@pytest.mark.parametrize(
    ("left", "right", "quotient"),
    [
        (Unit.CURRENCY, Unit.COUNT, Unit.CURRENCY),
        (Unit.HOURS, Unit.NUMBER, Unit.HOURS),
        (Unit.CURRENCY, Unit.PERCENT, Unit.CURRENCY),
        (Unit.COUNT, Unit.NUMBER, Unit.COUNT),
        (Unit.CURRENCY, Unit.HOURS, COMPOUND),
        (Unit.MINUTES, Unit.HOURS, COMPOUND),
        (Unit.NUMBER, Unit.DAYS, COMPOUND),
    ],
)
def test_a_quotient_by_what_only_scales_keeps_the_unit(left: Unit, right: Unit, quotient: UnitOf) -> None:
    assert divide(left, right) is quotient


@given(st.sampled_from(Unit))
def test_like_by_like_is_a_plain_number(unit: Unit) -> None:
    assert divide(unit, unit) is Unit.NUMBER


@given(units, units)
def test_the_order_of_a_sum_or_product_does_not_matter(left: UnitOf, right: UnitOf) -> None:
    assert multiply(left, right) is multiply(right, left)
    assert _sum(left, right) is _sum(right, left)


@given(units)
def test_what_has_no_name_is_never_refused_and_never_gets_one(unit: UnitOf) -> None:
    for rule in (add, multiply, divide):
        assert rule(COMPOUND, unit) is COMPOUND
        assert rule(unit, COMPOUND) is COMPOUND


def _sum(left: UnitOf, right: UnitOf) -> UnitOf | None:
    try:
        return add(left, right)
    except UnitMismatch:
        return None
