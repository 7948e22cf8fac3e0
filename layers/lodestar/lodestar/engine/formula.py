"""A formula: checked once when it is saved, evaluated for many subjects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import localcontext

from lodestar.domain.definitions import Unit
from lodestar.domain.units import UnitOf
from lodestar.domain.values import Value
from lodestar.engine.checks import check_fixed_parts, used_variables
from lodestar.engine.compiler import Compiled, compile_tree
from lodestar.engine.evaluator import MAX_WHOLE_DIGITS, Evaluator, FormulaStep, within_limit
from lodestar.engine.grammar import Node
from lodestar.engine.operations import CONTEXT
from lodestar.engine.parser import parse
from lodestar.engine.unit_check import unit_of


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was found good, the names of its inputs, and the unit that follows from theirs.

    Evaluating it never raises, and may be done in any thread. Make it with `compile_formula`, once.

    What it gives: a Decimal of 28 digits between −1e15 and 1e15; `NoData` with `division_by_zero` or
    `missing_input:<name>`; `Failure` with `overflow`, `not_a_number` or `input_failed`. Never 0 for absence.
    """

    text: str
    variables: tuple[str, ...]
    unit: UnitOf
    tree: Node = field(repr=False)
    compiled: Compiled = field(repr=False, compare=False)

    def evaluate(self, inputs: Mapping[str, Value]) -> Value:
        """The value for one subject, whose inputs are given by name."""
        return self.evaluate_many([inputs])[0]

    def evaluate_many(self, rows: Sequence[Mapping[str, Value]]) -> list[Value]:
        """The value of each row of inputs, in their order, at about the price of bare Decimal arithmetic."""
        values: list[Value] = []
        compiled = self.compiled
        with localcontext(CONTEXT):
            for row in rows:
                try:
                    number = compiled(row)
                except (ArithmeticError, KeyError, TypeError):
                    number = None
                if number is not None and number.adjusted() < MAX_WHOLE_DIGITS:
                    values.append(number)
                else:
                    values.append(within_limit(Evaluator(self.text, row).explain(self.tree).value))
        return values

    def explain(self, inputs: Mapping[str, Value]) -> FormulaStep:
        """The value for one subject with every part of the formula that it was made of."""
        with localcontext(CONTEXT):
            explanation = Evaluator(self.text, inputs).explain(self.tree)
            return replace(explanation, value=within_limit(explanation.value))


def compile_formula(text: str, variables: Mapping[str, Unit | None]) -> Formula:
    """The formula of a text over these inputs: each with its unit, or None where its unit is not known.

    Costs some hundred microseconds: keep what it gives.

    Raises:
        FormulaRefused: an `InvalidContent` whose `code` names the rule and whose message names the place.
    """
    tree = parse(text)
    check_fixed_parts(tree, text)
    names = used_variables(tree, variables)
    unit = unit_of(tree, variables)
    return Formula(text, names, unit, tree, compile_tree(tree, names))
