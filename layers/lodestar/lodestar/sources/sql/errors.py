"""How admin SQL is refused, and how an error of the server is told without the data that it quotes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pg8000.exceptions import DatabaseError

from lodestar.domain.refusals import Detail, InvalidContent, Unavailable
from lodestar.domain.values import Failure


class QueryRefused(InvalidContent):
    """A query that may not run; `code` names the rule (`sql_…`), the sentence says what to change (422)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, [Detail("data_source.query", message)], code=f"sql_{code}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a text; the first line and the first column are 1."""

    line: int
    column: int

    @classmethod
    def of(cls, text: str, offset: int) -> Self:
        """The place of the character at an offset."""
        before = text[:offset]
        return cls(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


TIMEOUT = Failure("query_timeout", "The query takes longer than 5 seconds: narrow it by date and subject.")
SPENT = Failure(
    "query_timeout",
    "The queries of this KPI take longer than 10 seconds together: narrow them by date and subject.",
)
OUT_OF_RANGE = Failure("query_out_of_range", "The query gives a number that is too large.")
BROKEN = Failure("query_invalid", "The query does not fit the tables of the sandbox: mend it and save it.")
FAILED = Failure("query_failed", "The database refuses the query.")

MANY_ROWS = Failure("query_many_rows", "The query gives more than one row for a subject.")
_INVALID_TEXT = Failure("query_invalid_text", "The query casts a text that is not of that type.")
_BY_STATE: Mapping[str, Failure] = {
    "57014": TIMEOUT,
    "55P03": TIMEOUT,
    "22012": Failure("query_division_by_zero", "The query divides by zero: use NULLIF on the divisor."),
    "22P02": _INVALID_TEXT,
    "22007": _INVALID_TEXT,
    "22008": _INVALID_TEXT,
    "22003": OUT_OF_RANGE,
    "21000": MANY_ROWS,
}
_BY_CLASS: Mapping[str, Failure] = {"42": BROKEN}
_AWAY = ("08", "40", "53300", "57P")
_ABOUT_ROWS = ("21", "22")


def sqlstate(error: DatabaseError) -> str:
    """The five characters that class a server's error; empty when it did not say."""
    answer = error.args[0] if error.args else None
    return str(answer.get("C", "")) if isinstance(answer, dict) else ""


def position(error: DatabaseError) -> int | None:
    """The character of the statement, counted from 1, that a server's error is about, if it says so."""
    answer = error.args[0] if error.args else None
    return int(answer["P"]) if isinstance(answer, dict) and "P" in answer else None


def failure_of(error: DatabaseError) -> Failure:
    """The class of a server's error, never its text: Postgres quotes data there.

    Raises:
        Unavailable: nothing is wrong with the query; the server is leaving or full.
    """
    state = sqlstate(error)
    if state.startswith(_AWAY):
        raise Unavailable("The company's sandbox is away now.") from error
    return _BY_STATE.get(state) or _BY_CLASS.get(state[:2], FAILED)


def is_about_rows(error: DatabaseError) -> bool:
    """Whether other rows would make it succeed: what is wrong is a value, or how many rows there are."""
    return sqlstate(error).startswith(_ABOUT_ROWS)
