"""A formula's tree as one Python function: the fast way to the number that `evaluator` gives.

A walk over the tree costs tens of times the arithmetic itself, which a night of a million values would pay.
So the checked tree is translated, node by node, to Python's own tree. No text is compiled: the names in the
function are made here, what they stand for is bound here, and it sees no builtins.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from lodestar.domain.values import Value
from lodestar.engine.grammar import Node, Number, Operation, Variable
from lodestar.engine.operations import STRICT, step

type Compiled = Callable[[Mapping[str, Value]], Decimal | None]

_ARITHMETIC: dict[str, ast.operator] = {"+": ast.Add(), "-": ast.Sub(), "*": ast.Mult(), "/": ast.Div()}
_COMPARISONS: dict[str, ast.cmpop] = {
    "<": ast.Lt(),
    "<=": ast.LtE(),
    ">": ast.Gt(),
    ">=": ast.GtE(),
    "==": ast.Eq(),
    "!=": ast.NotEq(),
}
_LOGIC: dict[str, ast.boolop] = {"and": ast.And(), "or": ast.Or()}
_ROW = "row"


def compile_tree(tree: Node, variables: Sequence[str]) -> Compiled:
    """A function from the inputs to the number that the tree gives, in `operations.CONTEXT`.

    Where an input is no finite number or an operation has no answer, it gives None or raises ArithmeticError,
    KeyError or TypeError: only the evaluator knows which reason to name.
    """
    translation = _Translation(variables)
    row = ast.arguments(posonlyargs=[ast.arg(_ROW)], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    function = ast.Lambda(row, translation.guarded(tree))
    code = compile(ast.fix_missing_locations(ast.Expression(function)), "<formula>", "eval")
    compiled: Compiled = eval(code, translation.bound)  # noqa: S307 — a tree that was made here, not a text
    return compiled


class _Translation:
    """Node by node to Python; `bound` is everything that the function can see besides its row."""

    def __init__(self, variables: Sequence[str]) -> None:
        self._locals = {name: f"v{place}" for place, name in enumerate(variables)}
        self.bound: dict[str, Any] = {"__builtins__": {}}

    def guarded(self, tree: Node) -> ast.expr:
        """`tree if is_finite(v0 := row["a"]) else None`, for each variable: all are read, and are numbers."""
        body = self._translated(tree)
        is_finite = self._bind(Decimal.is_finite)  # a TypeError for anything but a Decimal
        for name, local in self._locals.items():
            item = ast.Subscript(_name(_ROW), ast.Constant(name), ast.Load())
            read = ast.NamedExpr(ast.Name(local, ast.Store()), item)
            body = ast.IfExp(ast.Call(is_finite, [read], []), body, ast.Constant(None))
        return body

    def _translated(self, node: Node) -> ast.expr:
        match node:
            case Number(value):
                return self._bind(value)
            case Variable(name):
                return _name(self._locals[name])
            case Operation("coalesce", (first, *_)):
                return self._translated(first)  # all inputs are there; if it raises, the evaluator looks on
            case Operation("round", (value, *places)):
                quantum = self._bind(step(*(place.value for place in places if isinstance(place, Number))))
                return ast.Call(ast.Attribute(self._translated(value), "quantize", ast.Load()), [quantum], [])
            case Operation(name, operands):
                return self._operation(name, [self._translated(operand) for operand in operands])

    def _operation(self, name: str, operands: list[ast.expr]) -> ast.expr:
        if name in _LOGIC:
            return ast.BoolOp(_LOGIC[name], operands)
        if name == "if":
            return ast.IfExp(*operands)
        if name in _COMPARISONS:
            return ast.Compare(operands[0], [_COMPARISONS[name]], [operands[1]])
        if name in _ARITHMETIC:
            return ast.BinOp(operands[0], _ARITHMETIC[name], operands[1])
        return ast.Call(self._bind(STRICT[name]), operands, [])

    def _bind(self, value: object) -> ast.Name:
        name = f"c{len(self.bound)}"
        self.bound[name] = value
        return _name(name)


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())
