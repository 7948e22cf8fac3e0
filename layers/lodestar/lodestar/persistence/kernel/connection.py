"""A pg8000 connection that spends one network round trip on a statement instead of three or more.

Stock pg8000 sends Parse, Describe and Execute each on their own and opens every transaction with a
statement of its own. Here they leave in one flush, and what opens a transaction (`begin`, the binding to
a company) waits to leave together with the transaction's first statement.

This is the only module that touches pg8000's inner methods. pyproject pins the version, and
tests/integration/test_connection.py holds this class to the stock driver's answers.
"""

import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from math import inf
from typing import Any

from pg8000 import dbapi
from pg8000.core import DESCRIBE, NULL_BYTE, PORTAL, SYNC_MSG, Context, _flush, _write, make_params
from pg8000.exceptions import InterfaceError

from lodestar.persistence.kernel.time_limit import is_limited, seconds_left, statement_seconds

CONNECT_SECONDS = 4.0
"""Under the 5 s in which the API answers 503 when the database is away."""
GRACE_SECONDS = 0.5
"""How much longer the client waits than the server may work on a statement.

A server that lives ends the statement itself and says so; one that is silent even then counts as gone. So no
statement goes on, and holds its locks, after its client has given it up.
"""

# The limits of a transaction: of its next statement, and of the time that its client may leave it alone.
_LIMITS = """select set_config('statement_timeout', $1, true),
  set_config('idle_in_transaction_session_timeout', $2, true)"""

