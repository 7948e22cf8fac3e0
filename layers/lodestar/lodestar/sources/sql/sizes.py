"""Layer 1, sizes: nothing runs that cannot be stopped.

PostgreSQL looks between rows whether it is to stop, not inside of one LIKE, TRIM or multiplication. Promises
that one row is done in about a second: an upper bound is known of the length of every text and of the digits
of every number, texts do not grow over 64 KB, patterns and sets of characters are short constants, and what
is left of the work of a row is added up. Made against seven nested `v || v` over a text of 14 KB, compared
by LIKE with a pattern of 12 KB out of the data: 65 s of a core, past the timeout and past termination; and
against `SELECT v + v AS v FROM (SELECT v + v AS v FROM (…`, which doubles in the planner with each level.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil

from sqlglot import exp

from lodestar.sources.sql import allow
from lodestar.sources.sql.errors import QueryRefused

LONGEST_COLUMN = 16 * 1024
"""Characters of the longest attribute: as much as a record's attributes may hold in all."""
LONGEST_TEXT = 64 * 1024
"""Characters of what may be put together."""
WIDEST_NUMBER = 131_072 + 16_383 + 2
"""Digits of the longest numeric; a text of eight characters, such as 1e131071, may stand for one."""
LONGEST_PATTERN = 200
MAX_WILDCARDS = 8
MAX_NODES = 20_000
"""Nodes of a query with its inner SELECTs written out, as the planner does before it heeds any timeout."""
MAX_WORK = 10**9
"""Nanoseconds of one row, by the weights below; they are measured, and rather too high."""

_SHORT = 40
"""Characters of what is neither text nor numeric: counts, times, truth values."""
_LONGEST_ATTRIBUTE = 150
"""Digits of what attribute_number gives: 40, and two of an exponent."""
_DOUBLE = 330
"""Digits of the largest double when it becomes a numeric."""
_PER_DIGITS: Mapping[type[exp.Expr], int] = {exp.Mul: 100, exp.Div: 40, exp.Mod: 20}
"""How many pairs of digits, one of each side, take a nanosecond."""
_SPREADS = frozenset({"stddev", "stddev_pop", "stddev_samp", "var_pop", "var_samp", "variance"})
_NUMBERS = _SPREADS | {"avg", "count", "sum", "length", "char_length", "mod", "sign", "percentile_cont"}
_CHOICES = frozenset({"coalesce", "greatest", "least", "nullif"})
_NUMBER_TYPES = {exp.DType.BIGINT, exp.DType.DECIMAL, exp.DType.DOUBLE, exp.DType.INT, exp.DType.SMALLINT}
_TOO_LONG_TEXT = f"A text may be put together of {LONGEST_TEXT // 1024} KB at most: a column counts as 16 KB."
_PATTERN = (
    f"A pattern or a set of characters is a constant of at most {LONGEST_PATTERN} characters, with "
    f"{MAX_WILDCARDS} of % and _ at most."
)


@dataclass(frozen=True, slots=True)
class Size:
    """How large an expression may get, whatever the rows hold."""

    nodes: int = 1
    length: int = _SHORT
    """Characters of its value when it is written out."""
    work: int = 0
    """Nanoseconds that it takes for one row."""
    is_number: bool = False
    """Certainly a number: a text that is cast to numeric may be far longer as a number."""


OF_A_COLUMN = Size(length=LONGEST_COLUMN)
type Resolve = Callable[[exp.Column | exp.Query], Size]
"""The size of what stands elsewhere: a column of an inner SELECT, a whole query."""


