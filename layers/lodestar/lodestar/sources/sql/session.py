"""Layer 3, containment: under whose login a query runs, and inside of what.

Promises that a query sees the views of its company and nothing else, changes nothing, and is ended by the
server after some seconds. Made against `set_config` inside of a SELECT, which undoes what settings forbid but
not what a login may see; against statements that are stacked in one text, which the extended protocol
refuses; and against a setting that outlives its statement, which the rollback undoes.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pg8000.core import Context
from pg8000.exceptions import DatabaseError, InterfaceError

from lodestar.domain.refusals import Unavailable
from lodestar.persistence.kernel.connection import Address, OneTripConnection
from lodestar.persistence.kernel.time_limit import statement_seconds
from lodestar.sources.sql.budget import STATEMENT_SECONDS
from lodestar.sources.sql.rewrite import Statement

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

    def values(self, names: Sequence[str], subject: Mapping[str, object]) -> list[Any]:
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


@dataclass(frozen=True, slots=True)
class Session:
    """A connection under a company's own login, for as long as its block lasts."""

    connection: OneTripConnection
    bindings: Bindings

    def run(
        self, statement: Statement, subject: Mapping[str, object], seconds: float = STATEMENT_SECONDS
    ) -> Context:
        """One statement in a read-only transaction that is always rolled back: that undoes any setting.

        Raises:
            KeyError: a parameter without a value.
            DatabaseError: the server refuses it, or it takes longer than some seconds.
        """
        values = self.bindings.values(statement.parameters, subject)
        self._begin("begin read only", seconds)
        try:
            return self.connection.execute_unnamed(statement.sql, values)
        finally:
            self.connection.rollback()

    @contextmanager
    def reading(self) -> Iterator[OneTripConnection]:
        """A transaction, rolled back, in which the server reads statements as views and runs none of them."""
        self._begin("begin", STATEMENT_SECONDS)
        try:
            yield self.connection
        finally:
            self.connection.rollback()

    def _begin(self, begin: str, seconds: float) -> None:
        # Under what the function has, so that the server says that it took too long, and not the socket.
        milliseconds = int(1000 * min(seconds, statement_seconds())) or 1
        self.connection.defer(begin)
        self.connection.defer(_LIMITS, (str(self.bindings.company_id), str(milliseconds)))


@contextmanager
def session(login: Address, bindings: Bindings) -> Iterator[Session]:
    """A session under the login of a company.

    Raises:
        Unavailable: the sandbox takes no connection, or breaks it.
    """
    try:
        connection = OneTripConnection(login)
    except (DatabaseError, InterfaceError) as error:
        raise Unavailable("The company's sandbox takes no connection now.") from error
    try:
        yield Session(connection, bindings)
    except InterfaceError as error:
        raise Unavailable("The connection to the company's sandbox broke.") from error
    finally:
        connection.close()
