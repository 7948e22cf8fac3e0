"""The worked examples of docs/rules/formulas.md, computed."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from lodestar.domain import sources
from lodestar.domain.definitions import Unit
from lodestar.domain.units import UnitMismatch, add, divide, multiply
from lodestar.domain.values import Failure, NoData, Value
from lodestar.engine import evaluator, grammar, operations
from lodestar.engine.formula import compile_formula
from lodestar.engine.grammar import FormulaRefused
from tests.unit.documents import RULES, Row, limits, table


def inputs(cell: str) -> dict[str, Value]:
    """Inputs as `a = 1, b = missing, c = failed`."""
    absent: Mapping[str, Value] = {"missing": NoData("no_rows"), "failed": Failure("timeout")}
    pairs = [given.split(" = ") for given in cell.split(", ") if given]
    return {name: absent[text] if text in absent else Decimal(text) for name, text in pairs}


def result(formula: str, given: Mapping[str, Value]) -> str:
    match compile_formula(formula, dict.fromkeys(given)).evaluate(given):
        case NoData(reason):
            return f"no data: {reason}"
        case Failure(reason):
            return f"error: {reason}"
        case value:
            return str(value)


@pytest.mark.parametrize(
    ("formula", "given", "expected"),
    [
        [*row.values()]
        for last in ("value", "result")
        for row in table("formulas.md", "formula", "inputs", last)
    ],
)
def test_a_formula_gives_what_is_documented(formula: str, given: str, expected: str) -> None:
    assert result(formula, inputs(given)) == expected


@pytest.mark.parametrize("row", table("formulas.md", "formula", "code"))
def test_a_formula_is_refused_with_the_documented_code(row: Row) -> None:
    with pytest.raises(FormulaRefused) as refused:
        compile_formula(row["formula"], {"closed": None})
    assert refused.value.code == row["code"]


@pytest.mark.parametrize("row", table("formulas.md", "left", "operator", "right", "result"))
def test_units_go_together_as_documented(row: Row) -> None:
    joined = {"+": add, "*": multiply, "/": divide}[row["operator"]]
    left, right = Unit(row["left"]), Unit(row["right"])
    if row["result"] == "refused":
        with pytest.raises(UnitMismatch):
            joined(left, right)
    else:
        assert joined(left, right) is Unit(row["result"])


def test_every_function_of_the_language_is_documented() -> None:
    page = (RULES / "formulas.md").read_text(encoding="utf-8")
    assert {name for name in grammar.FUNCTIONS if f"`{name}(" not in page} == set()


def test_the_limits_of_formulas_are_the_documented_ones() -> None:
    assert limits("formulas.md") == {
        "characters in a formula": grammar.MAX_TEXT,
        "characters in a name": grammar.MAX_NAME,
        "digits in a number": grammar.MAX_DIGITS,
        "levels of nesting": grammar.MAX_NESTING,
        "numbers, names and operators": grammar.MAX_NODES,
        "arguments of a function": grammar.MAX_ARGUMENTS,
        "exponent": operations.MAX_EXPONENT,
        "digits before the point of a result": evaluator.MAX_WHOLE_DIGITS,
        "digits of the arithmetic": operations.CONTEXT.prec,
        "inputs": sources.MAX_INPUTS,
        "inputs that are queries": sources.MAX_QUERIES,
    }
