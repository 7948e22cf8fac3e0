"""Layer 2, meaning: what runs means what was written.

Promises that PostgreSQL reads the admin's own text and the text that is written from the checked tree as the
same query: it makes a view of each and prints both definitions, which must be equal. Made against a parser
that drops what it does not know, and so changes numbers without an error: `+ 1_000` became an alias, `hours
NOT BETWEEN 1 AND 5 < billable` another comparison, INTERVAL '1 day 12:00' one day.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from pg8000.exceptions import DatabaseError
from sqlglot import TokenType

from lodestar.persistence.kernel.connection import OneTripConnection
from lodestar.sources.sql import allow
from lodestar.sources.sql.check import CheckedQuery
from lodestar.sources.sql.errors import Place, QueryRefused, position, sqlstate
from lodestar.sources.sql.text import tokens_of
from lodestar.sources.sql.writing import written

_OWN, _WRITTEN = f"{allow.RESERVED_PREFIX}_own", f"{allow.RESERVED_PREFIX}_written"
_DEFINITION = "select pg_catalog.pg_get_viewdef(cast($1 as regclass), false)"
_WORD = re.compile(r"'(?:[^']|'')*'|\w+|[^\s\w]")
_REASONS: Mapping[str, str] = {
    "42601": "it is no valid SQL there",
    "42883": "there is no such function or operator for these types",
    "42703": "there is no such column",
    "42P01": "there is no such table",
    "42803": "it must stand in GROUP BY or in an aggregate",
    "42804": "the types do not fit",
    "42725": "it could be several functions or operators: cast what it is given",
    "22007": "that is no valid time",
    "22008": "that is no valid time",
    "22P02": "that is no valid value of its type",
    "22003": "that number is too large",
}


@dataclass(frozen=True, slots=True)
class _Spliced:
    """The admin's text with a constant for each parameter, and where its characters came from."""

    sql: str
    pieces: Sequence[tuple[int, int]]
    """(offset here, offset in the admin's text) of each piece, from the left."""

    def original(self, offset: int) -> int:
        """The offset in the admin's text of a character here; of a parameter, where it begins."""
        here, there = [piece for piece in self.pieces if piece[0] <= offset][-1]
        following = [original for new, original in self.pieces if new > offset]
        return min([there + offset - here, *following])


def check_meaning(connection: OneTripConnection, query: CheckedQuery) -> None:
    """Let the server read both texts, in the caller's transaction, which must not be committed.

    Raises:
        QueryRefused: it cannot read the admin's, or not as the one that would run; with the place.
        DatabaseError: the server cannot be asked.
    """
    own = _spliced(query)
    meant = _definition_of_own(connection, own, query.text)
    read = _definition(connection, _WRITTEN, written(query.tree, lambda name: stand_in(query, name)))
    if meant != read:
        place = _place_of_difference(query.text, meant, read)
        raise QueryRefused(
            "uncertain", f"The query cannot be read with certainty at {place}: write it more plainly there."
        )


def stand_in(query: CheckedQuery, name: str) -> str:
    """A constant that stands for a parameter where a statement can have none: of its type, and no other's."""
    number = 1 + sorted(query.types).index(name)
    kind = query.types[name]
    if kind == "timestamptz":
        return f"CAST('2001-02-03 04:05:{number:02}+00' AS timestamptz)"
    return f"CAST('{9_000_000_000 + number}' AS {kind})"


def _spliced(query: CheckedQuery) -> _Spliced:
    sql, pieces, done = "", [(0, 0)], 0
    for colon, name in pairwise(tokens_of(query.text)):
        if colon.token_type is TokenType.COLON:
            sql += query.text[done : colon.start]
            pieces.append((len(sql), colon.start))
            sql += stand_in(query, name.text)
            done = name.end + 1
            pieces.append((len(sql), done))
    return _Spliced(sql + query.text[done:], pieces)


def _definition_of_own(connection: OneTripConnection, own: _Spliced, text: str) -> str:
    try:
        return _definition(connection, _OWN, own.sql)
    except DatabaseError as error:
        at = position(error)
        if at is None or not sqlstate(error).startswith(("22", "42")):
            raise
        place = Place.of(text, own.original(at - 1 - len(_view(_OWN, ""))))
        reason = _REASONS.get(sqlstate(error), "it refuses what stands there")
        raise QueryRefused("unreadable", f"PostgreSQL cannot read the query at {place}: {reason}.") from error


def _view(name: str, sql: str) -> str:
    return f"create temporary view {name} as {sql}"


def _definition(connection: OneTripConnection, name: str, sql: str) -> str:
    connection.execute_unnamed(_view(name, sql), [])
    (definition,) = connection.execute_unnamed(_DEFINITION, [f"pg_temp.{name}"]).rows[0]
    return str(definition)


def _place_of_difference(text: str, meant: str, read: str) -> Place:
    """Where in the admin's text the word stands from which on the server reads something else.

    The server prints what it has read in words of its own; most of them are the admin's, in the same order.
    """
    printed, other = (_WORD.findall(definition) for definition in (meant, read))
    differs = next(
        (index for index, (one, two) in enumerate(zip(printed, other, strict=False)) if one != two),
        min(len(printed), len(other)),
    )
    words = list(_WORD.finditer(text))
    found = SequenceMatcher(
        None, [word[0].lower() for word in words], [word.lower() for word in printed], autojunk=False
    )
    at = 0
    for block in found.get_matching_blocks():
        if block.size and block.b <= differs:
            at = block.a + min(differs - block.b, block.size)
    return Place.of(text, words[min(at, len(words) - 1)].start())
