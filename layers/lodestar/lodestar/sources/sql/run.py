"""Running admin SQL: contained, read-only, timed, rolled back."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pg8000.core import Context
from pg8000.exceptions import DatabaseError, InterfaceError

from lodestar.domain.refusals import Unavailable
from lodestar.domain.values import Failure, NoData, Value
from lodestar.persistence.kernel.connection import Address, OneTripConnection
from lodestar.persistence.kernel.time_limit import statement_seconds
from lodestar.sources.sql.errors import (
    OUT_OF_RANGE,
    TIMEOUT,
    QueryRefused,
    failure_of,
    is_about_data,
)
from lodestar.sources.sql.rewrite import BatchQuery, Statement
from lodestar.sources.sql.server import check_on_server
from lodestar.sources.sql.tables import SANDBOX

MAX_VALUE = Decimal(10) ** 15
MAX_PLAN_COST = 5_000_000
"""Cost units of EXPLAIN: some tens of seconds on this schema, far over the statement timeout."""
STATEMENT_SECONDS = 5.0
MAX_TIMEOUTS = 6
"""Statements of 5 s that a batch may lose before its remaining users fail too: 30 s."""

NO_ROWS = NoData("no_rows")
MANY_ROWS = Failure("query_many_rows", "The query gives more than one row for a subject.")
NOT_A_NUMBER = Failure("query_not_a_number", "The query gives something that is not a finite number.")
OTHER_SUBJECT = Failure("query_not_about_subject", "The query is about another kind of subject: mend it.")

# No ids, but planned as some: for NULL, and for an empty period, every query would be for free.
_NOBODY: Mapping[str, object] = {"user_id": 0, "user_ids": [0], "team_id": 0}
_ALL_TIME = {"start_date": datetime(2000, 1, 1, tzinfo=UTC), "end_date": datetime(2100, 1, 1, tzinfo=UTC)}
_NUMERIC_OIDS = {20, 21, 23, 700, 701, 1700}
# A SELECT: with the first snapshot taken, nothing can make the transaction writable any more.
_LIMITS = (
    "select set_config('lodestar.company_id', $1, true), set_config('statement_timeout', $2, true), "
    "set_config('lock_timeout', '1s', true), set_config('work_mem', '16MB', true), "
    "set_config('timezone', 'UTC', true)"
)


@dataclass(frozen=True, slots=True)
class Bindings:
    """What is bound in every query: company, [start, end) as instants, the definition's own parameters."""

    company_id: int
    start: datetime
    end: datetime
    own: Mapping[str, Decimal | str]

    def values(self, names: Sequence[str], **subject: object) -> list[Any]:
        """The values of parameters in the order of their names.

        Raises:
            KeyError: a parameter that neither these bindings nor the subject have.
        """
        known: dict[str, object] = {
            **self.own,
            "company_id": self.company_id,
            "start_date": self.start,
            "end_date": self.end,
            **subject,
        }
        return [known[name] for name in names]


@dataclass(slots=True)
class _Batch:
    """A batch query on its connection, and how often it has run into the timeout."""

    connection: OneTripConnection
    query: BatchQuery
    timeouts: int = 0


