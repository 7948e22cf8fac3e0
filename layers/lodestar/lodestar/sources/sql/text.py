"""The check of admin SQL before it is parsed: what a parser must never see (spec 6.2, layer 1).

sqlglot reads some texts in time that doubles with each bracket (`array[array[…`, `date(date(…`), and reads
E'', U&'' and $$ strings in its own way. None of them is needed, so they are refused while they are tokens.
"""

import re
from collections.abc import Sequence
from itertools import takewhile

from sqlglot import tokenize
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from lodestar.sources.sql import allow
from lodestar.sources.sql.errors import QueryRefused

_UNICODE_ESCAPE = re.compile(r"\bu&['\"]", re.IGNORECASE)
_OPEN = {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}
_STARTS = (TokenType.SELECT, TokenType.WITH)
_TYPE_PARAMETERS = (TokenType.NUMBER, TokenType.COMMA)
_TYPES = frozenset(Postgres.Parser.TYPE_TOKENS) - {TokenType.VAR, TokenType.IDENTIFIER}
_FORBIDDEN = {
    **dict.fromkeys(
        [
            TokenType.ARRAY,
            TokenType.L_BRACKET,
            TokenType.R_BRACKET,
            TokenType.L_BRACE,
            TokenType.R_BRACE,
        ],
        ("not_allowed", "Arrays are not allowed: remove ARRAY, [ ] and { }."),
    ),
    **dict.fromkeys(
        [
            TokenType.BIT_STRING,
            TokenType.BYTE_STRING,
            TokenType.HEREDOC_STRING,
            TokenType.HEX_STRING,
            TokenType.NATIONAL_STRING,
            TokenType.RAW_STRING,
            TokenType.UNICODE_STRING,
        ],
        ("text_not_plain", "Write texts as 'text': E, B, X, N, U& and $$ are not allowed."),
    ),
    **dict.fromkeys(
        [TokenType.PARAMETER, TokenType.PLACEHOLDER],
        ("parameter_unknown", "Write parameters by name, such as :user_id."),
    ),
}


def check_text(text: str) -> None:
    """Length, characters, brackets and tokens.

    Raises:
        QueryRefused: the first rule that the text breaks.
    """
    if not text.strip():
        raise QueryRefused("empty", "The query is empty: write a SELECT of one number.")
    if not text.replace("\n", "").replace("\t", "").isprintable():
        raise QueryRefused(
            "control_character",
            "The query holds invisible characters: remove all but space, tab and newline.",
        )
    if len(text.encode()) > allow.LONGEST_TEXT:
        raise QueryRefused("too_long", f"The query must be at most {allow.LONGEST_TEXT} bytes long.")
    if _UNICODE_ESCAPE.search(text):
        raise QueryRefused("text_not_plain", "U& escapes are not allowed: write the characters themselves.")
    try:
        _check_tokens(tokenize(text, read="postgres"))
    except SqlglotError as error:
        raise QueryRefused("syntax", "The query is not valid PostgreSQL: check its quotes.") from error


def _check_tokens(tokens: Sequence[Token]) -> None:
    if not tokens or tokens[0].token_type not in _STARTS:
        raise QueryRefused("not_select", "The query must begin with SELECT or WITH, and may only read.")
    if any(each.token_type is TokenType.SEMICOLON for each in tokens[:-1]):
        raise QueryRefused("many_statements", "Write exactly one statement, without a semicolon in between.")
    for each in tokens:
        if each.token_type in _FORBIDDEN:
            raise QueryRefused(*_FORBIDDEN[each.token_type])
    _check_depth(tokens)
    _check_types(tokens)


def _check_depth(tokens: Sequence[Token]) -> None:
    depth = 0
    for each in tokens:
        depth += _OPEN.get(each.token_type, 0)
        if depth > allow.DEEPEST_BRACKETS:
            raise QueryRefused("too_deep", f"Brackets may be nested {allow.DEEPEST_BRACKETS} deep at most.")


def _check_types(tokens: Sequence[Token]) -> None:
    """A type may take numbers in brackets, `numeric(10, 2)`, and is no function: `date(…)`."""
    for at, (each, following) in enumerate(zip(tokens, tokens[1:], strict=False)):
        if each.token_type not in _TYPES or following.token_type is not TokenType.L_PAREN:
            continue
        inside = list(takewhile(lambda token: token.token_type in _TYPE_PARAMETERS, tokens[at + 2 :]))
        end = at + 2 + len(inside)
        if end >= len(tokens) or tokens[end].token_type is not TokenType.R_PAREN:
            name = each.text.lower()
            raise QueryRefused("function_not_allowed", f"Write CAST(… AS {name}) instead of {name}(…).")