class Sizes:
    """Sizes of the expressions of one query; `constants` are its own text parameters."""

    def __init__(self, constants: Mapping[str, str]) -> None:
        self._constants = constants

    def of(self, part: exp.Expr, resolve: Resolve) -> Size:
        """The size of an expression; from the inside to the outside, for a row of operators may be long.

        Raises:
            QueryRefused: a text that grows too long, or a pattern that is long or not constant.
        """
        sizes: dict[int, Size] = {}
        nodes = list(part.walk(prune=lambda inner: isinstance(inner, exp.Query)))
        for node in reversed(nodes):
            if isinstance(node, exp.Column | exp.Query):
                sizes[id(node)] = resolve(node)
            else:
                operands = [sizes[id(each)] for each in node.iter_expressions() if id(each) in sizes]
                sizes[id(node)] = self._combined(node, operands)
        return sizes[id(part)]

    def _combined(self, node: exp.Expr, operands: list[Size]) -> Size:
        own = self._own(node, operands)
        return Size(
            nodes=1 + sum(operand.nodes for operand in operands),
            length=min(own.length, max(WIDEST_NUMBER, LONGEST_TEXT)),
            work=own.work + sum(operand.work for operand in operands),
            is_number=own.is_number,
        )

    def _own(self, node: exp.Expr, operands: list[Size]) -> Size:
        """Length and work of a node by itself."""
        longest = max((operand.length for operand in operands), default=_SHORT)
        match node:
            case exp.Literal():
                return Size(length=_length_of_literal(node), is_number=not node.is_string)
            case exp.Placeholder():
                return Size(length=len(self._constants.get(node.name, "")) or _SHORT)
            case exp.DPipe():
                return _joined(operands)
            case exp.Like() | exp.ILike():
                pattern = self._constant(node.expression)
                return Size(work=2 * operands[0].length * len(pattern))
            case exp.Trim():
                return self._trimmed(longest, node.args.get("expression"))
            case exp.In():
                return Size(work=longest * len(operands) // 100)
            case exp.Anonymous():
                return self._called(node, operands)
            case _:
                return _calculated(node, operands, longest)

    def _called(self, node: exp.Anonymous, operands: list[Size]) -> Size:
        name, longest = node.name.lower(), max((operand.length for operand in operands), default=_SHORT)
        if name in allow.TRIMS:
            return self._trimmed(longest, node.expressions[1] if len(node.expressions) > 1 else None)
        if name in _SPREADS:
            return Size(length=2 * longest + _SHORT, work=longest * longest // 50, is_number=True)
        if name == "mod" and len(operands) == 2:
            return _multiplied(exp.Mod(), *operands)
        if name == "sqrt":
            return Size(length=longest + _SHORT, work=longest * longest // 500, is_number=True)
        if name in allow.OF_THE_PLATFORM:
            return Size(length=_LONGEST_ATTRIBUTE, work=longest, is_number=name == "attribute_number")
        is_number = name in _NUMBERS or all(operand.is_number for operand in operands)
        extra = 0 if name in _CHOICES else _SHORT
        return Size(length=longest + extra, work=longest // 100, is_number=is_number)

    def _trimmed(self, length: int, characters: exp.Expr | None) -> Size:
        count = 1 if characters is None else len(self._constant(characters))
        return Size(length=length, work=2 * length * count)

    def _constant(self, node: exp.Expr) -> str:
        """A pattern or a set of characters."""
        node = node.unnest()
        text = ""
        if isinstance(node, exp.Literal) and node.is_string:
            text = node.name
        elif isinstance(node, exp.Placeholder) and node.name in self._constants:
            text = self._constants[node.name]
        else:
            raise QueryRefused("pattern_not_allowed", _PATTERN)
        if len(text) > LONGEST_PATTERN or text.count("%") + text.count("_") > MAX_WILDCARDS:
            raise QueryRefused("pattern_not_allowed", _PATTERN)
        return text


def _calculated(node: exp.Expr, operands: list[Size], longest: int) -> Size:
    """Of the operators that numbers have, and of whatever is as large as its operands."""
    match node:
        case exp.Mul() | exp.Div() | exp.Mod():
            return _multiplied(node, *operands)
        case exp.Cast():
            return _cast(node, operands[0])
        case exp.Paren() | exp.Alias():
            return Size(length=longest, is_number=operands[0].is_number)
        case exp.Neg() | exp.Add() | exp.Sub():
            return Size(length=longest + 1, is_number=all(operand.is_number for operand in operands))
        case _:
            return Size(length=longest, work=longest // 100)


def _length_of_literal(node: exp.Literal) -> int:
    if node.is_string or "e" not in node.name.lower():
        return len(node.name)
    digits, _, exponent = node.name.lower().partition("e")
    return len(digits) + min(abs(int(exponent)), WIDEST_NUMBER)


def _joined(operands: list[Size]) -> Size:
    length = sum(operand.length for operand in operands)
    if length > LONGEST_TEXT:
        raise QueryRefused("text_too_long", _TOO_LONG_TEXT)
    return Size(length=length, work=length // 100)


def _multiplied(node: exp.Expr, left: Size, right: Size) -> Size:
    divisor = min(right.length, left.length // 2) if isinstance(node, exp.Mod) else right.length
    work = ceil(left.length * divisor / _PER_DIGITS[type(node)])  # a longer one goes into it fewer times
    return Size(length=left.length + right.length + _SHORT, work=work, is_number=True)


def _cast(node: exp.Cast, operand: Size) -> Size:
    kind, size = node.to.this, [int(each.name) for each in node.to.expressions]
    match kind:
        case exp.DType.TEXT | exp.DType.VARCHAR:
            return Size(length=min([operand.length, *size]), work=operand.length // 100)
        case exp.DType.DECIMAL if size:
            return Size(length=size[0] + 2, work=operand.length, is_number=True)
        case exp.DType.DECIMAL:
            longest = max(operand.length, _DOUBLE) if operand.is_number else WIDEST_NUMBER
            return Size(length=longest, work=operand.length, is_number=True)
        case exp.DType.DOUBLE:
            return Size(length=_DOUBLE, work=operand.length, is_number=True)
        case _:
            return Size(length=_SHORT, work=operand.length, is_number=kind in _NUMBER_TYPES)
