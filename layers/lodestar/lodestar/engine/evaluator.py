"""The meaning of a formula: what each part of it gives, or why that is no number.

An operation over operands of which one has no value gives what that operand gives, the leftmost first. `if`
looks at one branch only, `and` and `or` stop at the first operand that decides, and `coalesce` takes the
first value that exists: it passes over what has no data, never over what failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, Overflow
from typing import cast

from lodestar.domain.values import Failure, NoData, Value
from lodestar.engine.grammar import Node, Number, Operation, Variable
from lodestar.engine.operations import STRICT

MAX_WHOLE_DIGITS = 15
"""Digits before the point of a result. From 1e15 on it is an error: no honest KPI is that large."""


@dataclass(frozen=True, slots=True)
class FormulaStep:
    """One part of a formula as it was written, what it gave, and the parts that were looked at to give it."""

    text: str
    value: Value | bool
    parts: tuple["FormulaStep", ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluator:
    """One evaluation: the formula's text and the value of each input. To be used in `operations.CONTEXT`."""

    text: str
    inputs: Mapping[str, Value]

    def explain(self, node: Node) -> FormulaStep:
        """What the node gives, with everything that led there. Never raises."""
        match node:
            case Number(value):
                return self._explanation(node, value)
            case Variable(name):
                return self._explanation(node, _input(name, self.inputs.get(name)))
            case Operation("if"):
                return self._choice(node)
            case Operation("and" | "or" | "coalesce"):
                return self._first_that_decides(node)
            case Operation():
                return self._strict(node)

    def _explanation(self, node: Node, value: Value | bool, *parts: FormulaStep) -> FormulaStep:
        return FormulaStep(self.text[node.span.start : node.span.end], value, parts)

    def _choice(self, node: Operation) -> FormulaStep:
        condition, when_true, when_false = node.operands
        decided = self.explain(condition)
        if not isinstance(decided.value, bool):
            return self._explanation(node, decided.value, decided)
        chosen = self.explain(when_true if decided.value else when_false)
        return self._explanation(node, chosen.value, decided, chosen)

    def _first_that_decides(self, node: Operation) -> FormulaStep:
        parts: list[FormulaStep] = []
        for operand in node.operands:
            parts.append(self.explain(operand))
            if _decides(node.name, parts[-1].value):
                break
        return self._explanation(node, parts[-1].value, *parts)

    def _strict(self, node: Operation) -> FormulaStep:
        parts = [self.explain(operand) for operand in node.operands]
        absent = next((part.value for part in parts if not isinstance(part.value, Decimal | bool)), None)
        value = absent or _compute(node.name, [part.value for part in parts])
        return self._explanation(node, value, *parts)


def within_limit(value: Value | bool) -> Value:
    """The value of a whole formula: an error where it is too far from zero to be one."""
    if isinstance(value, Decimal) and abs(value) >= 10**MAX_WHOLE_DIGITS:
        return Failure("overflow", "The formula's result is too large: check its units and its divisions.")
    return cast("Value", value)  # the parser lets no condition be a whole formula


def _input(name: str, value: Value | None) -> Value:
    """An input as the formula sees it: what failed is a failure, what is not there is missing, by name."""
    match value:
        case Decimal() if value.is_finite():
            return value
        case Decimal():
            return Failure("not_a_number", f"The input `{name}` is not a finite number.")
        case Failure():
            return Failure("input_failed", f"The input `{name}` failed: {value.message or value.reason}")
        case _:
            return NoData(f"missing_input:{name}")


def _decides(operation: str, value: Value | bool) -> bool:
    match operation:
        case "and":
            return value is not True
        case "or":
            return value is not False
        case _:
            return not isinstance(value, NoData)


def _compute(operation: str, values: list[Value | bool]) -> Value | bool:
    try:
        return STRICT[operation](*values)
    except Overflow:
        return Failure("overflow", f"`{operation}` gives a number that is too large.")
    except ZeroDivisionError:
        return NoData("division_by_zero")
    except InvalidOperation:
        return Failure("not_a_number", f"`{operation}` has no answer that is a number for these inputs.")
