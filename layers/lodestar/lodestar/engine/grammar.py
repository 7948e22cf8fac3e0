"""The words of the formula language: its limits, its tokens, its tree, its refusal.

The language is no part of Python: text becomes tokens here, and only what this module lists is a token.
Everything but the minus sign `−` is ASCII, so that no letter can pose as another one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from lodestar.domain.refusals import Detail, InvalidContent

MAX_TEXT = 2_000
MAX_NAME = 64
MAX_DIGITS = 28
MAX_NESTING = 32
MAX_ARGUMENTS = 64
MAX_NODES = 500
MAX_PLACES = 15
"""The most decimals that `round` may keep."""

FIELD = "data_source.formula"

type RefusalCode = Literal[
    "formula_arity",
    "formula_input_name",
    "formula_never_a_number",
    "formula_syntax",
    "formula_too_deep",
    "formula_too_large",
    "formula_too_long",
    "formula_type",
    "formula_unit",
    "formula_unknown_function",
    "formula_unknown_variable",
    "formula_unused_input",
]


class FormulaRefused(InvalidContent):
    """The formula cannot be saved (422): a code for programs, a sentence on where and what to change."""

    code = "formula_refused"

    def __init__(self, code: RefusalCode, message: str, at: int | None = None) -> None:
        sentence = message if at is None else f"At character {at + 1}: {message}"
        super().__init__(sentence, [Detail(FIELD, sentence)], code=code)


@dataclass(frozen=True, slots=True)
class Span:
    """Where a node stands in the text: `[start, end)`, counted in characters from 0."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Number:
    """A literal."""

    value: Decimal
    span: Span


@dataclass(frozen=True, slots=True)
class Variable:
    """An input, by its name."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or a function over its operands; `-x` is called `negate`, the rest as they are written."""

    name: str
    operands: tuple["Node", ...]
    span: Span


type Node = Number | Variable | Operation

COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
LOGIC = frozenset({"and", "or", "not"})

FUNCTIONS: dict[str, tuple[int, int]] = {
    "if": (3, 3),
    "min": (1, MAX_ARGUMENTS),
    "max": (1, MAX_ARGUMENTS),
    "sum": (1, MAX_ARGUMENTS),
    "avg": (1, MAX_ARGUMENTS),
    "abs": (1, 1),
    "round": (1, 2),
    "coalesce": (2, MAX_ARGUMENTS),
}
"""Each function with the fewest and the most arguments that it takes."""


def is_truth(node: Node) -> bool:
    """Whether the node is a condition; every other node is a number. No other type exists."""
    return isinstance(node, Operation) and (node.name in COMPARISONS or node.name in LOGIC)


def is_free_name(name: str) -> bool:
    """Whether an input may be called so: lower-case ASCII, at most 64 characters, no word of the language."""
    return bool(_NAME.fullmatch(name)) and len(name) <= MAX_NAME and name not in FUNCTIONS.keys() | LOGIC


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the text; `kind` of a symbol or a word of the language is the word itself."""

    kind: str
    text: str
    at: int

    @property
    def end(self) -> int:
        """The index after its last character."""
        return self.at + len(self.text)


_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_TOKEN = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]+)?)"
    rf"|(?P<name>{_NAME.pattern})"
    r"|(?P<symbol>\*\*|<=|>=|==|!=|[-−+*/%(),<>])"
)


def tokens(text: str) -> Iterator[Token]:
    """The words of the text, then one of kind `end`.

    Raises:
        FormulaRefused: `formula_too_long` for text, a name or a number; `formula_syntax` for anything else.
    """
    if len(text) > MAX_TEXT:
        raise FormulaRefused("formula_too_long", f"Shorten the formula to {MAX_TEXT:,} characters.")
    at = 0
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        token = _token(text, at)
        yield token
        at = token.end
    yield Token("end", "", at)


def _token(text: str, at: int) -> Token:
    match = _TOKEN.match(text, at)
    if match is None:
        raise FormulaRefused("formula_syntax", f"Remove {text[at]!a}: it has no meaning in a formula.", at)
    word = match.group()
    if match.lastgroup == "number":
        return _checked_number(Token("number", word, at))
    if match.lastgroup == "name":
        return _checked_name(Token(word if word in LOGIC else "name", word, at))
    return Token("-" if word == "−" else word, word, at)


def _checked_number(token: Token) -> Token:
    if len(token.text.replace(".", "")) > MAX_DIGITS:
        raise FormulaRefused("formula_too_long", f"Use at most {MAX_DIGITS} digits in a number.", token.at)
    return token


def _checked_name(token: Token) -> Token:
    if len(token.text) > MAX_NAME:
        raise FormulaRefused("formula_too_long", f"Shorten the name to {MAX_NAME} characters.", token.at)
    return token
