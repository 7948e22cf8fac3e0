"""Layer 1, reading: from the text of admin SQL to a tree.

Promises a tree in which everything stands as it was written: functions under the names that PostgreSQL knows
them by, NOT where it stood, texts unread. Made against a parser that is kinder than PostgreSQL: it took
INTERVAL '1 day ago' for one day, dropped the key of `->> ''`, and made NVL, IF and DATE_PART into something
else. What is left of its kindness shows when PostgreSQL reads the text itself (meaning.py).
"""

from collections.abc import Sequence

from sqlglot import Token, TokenType, exp
from sqlglot.errors import ParseError
from sqlglot.parsers.postgres import PostgresParser

from lodestar.sources.sql import allow
from lodestar.sources.sql.errors import Place, QueryRefused
from lodestar.sources.sql.text import tokens_of

_STEPS_PER_TOKEN = 20
"""Plain queries take at most 4."""


def parse(text: str) -> exp.Query:
    """The tree of one SELECT, its names in lower case as Postgres has them, and quoted: none is a keyword.

    Raises:
        QueryRefused: no statement, several, none that sqlglot understands, or another one than SELECT.
        RecursionError: nested too deeply.
    """
    tree = _statement(tokens_of(text), text)
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise QueryRefused("not_select", "The query must be a SELECT: it may read, but not change anything.")
    for identifier in tree.find_all(exp.Identifier):
        if not identifier.quoted:
            identifier.set("this", identifier.name.lower())
            identifier.set("quoted", True)
    return tree


def _statement(tokens: Sequence[Token], text: str) -> exp.Expr:
    try:
        trees = _Parser(len(tokens)).parse(list(tokens), text)
    except (QueryRefused, RecursionError):
        raise
    except ParseError as error:
        at = error.errors[0]
        place = Place(at["line"], max(at["col"] - len(at["highlight"]) + 1, 1))  # it tells the end of a word
        raise QueryRefused("syntax", f"The query is not valid PostgreSQL at {place}.") from error
    except Exception as error:
        raise QueryRefused("syntax", "The query is not valid PostgreSQL: check its spelling.") from error
    trees = [tree for tree in trees if not isinstance(tree, exp.Semicolon)]  # it carries the last comment
    if len(trees) != 1 or trees[0] is None:
        raise QueryRefused("many_statements", "Write exactly one statement, without a semicolon in between.")
    return trees[0]


class _Parser(PostgresParser):
    """sqlglot's parser for PostgreSQL without what it knows of other dialects; its work is limited."""

    LAMBDAS = {}  # noqa: RUF012 — in f(a -> 'b') the arrow is an operator
    FUNCTIONS = {}  # noqa: RUF012 — as in the class above
    FUNCTION_PARSERS = {  # noqa: RUF012 — as above
        name: PostgresParser.FUNCTION_PARSERS[name] for name in ("CAST", "EXTRACT", "TRIM")
    }
    NO_PAREN_FUNCTION_PARSERS = {  # noqa: RUF012 — as above
        "CASE": PostgresParser.NO_PAREN_FUNCTION_PARSERS["CASE"]
    }
    JSON_OPERATORS = {  # noqa: RUF012 — as above
        TokenType.ARROW: lambda self, this, key: self.expression(exp.JSONExtract(this=this, expression=key)),
        TokenType.DARROW: lambda self, this, key: self.expression(
            exp.JSONExtractScalar(this=this, expression=key)
        ),
    }
    UNARY_PARSERS = {  # noqa: RUF012 — as above
        **PostgresParser.UNARY_PARSERS,
        TokenType.NOT: lambda self: self.expression(allow.NotBefore(this=self._parse_equality())),
    }

    def __init__(self, tokens: int) -> None:
        super().__init__(dialect="postgres")
        self._steps_left = _STEPS_PER_TOKEN * (tokens + 1)

    def _advance(self, times: int = 1) -> None:
        """Every step, forward or back: it tries one reading after another, `date(date(…` doubles its time."""
        self._steps_left -= 1
        if self._steps_left < 0:
            raise QueryRefused("too_deep", "The query can be read in too many ways: write it more plainly.")
        super()._advance(times)

    def _parse_interval(
        self,
        require_interval: bool = True,  # noqa: ARG002 — as in the class above
        parse_function_unit: bool = True,  # noqa: ARG002 — as above
    ) -> exp.Interval | None:
        """INTERVAL '…', with a field behind it perhaps; the text is for PostgreSQL to read."""
        if not self._match_pair(TokenType.INTERVAL, TokenType.STRING, advance=False):
            return None
        self._advance()
        text = self._parse_string()
        field = self._curr.text.upper() if self._curr else ""
        if field not in allow.INTERVAL_FIELDS:
            return self.expression(exp.Interval(this=text))
        self._advance()
        return self.expression(exp.Interval(this=text, unit=exp.var(field)))