_OID_DATE, _OID_TIMESTAMPTZ = 1082, 1184


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database listens and who logs in there."""

    host: str
    port: int
    database: str
    user: str
    password: str


class OneTripCursor(dbapi.Cursor):  # type: ignore[misc]  # pg8000 publishes no types
    """A DB-API cursor for statements with `$1` placeholders: nothing is parsed or rewritten here."""

    def execute(self, operation: str, args: Sequence[Any] = (), stream: object = None) -> "OneTripCursor":
        """Run one statement; a transaction is opened first unless one is open or autocommit is on."""
        connection = self._c
        if not connection.autocommit and not connection._in_transaction:
            connection.defer("begin")
        connection.tell_limits()
        self._context = connection.execute_unnamed(operation, args, stream=stream)
        self._row_iter = None if self._context.rows is None else iter(self._context.rows)
        return self


class OneTripConnection(dbapi.Connection):  # type: ignore[misc]  # pg8000 publishes no types
    """A connection that flushes deferred statements, the statement and its commit together."""

    _sock: Any

    def __init__(self, address: Address, *, ssl_context: object = False) -> None:
        """Connect to `address`.

        Raises:
            pg8000.exceptions.InterfaceError: nobody answers there within CONNECT_SECONDS.
            pg8000.exceptions.DatabaseError: the login is refused.
        """
        self._deferred: list[tuple[str, Sequence[Any]]] = []
        self._commit_next = False
        self.has_sent_commit = False
        self._is_broken = False
        self._told = inf
        try:
            seconds = min(CONNECT_SECONDS, seconds_left())
            sock = socket.create_connection((address.host, address.port), seconds)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else small writes wait 40 ms
            super().__init__(
                address.user,
                host=address.host,
                database=address.database,
                password=address.password,
                sock=sock,
                ssl_context=ssl_context,
            )
        except OSError as error:  # refused, or accepted and then silent
            raise InterfaceError("network error") from error
        self.register_in_adapter(_OID_TIMESTAMPTZ, datetime.fromisoformat)
        self.register_in_adapter(_OID_DATE, date.fromisoformat)

    def cursor(self) -> OneTripCursor:
        """A new cursor on this connection."""
        return OneTripCursor(self)

    @property
    def _in_transaction(self) -> bool:
        return bool(self._deferred) or bool(super()._in_transaction)

    def defer(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Let `statement` leave together with the next one; its rows are dropped."""
        if statement.startswith("begin"):
            self._told = inf
        self._deferred.append((statement, values))

    def tell_limits(self) -> None:
        """Let the server know how long the next statement may take, unless it was told the same before."""
        seconds = statement_seconds()
        if is_limited() and seconds != self._told:
            self._told = seconds
            limits = seconds, seconds_left() + GRACE_SECONDS
            self.defer(_LIMITS, [str(int(1000 * limit) or 1) for limit in limits])

    def commit_with_next(self) -> None:
        """Let a commit leave together with the next statement: a read ends in the trip that it takes."""
        self._commit_next = True

    def execute_unnamed(
        self, statement: str, vals: Sequence[Any] = (), oids: Sequence[int] = (), stream: object = None
    ) -> Context:
        """Run `statement` behind everything deferred, in one round trip.

        Raises:
            pg8000.exceptions.DatabaseError: the first error of any statement in the flush.
        """
        context = Context(statement, stream=stream)
        pipeline = [*(Context(text) for text, _ in self._deferred), context]
        flight = [*((text, values, ()) for text, values in self._deferred), (statement, vals, oids)]
        if self._commit_next:
            pipeline.append(Context("commit"))
            flight.append(("commit", (), ()))
        self.has_sent_commit |= flight[-1][0] == "commit"
        try:
            self._send(flight)
            self._deferred, self._commit_next = [], False
            self._receive(pipeline)
        except InterfaceError:
            self._is_broken = True
            raise
        return context

    def commit(self) -> None:
        """Commit what was sent; what was only deferred never happened."""
        self._deferred = []
        if self._in_transaction:
            self.execute_unnamed("commit")

    def rollback(self) -> None:
        """Roll back what was sent; what was only deferred never happened."""
        self._deferred = []
        self._commit_next = False
        super().rollback()

    def close(self) -> None:
        """Close the connection; that its server is gone already is no error."""
        file = self._sock
        if file is None:
            raise InterfaceError("connection is closed")
        if self._is_broken:  # else a farewell would wait for a server that is silent
            with suppress(OSError):
                self._usock.shutdown(socket.SHUT_RDWR)
        with suppress(InterfaceError):
            super().close()
        with suppress(OSError):
            file.close()  # the file holds the socket, and would send what is left when it is collected

    def _send(self, flight: list[tuple[str, Sequence[Any], Sequence[int]]]) -> None:
        """Write all statements or none: a value that cannot be encoded must not leave half of them."""
        if self._sock is None:
            raise InterfaceError("connection is closed")
        self._usock.settimeout(statement_seconds() + GRACE_SECONDS)
        wire, self._sock = self._sock, BytesIO()
        try:
            for statement, values, oids in flight:
                self._write_statement(statement, values, oids)
            message = self._sock.getvalue()
        finally:
            self._sock = wire
        _write(wire, message)
        _flush(wire)

    def _write_statement(self, statement: str, values: Sequence[Any], oids: Sequence[int]) -> None:
        self.send_PARSE(NULL_BYTE, statement, oids)
        self.send_BIND(NULL_BYTE, make_params(self.py_types, values))
        self._send_message(DESCRIBE, PORTAL + NULL_BYTE)
        self.send_EXECUTE()
        _write(self._sock, SYNC_MSG)

    def _receive(self, pipeline: list[Context]) -> None:
        """Read each answer to its end: an unread answer would be taken for the next one's."""
        failed: Exception | None = None
        for context in pipeline:
            try:
                self._read_answer(context)
            except OSError as error:
                raise InterfaceError("network error") from error
            except dbapi.Error as error:
                if error is not context.error:
                    raise  # not the server's answer but a broken connection: nothing more will come
                failed = failed or error
            except _UnreadableValue as error:
                failed = failed or error.reason
        if failed is not None:
            raise failed

    def _read_answer(self, context: Context) -> None:
        """Read an answer to its end, even if some of its values cannot be read: then tell so."""
        unreadable: Exception | None = None
        while True:
            try:
                self.handle_messages(context)  # goes on behind the row that it could not read
            except (OSError, dbapi.Error):
                raise
            except Exception as error:  # noqa: BLE001 — whatever a value's adapter may raise
                unreadable = unreadable or error
            else:
                break
        if unreadable is not None:
            raise _UnreadableValue(unreadable)


class _UnreadableValue(Exception):
    """A value in an answer that no adapter takes, for the reason given."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason
