"""Layer 1, text: what a parser must never see.

Promises a text of bounded length and depth, in plain characters and in one statement that begins as a read.
Made against U& and E'' escapes that hide names, several statements in one text, and brackets so deep that a
parser runs out of stack.
"""

import re
from collections.abc import Sequence

from sqlglot import Token, TokenType, tokenize

from lodestar.sources.sql import allow
from lodestar.sources.sql.errors import QueryRefused

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


def tokens_of(text: str) -> Sequence[Token]:
    """The words of a text that passed `check_text`.

    Raises:
        QueryRefused: not one plain statement that reads, or brackets too deep.
    """
    try:
        tokens = tokenize(text, read="postgres")
    except Exception as error:
        raise QueryRefused("syntax", "The query is not valid PostgreSQL: check its spelling.") from error
    _check_tokens([token.token_type for token in tokens])
    return tokens


def _check_tokens(kinds: Sequence[TokenType]) -> None:
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
