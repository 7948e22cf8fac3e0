"""When a query is saved: everything that only the server can tell of it, in the company's own sandbox.

Promises that what passes is read by the server as it was written (meaning.py), is made of what is allowed
(server.py), is no more expensive than it may be, and gives a number.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from pg8000.exceptions import DatabaseError

from lodestar.persistence.kernel.connection import Address, OneTripConnection
from lodestar.sources.sql.check import CheckedQuery
from lodestar.sources.sql.errors import TIMEOUT, QueryRefused, failure_of, is_about_data
from lodestar.sources.sql.meaning import check_meaning
from lodestar.sources.sql.rewrite import Statement, batched, single
from lodestar.sources.sql.server import check_on_server
from lodestar.sources.sql.session import Bindings, session
from lodestar.sources.sql.tables import SANDBOX

MAX_PLAN_COST = 5_000_000
"""Cost units of EXPLAIN: some tens of seconds on this schema, far over the statement timeout."""

# No ids, but planned as some: for NULL, and for an empty period, every query would be for free.
_NOBODY: Mapping[str, object] = {"user_id": 0, "user_ids": [0], "team_id": 0}
_ALL_TIME = {"start_date": datetime(2000, 1, 1, tzinfo=UTC), "end_date": datetime(2100, 1, 1, tzinfo=UTC)}
_NUMERIC_OIDS = {20, 21, 23, 700, 701, 1700}


class Gate:
    """Checks queries of a company under its own login, before they are saved."""

    def __init__(self, login: Address, bindings: Bindings) -> None:
        self._login = login
        self._bindings = bindings

    def check(self, query: CheckedQuery, tables: Collection[str] = SANDBOX) -> None:
        """Everything below, of a query that passed layer 1; `tables` are what the sandbox offers.

        Raises:
            QueryRefused: the rule that it breaks.
            Unavailable: the sandbox cannot be reached.
        """
        shapes = [single(query)]
        if "user_id" in query.parameters:
            shapes.append(batched(query).many)  # the server may read the shape for many users otherwise
        self.check_meaning(query)
        for shape in shapes:
            self.check_tree(shape, tables)
            self.dry_run(shape)

    def check_meaning(self, query: CheckedQuery) -> None:
        """Let the server read the admin's text and the one that would run, and compare.

        Raises:
            QueryRefused: it cannot read the first, or reads another query in the second.
            Unavailable: the sandbox cannot be reached.
        """
        with self._reading() as connection:
            check_meaning(connection, query)

    def check_tree(self, statement: Statement, tables: Collection[str] = SANDBOX) -> None:
        """Let the server read a statement, which it does not run, and look at what it made of it.

        Raises:
            QueryRefused: the server refuses it, or reads something in it that no query may use.
            Unavailable: the sandbox cannot be reached.
        """
        with self._reading() as connection:
            check_on_server(connection, statement, tables)

    def dry_run(self, statement: Statement) -> None:
        """Plan and run a statement over nobody.

        Raises:
            QueryRefused: too expensive, not numeric, or refused by the server.
            Unavailable: the sandbox cannot be reached.
        """
        explain = Statement(f"explain (format json) {statement.sql}", statement.parameters)
        with session(self._login, self._bindings) as opened:
            try:
                _check_cost(opened.run(explain, {**_NOBODY, **_ALL_TIME}).rows[0][0])
                _check_type(opened.run(statement, _NOBODY).columns)
            except DatabaseError as error:
                failure = failure_of(error)
                if failure is TIMEOUT or not is_about_data(error):
                    raise QueryRefused("server_refused", failure.message) from error

    @contextmanager
    def _reading(self) -> Iterator[OneTripConnection]:
        with session(self._login, self._bindings) as opened:
            try:
                with opened.reading() as connection:
                    yield connection
            except DatabaseError as error:
                raise QueryRefused("server_refused", failure_of(error).message) from error


def _check_cost(plan: Any) -> None:  # noqa: ANN401 — EXPLAIN's JSON
    parsed = plan if isinstance(plan, list) else json.loads(plan)
    if parsed[0]["Plan"]["Total Cost"] > MAX_PLAN_COST:
        raise QueryRefused("too_expensive", "The query would take too long: narrow it by date and subject.")


def _check_type(columns: Sequence[Mapping[str, Any]]) -> None:
    if columns[-1]["type_oid"] not in _NUMERIC_OIDS:
        raise QueryRefused("not_numeric", "The query must give a number: cast it to numeric.")
