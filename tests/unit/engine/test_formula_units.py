"""Units in formulas: what cannot be added is refused, and the result's unit follows."""

import pytest

from lodestar.domain.definitions import Unit
from lodestar.domain.units import COMPOUND
from lodestar.engine.formula import compile_formula
from lodestar.engine.grammar import FormulaRefused, tokens

UNITS = {
    "hours": Unit.HOURS,
    "more_hours": Unit.HOURS,
    "minutes": Unit.MINUTES,
    "rate": Unit.PERCENT,
    "money": Unit.CURRENCY,
    "cases": Unit.COUNT,
    "unknown": None,
}


def unit_of(text):
    words = {token.text for token in tokens(text)}
    return compile_formula(text, {name: unit for name, unit in UNITS.items() if name in words}).unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("hours + more_hours", Unit.HOURS),
        ("hours - 1", Unit.HOURS),
        ("-abs(round(hours, 1))", Unit.HOURS),
        ("hours / more_hours", Unit.NUMBER),
        ("hours / cases", Unit.HOURS),
        ("money * rate / 100", Unit.CURRENCY),
        ("money / hours", COMPOUND),
        ("money / hours + rate", COMPOUND),
        ("hours ** 2", COMPOUND),
        ("2 ** 3", Unit.NUMBER),
        ("hours % more_hours", Unit.HOURS),
        ("avg(hours, more_hours, 0)", Unit.HOURS),
        ("coalesce(hours, 0)", Unit.HOURS),
        ("if(rate > 50 and not cases == 0, money, 0)", Unit.CURRENCY),
        ("if(hours > 8, money, 0)", Unit.CURRENCY),
        ("unknown + hours", COMPOUND),
    ],
)
def test_the_unit_of_a_formula_follows_from_its_inputs(text, unit):
    assert unit_of(text) is unit


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hours + rate", "At character 9: Hours cannot be added to a percentage."),
        ("hours - rate", "At character 9: Hours cannot be reduced by a percentage."),
        ("hours + minutes", "At character 9: Hours cannot be added to minutes: convert one of them first."),
        ("sum(1, hours, rate)", "At character 15: Hours cannot be added to a percentage."),
        ("avg(money, rate)", "At character 12: An amount of money cannot be averaged with a percentage."),
        ("if(hours > rate, 1, 0)", "At character 12: Hours cannot be compared with a percentage."),
        (
            "if(not (hours < 1 or hours > rate), 1, 0)",
            "At character 30: Hours cannot be compared with a percentage.",
        ),
        ("if(1 > 0, hours, rate)", "At character 18: Hours cannot be replaced by a percentage."),
        ("coalesce(hours, rate)", "At character 17: Hours cannot be replaced by a percentage."),
        ("hours % rate", "At character 9: Hours cannot be divided with a remainder by a percentage."),
        ("(hours + rate) * 0", "At character 10: Hours cannot be added to a percentage."),
    ],
)
def test_units_that_do_not_go_together_are_refused_at_their_place(text, message):
    with pytest.raises(FormulaRefused) as caught:
        unit_of(text)
    assert (caught.value.code, caught.value.message) == ("formula_unit", message)
