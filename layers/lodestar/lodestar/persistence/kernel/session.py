"""A bound connection as the stores use it: SQL with `:names`, rows as mappings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Executable, TextClause, text
from sqlalchemy.exc import DBAPIError

from lodestar.domain.refusals import Conflict
from lodestar.persistence.kernel.database import FOREIGN_KEY_VIOLATION, sqlstate


@lru_cache(maxsize=256)
def _statement(sql: str) -> TextClause:
    return text(sql)


@dataclass(frozen=True, slots=True)
class Session:
    """A transaction: the company that it is bound to, who acts in it, when, and for which request.

    Queries name the company as well, so that a fault in one of the two filters shows nothing.
    """

    connection: Connection
    company_id: int
    now: datetime
    actor_id: int | None = None
    request_id: str = ""

    def rows(self, sql: str, **parameters: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 — any SQL value
        """All rows; `:company` is bound to the company, `:now` to the instant."""
        result = self.connection.execute(_statement(sql), self._bound | parameters)
        return [dict(row) for row in result.mappings()]

    def row(self, sql: str, **parameters: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 — any SQL value
        """The first row, or None."""
        rows = self.rows(sql, **parameters)
        return rows[0] if rows else None

    def one(self, sql: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 — any SQL value
        """The row of a query that always gives one, such as an aggregate."""
        return self.rows(sql, **parameters)[0]

    def value(self, sql: str, **parameters: Any) -> Any:  # noqa: ANN401 — any SQL value
        """The first column of the first row, or None."""
        row = self.row(sql, **parameters)
        return None if row is None else next(iter(row.values()))

    def run(self, sql: str, **parameters: Any) -> int:  # noqa: ANN401 — any SQL value
        """Run a statement without an answer; how many rows it touched."""
        return self.connection.execute(_statement(sql), self._bound | parameters).rowcount

    def remove(self, sql: str, **parameters: Any) -> int:  # noqa: ANN401 — any SQL value
        """Run a DELETE; how many rows are gone.

        Raises:
            Conflict: rows of other tables refer to one of them.
        """
        try:
            return self.run(sql, **parameters)
        except DBAPIError as error:
            if sqlstate(error) == FOREIGN_KEY_VIOLATION:
                raise Conflict(
                    "Other rows refer to this one: delete them first.", code="still_used"
                ) from error
            raise

    def insert(self, statement: Executable) -> int:
        """Run an `INSERT … RETURNING id` of SQLAlchemy Core."""
        return int(self.connection.execute(statement).scalar_one())

    @property
    def _bound(self) -> dict[str, Any]:
        return {"company": self.company_id, "now": self.now}


class SqlStore:
    """What the stores of all rooms are made of: SQL over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
