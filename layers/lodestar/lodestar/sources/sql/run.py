"""Running admin SQL: contained, read-only, timed, rolled back (spec 6.2, layers 3 and 4)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pg8000.core import Context
from pg8000.exceptions import DatabaseError, InterfaceError

from lodestar.domain.errors import Unavailable
from lodestar.domain.values import Failure, NoData, Value
from lodestar.persistence.connection import Address, OneTripConnection
from lodestar.sources.sql.check import QueryRefused
from lodestar.sources.sql.rewrite import BatchQuery, Statement

LARGEST = Decimal(10) ** 15
MOST_COST = 5_000_000
"""Cost units of EXPLAIN: some tens of seconds on this schema, far over the statement timeout."""

NO_ROWS = NoData("no_rows")
MANY_ROWS = Failure("query_many_rows", "The query gives more than one row for a subject.")

_NUMERIC_OIDS = {20, 21, 23, 700, 701, 1700}
_LIMITS = (
    "select set_config('lodestar.company_id', $1, true), set_config('statement_timeout', '5s', true), "
    "set_config('lock_timeout', '1s', true), set_config('work_mem', '16MB', true)"
)
_REASONS = {
    "57014": Failure("query_timeout", "The query takes longer than 5 seconds: make it simpler."),
    "22012": Failure("query_division_by_zero", "The query divides by zero: use NULLIF on the divisor."),
    "22P02": Failure("query_invalid_text", "The query casts a text that is not of that type."),
    "22007": Failure("query_invalid_text", "The query casts a text that is not a date."),
    "22003": Failure("query_out_of_range", "The query gives a number that is too large."),
}
_FAILED = Failure("query_failed", "The database refuses the query.")


@dataclass(frozen=True, slots=True)
class Bindings:
    """What is bound in every query: company, [start, end) as instants, the definition's own parameters."""

    company_id: int
    start: datetime
    end: datetime
    own: Mapping[str, Decimal | str]

    def values(self, names: Sequence[str], **subject: object) -> list[Any]:
        """The values of parameters in the order of their names."""
        known: dict[str, object] = {
            **{name: str(value) for name, value in self.own.items()},
            "company_id": self.company_id,
            "start_date": self.start,
            "end_date": self.end,
            **subject,
        }
        return [known.get(name) for name in names]


class Sandbox:
    """Runs a company's checked queries under its own login, which sees its own views and nothing else."""

    def __init__(self, login: Address, bindings: Bindings) -> None:
        self._login = login
        self._bindings = bindings

    def of_users(self, query: BatchQuery, user_ids: Sequence[int]) -> dict[int, Value]:
        """A value for each user in one statement; a user whose data breaks it is found and fails alone."""
        with self._connection() as connection:
            return self._bisected(connection, query, list(user_ids))

    def of_one(self, statement: Statement, **subject: object) -> Value:
        """The value of one subject, bound as `team_id` or `company_id`."""
        with self._connection() as connection:
            try:
                rows = self._rows(connection, statement, **subject)
            except DatabaseError as error:
                return _failure(error)
            return _single([row[0] for row in rows])

    def dry_run(self, statement: Statement) -> None:
        """Plan and run a statement over nobody.

        Raises:
            QueryRefused: too expensive, not numeric, or refused by the server.
        """
        with self._connection() as connection:
            try:
                explain = Statement(f"EXPLAIN (FORMAT JSON) {statement.sql}", statement.parameters)
                plan = self._run(connection, explain)
                _check_cost(plan.rows[0][0])
                _check_type(self._run(connection, statement).columns)
            except DatabaseError as error:
                if not _is_about_data(error):
                    raise QueryRefused("server_refused", _failure(error).message) from error

    def _bisected(
        self, connection: OneTripConnection, query: BatchQuery, user_ids: list[int]
    ) -> dict[int, Value]:
        try:
            return self._batch(connection, query, user_ids)
        except DatabaseError as error:
            if len(user_ids) == 1 or not _is_about_data(error):
                return dict.fromkeys(user_ids, _failure(error))
        half = len(user_ids) // 2
        first = self._bisected(connection, query, user_ids[:half])
        return first | self._bisected(connection, query, user_ids[half:])

    def _batch(
        self, connection: OneTripConnection, query: BatchQuery, user_ids: list[int]
    ) -> dict[int, Value]:
        found: dict[int, Value] = {}
        for user_id, raw in self._rows(connection, query.many, user_ids=user_ids):
            found[user_id] = MANY_ROWS if user_id in found else _value(raw)
        missing = [each for each in user_ids if each not in found]
        if missing and query.empty is not None:
            rows = self._rows(connection, query.empty)
            found |= dict.fromkeys(missing, _single([row[0] for row in rows]))
        return {each: found.get(each, NO_ROWS) for each in user_ids}

    def _rows(
        self, connection: OneTripConnection, statement: Statement, **subject: object
    ) -> list[Sequence[Any]]:
        return list(self._run(connection, statement, **subject).rows or ())

    def _run(self, connection: OneTripConnection, statement: Statement, **subject: object) -> Context:
        """One statement in a read-only transaction that is always rolled back: that undoes any setting."""
        connection.defer("begin read only")
        connection.defer(_LIMITS, (str(self._bindings.company_id),))
        try:
            return connection.execute_unnamed(
                statement.sql, self._bindings.values(statement.parameters, **subject)
            )
        finally:
            connection.rollback()

    @contextmanager
    def _connection(self) -> Iterator[OneTripConnection]:
        try:
            connection = OneTripConnection(self._login)
        except (DatabaseError, InterfaceError) as error:
            raise Unavailable("The company's sandbox takes no connection now.") from error
        try:
            yield connection
        except InterfaceError as error:
            raise Unavailable("The connection to the company's sandbox broke.") from error
        finally:
            connection.close()


def _value(raw: Any) -> Value:  # noqa: ANN401 — whatever the driver decodes
    if raw is None:
        return NO_ROWS
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return Failure("query_not_a_number", "The query gives something that is not a number.")
    value = Decimal(str(raw))
    if not value.is_finite():
        return Failure("query_not_a_number", "The query gives NaN or infinity.")
    return value if abs(value) < LARGEST else _REASONS["22003"]


def _single(values: Sequence[Any]) -> Value:
    if len(values) > 1:
        return MANY_ROWS
    return _value(values[0]) if values else NO_ROWS


def _sqlstate(error: DatabaseError) -> str:
    answer = error.args[0] if error.args else None
    return str(answer.get("C", "")) if isinstance(answer, dict) else ""


def _is_about_data(error: DatabaseError) -> bool:
    return _sqlstate(error).startswith("22")


def _failure(error: DatabaseError) -> Failure:
    """The class of a server error; never its text, which quotes data."""
    return _REASONS.get(_sqlstate(error), _FAILED)


def _check_cost(plan: Any) -> None:  # noqa: ANN401 — EXPLAIN's JSON
    parsed = plan if isinstance(plan, list) else json.loads(plan)
    if parsed[0]["Plan"]["Total Cost"] > MOST_COST:
        raise QueryRefused("too_expensive", "The query would take too long: narrow it by date and subject.")


def _check_type(columns: Sequence[Mapping[str, Any]]) -> None:
    if columns[-1]["type_oid"] not in _NUMERIC_OIDS:
        raise QueryRefused("not_numeric", "The query must give a number: cast it to numeric.")
