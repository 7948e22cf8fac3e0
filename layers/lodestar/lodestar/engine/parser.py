"""Formula text to tree by operator precedence (Pratt, "Top Down Operator Precedence", 1973).

From the loosest to the tightest: `or`, `and`, `not`, comparisons (which do not chain), `+ −`, `* / %`, the
sign, `**` (from the right). Numbers and conditions are told apart while the tree grows: a tree that exists is
well typed.
"""

from decimal import Decimal

from lodestar.engine.grammar import (
    COMPARISONS,
    FUNCTIONS,
    LOGIC,
    MAX_NESTING,
    MAX_NODES,
    MAX_PLACES,
    FormulaRefused,
    Node,
    Number,
    Operation,
    Span,
    Token,
    Variable,
    is_truth,
    tokens,
)

_BINDING = {
    "or": 1,
    "and": 2,
    "not": 3,
    **dict.fromkeys(COMPARISONS, 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "%"), 6),
    "negate": 7,
    "**": 8,
}
_INFIX = _BINDING.keys() - {"not", "negate"}


def parse(text: str) -> Node:
    """The tree of a formula, which is a number.

    Raises:
        FormulaRefused: with the place and the reason, for anything outside the language or its limits.
    """
    return _Parser(text).formula()


class _Parser:
    """One pass over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._next = next(self._tokens)
        self._last = self._next
        self._nesting = 0
        self._nodes = 0

    def formula(self) -> Node:
        tree = self._expression(0)
        if self._next.kind != "end":
            raise _unexpected(self._next, "an operator or the end of the formula")
        if is_truth(tree):
            message = "A KPI is a number, and this is a condition: write if(condition, 1, 0)."
            raise FormulaRefused("formula_type", message, tree.span.start)
        return tree

    def _advance(self) -> Token:
        self._last = self._next
        self._next = next(self._tokens, self._next)
        return self._last

    def _expect(self, kind: str) -> None:
        if self._next.kind != kind:
            raise _unexpected(self._next, f"`{kind}`")
        self._advance()

    def _expression(self, binding: int) -> Node:
        """The longest expression whose operators all bind tighter than `binding`."""
        start = self._next.at
        left = self._operand()
        while self._next.kind in _INFIX and _BINDING[self._next.kind] > binding:
            operator = self._advance()
            if operator.kind == "**":  # 2 ** 3 ** 2 is 2 ** 9, and 2 ** -1 is a half
                right = self._nested(_BINDING["negate"])
            else:
                right = self._expression(_BINDING[operator.kind])
            left = self._operation(operator.kind, (left, right), start)
        return left

    def _nested(self, binding: int) -> Node:
        """An expression one level deeper; the depth is counted because each level is a call in Python."""
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            message = f"Nest at most {MAX_NESTING} levels: split the formula into several KPIs."
            raise FormulaRefused("formula_too_deep", message, self._next.at)
        node = self._expression(binding)
        self._nesting -= 1
        return node

    def _operand(self) -> Node:
        token = self._advance()
        match token.kind:
            case "number":
                return self._counted(Number(Decimal(token.text), Span(token.at, token.end)))
            case "name":
                return self._name(token)
            case "-":
                return self._operation("negate", (self._nested(_BINDING["negate"]),), token.at)
            case "not":
                return self._operation("not", (self._nested(_BINDING["not"]),), token.at)
            case "(":
                node = self._nested(0)
                self._expect(")")
                return node
        raise _unexpected(token, "a number, a name or `(`")

    def _name(self, token: Token) -> Node:
        if self._next.kind == "(":
            return self._call(token)
        if token.text in FUNCTIONS:
            message = f"`{token.text}` is a function: write {token.text}(…)."
            raise FormulaRefused("formula_syntax", message, token.at)
        return self._counted(Variable(token.text, Span(token.at, token.end)))

    def _call(self, token: Token) -> Node:
        if token.text not in FUNCTIONS:
            message = f"There is no function `{token.text}`: use one of {', '.join(sorted(FUNCTIONS))}."
            raise FormulaRefused("formula_unknown_function", message, token.at)
        operands = self._arguments()
        fewest, most = FUNCTIONS[token.text]
        if not fewest <= len(operands) <= most:
            takes = str(fewest) if fewest == most else f"{fewest} to {most}"
            message = f"`{token.text}` takes {takes} arguments: {len(operands)} are given."
            raise FormulaRefused("formula_arity", message, token.at)
        return self._operation(token.text, operands, token.at)

    def _arguments(self) -> tuple[Node, ...]:
        self._expect("(")
        operands: list[Node] = []
        while self._next.kind != ")":
            if operands:
                self._expect(",")
            operands.append(self._nested(0))
        self._advance()
        return tuple(operands)

    def _operation(self, name: str, operands: tuple[Node, ...], start: int) -> Node:
        _check_types(name, operands)
        return self._counted(Operation(name, operands, Span(start, self._last.end)))

    def _counted(self, node: Node) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            message = f"Use at most {MAX_NODES} numbers, names and operators: split the formula in two KPIs."
            raise FormulaRefused("formula_too_large", message, node.span.start)
        return node


def _check_types(name: str, operands: tuple[Node, ...]) -> None:
    for place, operand in enumerate(operands):
        wants_truth = name in LOGIC or (name == "if" and place == 0)
        if wants_truth and not is_truth(operand):
            message = f"`{name}` needs a condition here, such as a > 0, not a number."
            raise FormulaRefused("formula_type", message, operand.span.start)
        if is_truth(operand) and not wants_truth:
            message = f"`{name}` needs a number here, not a condition; join conditions with `and` or `or`."
            raise FormulaRefused("formula_type", message, operand.span.start)
    if name == "round" and len(operands) == 2:
        _check_places(operands[1])


def _check_places(node: Node) -> None:
    """The decimals kept are part of the formula, not of its data: a written whole number."""
    if not (isinstance(node, Number) and node.value in range(MAX_PLACES + 1)):
        message = f"The second argument of `round` is a whole number from 0 to {MAX_PLACES}."
        raise FormulaRefused("formula_type", message, node.span.start)


def _unexpected(token: Token, wanted: str) -> FormulaRefused:
    found = "the end" if token.kind == "end" else f"`{token.text}`"
    return FormulaRefused("formula_syntax", f"Write {wanted} here instead of {found}.", token.at)
