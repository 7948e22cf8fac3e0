"""The unit of a formula, from the units of its inputs: hours plus a percentage is refused."""

from collections.abc import Mapping
from functools import reduce

from lodestar.domain.definitions import Unit
from lodestar.domain.units import COMPOUND, UnitMismatch, UnitOf, add, divide, multiply
from lodestar.engine.grammar import COMPARISONS, FormulaRefused, Node, Number, Operation, Variable

_LIKE_WITH_LIKE = {
    "+": "added to",
    "-": "reduced by",
    "%": "divided with a remainder by",
    "sum": "added to",
    "avg": "averaged with",
    "min": "compared with",
    "max": "compared with",
    "coalesce": "replaced by",
    "if": "replaced by",
    **dict.fromkeys(COMPARISONS, "compared with"),
}
"""The operations over one unit, and the verb that a refusal of two units needs."""


def unit_of(node: Node, units: Mapping[str, Unit | None]) -> UnitOf:
    """The unit that a node gives; None among `units` is an input of unknown unit, which goes with everything.

    A power has the unit of its base times itself. A condition has none: its operands are checked, and it
    reads as a plain number, which goes with the branches of its `if`.

    Raises:
        FormulaRefused: `formula_unit`, with the place of the operand that does not fit.
    """
    match node:
        case Number():
            return Unit.NUMBER
        case Variable(name):
            return units[name] or COMPOUND
        case Operation(name, operands):
            found = [unit_of(operand, units) for operand in operands]
            return _combined(node, found)


def _combined(node: Operation, found: list[UnitOf]) -> UnitOf:
    if node.name == "*":
        return reduce(multiply, found)
    if node.name == "/":
        return reduce(divide, found)
    if node.name == "**":
        return multiply(found[0], found[0])
    if node.name not in _LIKE_WITH_LIKE:
        return found[0]  # `negate`, `abs` and `round` keep it; `and`, `or`, `not` join conditions
    unit = _like_with_like(node, found)
    return Unit.NUMBER if node.name in COMPARISONS else unit


def _like_with_like(node: Operation, found: list[UnitOf]) -> UnitOf:
    unit = found[0]
    for operand, other in zip(node.operands[1:], found[1:], strict=True):
        try:
            unit = add(unit, other, _LIKE_WITH_LIKE[node.name])
        except UnitMismatch as mismatch:
            raise FormulaRefused("formula_unit", mismatch.message, operand.span.start) from mismatch
    return unit
