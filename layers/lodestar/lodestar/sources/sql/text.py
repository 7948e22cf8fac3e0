"""From the text of admin SQL to a tree, and what a parser must never see."""

import re
from collections.abc import Sequence

from sqlglot import Token, TokenType, exp, tokenize
from sqlglot.parsers.postgres import PostgresParser

from lodestar.sources.sql import allow
from lodestar.sources.sql.errors import QueryRefused

_STEPS_PER_TOKEN = 20
"""Plain queries take at most 4."""

_UNICODE_ESCAPE = re.compile(r"\bu&['\"]", re.IGNORECASE)
_STARTS = (TokenType.SELECT, TokenType.WITH)
_BRACKETS = {
    **dict.fromkeys([TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE], 1),
    **dict.fromkeys([TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE], -1),
}
_SPECIAL_TEXTS = {
    TokenType.BIT_STRING,
    TokenType.BYTE_STRING,
    TokenType.HEREDOC_STRING,
    TokenType.HEX_STRING,
    TokenType.NATIONAL_STRING,
    TokenType.RAW_STRING,
    TokenType.UNICODE_STRING,
}


def check_text(text: str) -> None:
    """Length and characters.

    Raises:
        QueryRefused: the first rule that the text breaks.
    """
    if not text.strip():
        raise QueryRefused("empty", "The query is empty: write a SELECT of one number.")
    if not text.replace("\n", "").replace("\t", "").isprintable():
        raise QueryRefused(
            "control_character", "The query holds invisible characters: keep space, tab and newline."
        )
    if len(text.encode()) > allow.MAX_QUERY_BYTES:
        raise QueryRefused("too_long", f"The query must be at most {allow.MAX_QUERY_BYTES} bytes long.")
    if _UNICODE_ESCAPE.search(text):
        raise QueryRefused("text_not_plain", "U& escapes are not allowed: write the characters themselves.")


def parse(text: str) -> exp.Expr:
    """The tree of one statement.

    Raises:
        QueryRefused: no statement, several, or none that sqlglot understands.
        RecursionError: nested too deeply.
    """
    try:
        tokens = tokenize(text, read="postgres")
        _check_tokens(tokens)
        trees = _BoundedParser(len(tokens)).parse(tokens, text)
    except (QueryRefused, RecursionError):
        raise
    except Exception as error:
        raise QueryRefused("syntax", "The query is not valid PostgreSQL: check its spelling.") from error
    trees = [tree for tree in trees if not isinstance(tree, exp.Semicolon)]  # it carries the last comment
    if len(trees) != 1 or trees[0] is None:
        raise QueryRefused("many_statements", "Write exactly one statement, without a semicolon in between.")
    return trees[0]


class _BoundedParser(PostgresParser):
    """sqlglot tries one reading after another: `date(date(…` doubles its time with each word."""

    def __init__(self, tokens: int) -> None:
        super().__init__(dialect="postgres")
        self._steps_left = _STEPS_PER_TOKEN * (tokens + 1)

    def _advance(self, times: int = 1) -> None:
        """Every step of the parser, forward or back."""
        self._steps_left -= 1
        if self._steps_left < 0:
            raise QueryRefused("too_deep", "The query can be read in too many ways: write it more plainly.")
        super()._advance(times)


def _check_tokens(tokens: Sequence[Token]) -> None:
    kinds = [token.token_type for token in tokens]
    if not kinds or kinds[0] not in _STARTS:
        raise QueryRefused("not_select", "The query must begin with SELECT or WITH, and may only read.")
    if TokenType.SEMICOLON in kinds[:-1]:
        raise QueryRefused("many_statements", "Write exactly one statement, without a semicolon in between.")
    if TokenType.PARAMETER in kinds or TokenType.PLACEHOLDER in kinds:
        raise QueryRefused("parameter_unknown", "Write parameters by name, such as :user_id.")
    if not _SPECIAL_TEXTS.isdisjoint(kinds):
        raise QueryRefused("text_not_plain", "Write texts as 'text': E, B, X, N, U& and $$ are not allowed.")
    depth = 0
    for kind in kinds:
        depth += _BRACKETS.get(kind, 0)
        if depth > allow.DEEPEST_BRACKETS:
            raise QueryRefused("too_deep", f"Brackets may be nested {allow.DEEPEST_BRACKETS} deep at most.")