class Sandbox:
    """Runs a company's checked queries under its own login, which sees its own views and nothing else."""

    def __init__(self, login: Address, bindings: Bindings, seconds: float = STATEMENT_SECONDS) -> None:
        self._login = login
        self._bindings = bindings
        self._seconds = seconds

    @property
    def _limits(self) -> tuple[str, str]:
        # Under what the function has, so that the server says that it took too long, and not the socket.
        seconds = min(self._seconds, statement_seconds())
        return str(self._bindings.company_id), str(int(1000 * seconds) or 1)

    def of_users(self, query: BatchQuery, user_ids: Sequence[int]) -> dict[int, Value]:
        """A value for each user in one statement; a user whose data breaks it is found and fails alone.

        Raises:
            Unavailable: the sandbox cannot be reached.
        """
        with self._connection() as connection:
            return self._bisected(_Batch(connection, query), list(user_ids))

    def of_one(self, statement: Statement, **subject: object) -> Value:
        """The value of one subject, bound as `team_id` or `user_id`; the company needs no binding.

        Raises:
            Unavailable: the sandbox cannot be reached.
        """
        with self._connection() as connection:
            try:
                return _single(self._run(connection, statement, **subject))
            except KeyError:
                return OTHER_SUBJECT
            except DatabaseError as error:
                return failure_of(error)

    def check(self, statement: Statement, tables: Collection[str] = SANDBOX) -> None:
        """Let the server read a statement, which it does not run, and look at what it made of it.

        `tables` are the names of what the sandbox offers.

        Raises:
            QueryRefused: the server refuses it, or reads something in it that no query may use.
            Unavailable: the sandbox cannot be reached.
        """
        with self._connection() as connection:
            connection.defer("begin")
            connection.defer(_LIMITS, self._limits)
            try:
                check_on_server(connection, statement, tables)
            except DatabaseError as error:
                raise QueryRefused("server_refused", failure_of(error).message) from error
            finally:
                connection.rollback()

    def dry_run(self, statement: Statement) -> None:
        """Plan and run a statement over nobody.

        Raises:
            QueryRefused: too expensive, not numeric, or refused by the server.
            Unavailable: the sandbox cannot be reached.
        """
        explain = Statement(f"explain (format json) {statement.sql}", statement.parameters)
        with self._connection() as connection:
            try:
                _check_cost(self._run(connection, explain, **_NOBODY, **_ALL_TIME).rows[0][0])
                _check_type(self._run(connection, statement, **_NOBODY).columns)
            except DatabaseError as error:
                failure = failure_of(error)
                if failure is TIMEOUT or not is_about_data(error):
                    raise QueryRefused("server_refused", failure.message) from error

    def _bisected(self, batch: _Batch, user_ids: list[int]) -> dict[int, Value]:
        """Halves of a failing batch until the users who break it are alone."""
        if batch.timeouts >= MAX_TIMEOUTS:
            return dict.fromkeys(user_ids, TIMEOUT)
        try:
            return self._values(batch, user_ids)
        except KeyError:
            return dict.fromkeys(user_ids, OTHER_SUBJECT)
        except DatabaseError as error:
            failure = failure_of(error)
            batch.timeouts += failure is TIMEOUT
            if len(user_ids) == 1 or not is_about_data(error):
                return dict.fromkeys(user_ids, failure)
        half = len(user_ids) // 2
        return self._bisected(batch, user_ids[:half]) | self._bisected(batch, user_ids[half:])

    def _values(self, batch: _Batch, user_ids: list[int]) -> dict[int, Value]:
        context = self._run(batch.connection, batch.query.many, user_ids=user_ids)
        found: dict[int, Value] = {}
        for user_id, raw in context.rows:
            found[user_id] = MANY_ROWS if user_id in found else _value(raw)
        missing = [user_id for user_id in user_ids if user_id not in found]
        if missing and batch.query.empty is not None:
            found |= dict.fromkeys(missing, self._without_rows(batch.connection, batch.query.empty))
        return {user_id: found[user_id] for user_id in user_ids}

    def _without_rows(self, connection: OneTripConnection, empty: Statement) -> Value:
        """That dividing by no rows fails is the value of those who have none, and nobody else's."""
        try:
            return _single(self._run(connection, empty))
        except DatabaseError as error:
            return failure_of(error)

    def _run(self, connection: OneTripConnection, statement: Statement, **subject: object) -> Context:
        """One statement in a read-only transaction that is always rolled back: that undoes any setting."""
        values = self._bindings.values(statement.parameters, **subject)
        connection.defer("begin read only")
        connection.defer(_LIMITS, self._limits)
        try:
            return connection.execute_unnamed(statement.sql, values)
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
        return NOT_A_NUMBER
    # 15 digits are what Postgres keeps of a double when it casts it to numeric.
    value = Decimal(f"{raw:.15g}") if isinstance(raw, float) else Decimal(raw)
    if not value.is_finite():
        return NOT_A_NUMBER
    return value if abs(value) < MAX_VALUE else OUT_OF_RANGE


def _single(context: Context) -> Value:
    if len(context.rows) > 1:
        return MANY_ROWS
    return _value(context.rows[0][0]) if context.rows else NO_ROWS


def _check_cost(plan: Any) -> None:  # noqa: ANN401 — EXPLAIN's JSON
    parsed = plan if isinstance(plan, list) else json.loads(plan)
    if parsed[0]["Plan"]["Total Cost"] > MAX_PLAN_COST:
        raise QueryRefused("too_expensive", "The query would take too long: narrow it by date and subject.")


def _check_type(columns: Sequence[Mapping[str, Any]]) -> None:
    if columns[-1]["type_oid"] not in _NUMERIC_OIDS:
        raise QueryRefused("not_numeric", "The query must give a number: cast it to numeric.")
