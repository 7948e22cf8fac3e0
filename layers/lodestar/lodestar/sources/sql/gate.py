"""When a query is saved: everything that only the server can tell of it, in the company's own sandbox.

Promises that what passes is read by the server as it was written (meaning.py), is made of what is allowed
(server.py), is no more expensive for anybody than it may be (plan.py), and gives a number; all of it within
the time that the queries of one definition have together.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from pg8000.core import Context
from pg8000.exceptions import DatabaseError

from lodestar.persistence.kernel.connection import Address, OneTripConnection
from lodestar.sources.sql.budget import Budget
from lodestar.sources.sql.check import CheckedQuery
from lodestar.sources.sql.errors import SPENT, TIMEOUT, QueryRefused, failure_of, is_about_rows
from lodestar.sources.sql.meaning import check_meaning
from lodestar.sources.sql.plan import SAMPLE, busiest, check_cost, explained
from lodestar.sources.sql.rewrite import Statement, batched, single
from lodestar.sources.sql.server import check_on_server
from lodestar.sources.sql.session import Bindings, Session, session
from lodestar.sources.sql.tables import SANDBOX, Tables

_COUNTING_SECONDS = 1.0
_NOBODY: Mapping[str, object] = {"user_id": 0, "user_ids": [0], "team_id": 0}
# Of an empty period every plan would be for free.
_ALL_TIME = {"start_date": datetime(2000, 1, 1, tzinfo=UTC), "end_date": datetime(2100, 1, 1, tzinfo=UTC)}
_NUMERIC_OIDS = {20, 21, 23, 700, 701, 1700}


class Gate:
    """Checks queries of a company under its own login, before they are saved."""

    def __init__(self, login: Address, bindings: Bindings, budget: Budget | None = None) -> None:
        """`budget` is what the query shares with others of its definition."""
        self._login = login
        self._bindings = bindings
        self._budget = budget or Budget()

    def check(self, query: CheckedQuery, tables: Tables = SANDBOX) -> None:
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
        self.check_plan(query, shapes, tables)
        for shape in shapes:
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

    def check_plan(
        self, query: CheckedQuery, statements: Iterable[Statement], tables: Tables = SANDBOX
    ) -> None:
        """Judge statements of a query by their plans for the person, and the team, with the most rows.

        Raises:
            QueryRefused: too expensive, or refused by the server.
            Unavailable: the sandbox cannot be reached.
        """
        with session(self._login, self._bindings) as opened:
            user_id, team_id = (self._busiest(opened, query, tables, name) for name in ("user_id", "team_id"))
            subject = {"user_id": user_id, "user_ids": [user_id], "team_id": team_id, **_ALL_TIME}
            for statement in statements:
                context = self._judged(opened, explained(statement), subject)
                if context is not None:
                    check_cost(context.rows[0][0])

    def dry_run(self, statement: Statement) -> None:
        """Run a statement over nobody.

        Raises:
            QueryRefused: not numeric, too slow, or refused by the server.
            Unavailable: the sandbox cannot be reached.
        """
        with session(self._login, self._bindings) as opened:
            context = self._judged(opened, statement, _NOBODY)
            if context is not None:
                _check_type(context.columns)

    def _busiest(self, opened: Session, query: CheckedQuery, tables: Tables, name: str) -> int:
        """Who has the most rows, by a sample where counting takes too long; 0 where nobody has any."""
        statements = [busiest(query, tables, name, limit) for limit in (None, SAMPLE)]
        for statement in statements if name in query.parameters else ():
            with suppress(DatabaseError), self._budget.spending():
                found = opened.run(statement, {}, _COUNTING_SECONDS).rows if statement else []
                return int(found[0][0]) if found else 0
        return 0

    def _judged(self, opened: Session, statement: Statement, subject: Mapping[str, object]) -> Context | None:
        """What the server answers; None where only some rows are at fault, and others would do."""
        if self._budget.is_spent:
            raise QueryRefused("too_expensive", SPENT.message)
        try:
            with self._budget.spending():
                return opened.run(statement, subject, self._budget.of_statement(is_search=False))
        except DatabaseError as error:
            failure = failure_of(error)
            if failure is TIMEOUT or not is_about_rows(error):
                raise QueryRefused("server_refused", failure.message) from error
            return None

    @contextmanager
    def _reading(self) -> Iterator[OneTripConnection]:
        with session(self._login, self._bindings) as opened:
            try:
                with opened.reading() as connection:
                    yield connection
            except DatabaseError as error:
                raise QueryRefused("server_refused", failure_of(error).message) from error


def _check_type(columns: Sequence[Mapping[str, Any]]) -> None:
    if columns[-1]["type_oid"] not in _NUMERIC_OIDS:
        raise QueryRefused("not_numeric", "The query must give a number: cast it to numeric.")
