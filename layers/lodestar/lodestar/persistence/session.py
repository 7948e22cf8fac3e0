"""A bound connection as the repositories use it: SQL with `:names`, rows as mappings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Executable, TextClause, text


@lru_cache(maxsize=256)
def _statement(sql: str) -> TextClause:
    return text(sql)


@dataclass(frozen=True, slots=True)
class Session:
    """A transaction and the company that it is bound to. Queries name the company as well (spec 6.1)."""

    connection: Connection
    company_id: int

    def rows(self, sql: str, **parameters: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 — any SQL value
        """All rows; `:company` is bound to the company."""
        result = self.connection.execute(_statement(sql), {"company": self.company_id, **parameters})
        return [dict(row) for row in result.mappings()]

    def row(self, sql: str, **parameters: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 — any SQL value
        """The first row, or None."""
        rows = self.rows(sql, **parameters)
        return rows[0] if rows else None

    def value(self, sql: str, **parameters: Any) -> Any:  # noqa: ANN401 — any SQL value
        """The first column of the first row, or None."""
        row = self.row(sql, **parameters)
        return None if row is None else next(iter(row.values()))

    def run(self, sql: str, **parameters: Any) -> int:  # noqa: ANN401 — any SQL value
        """Run a statement without an answer; how many rows it touched."""
        return self.connection.execute(_statement(sql), {"company": self.company_id, **parameters}).rowcount

    def insert(self, statement: Executable) -> int:
        """Run an `INSERT … RETURNING id` of SQLAlchemy Core."""
        return int(self.connection.execute(statement).scalar_one())


def array(values: Sequence[object]) -> str:
    """A Postgres array literal of one kind: numbers, or dates, instants and plain words; None is NULL.

    One text parameter that the server casts is several times cheaper than an array of parameters
    (spec 7.1).
    """
    sample = next((each for each in values if each is not None), None)
    if isinstance(sample, _NUMBERS):
        return "{" + ",".join(map(str, values)).replace("None", "NULL") + "}"
    return "{" + ",".join(["NULL" if each is None else _quoted(each) for each in values]) + "}"


_NUMBERS = (int, Decimal)


# Of thousands of rows, the same few dates and words: writing each once halves the cost of an array.
@lru_cache(maxsize=1024)
def _quoted(value: object) -> str:
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
