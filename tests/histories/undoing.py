"""A database in which many histories begin at the same point: each is undone when it has been told."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from pg8000.core import DESCRIBE, NULL_BYTE, PORTAL, SYNC_MSG, _write, make_params
from sqlalchemy import Engine, create_engine

from lodestar.persistence.kernel.connection import Address, OneTripConnection
from lodestar.wire.exact_json import to_json

_SAVEPOINTS = {"begin": "savepoint work", "commit": "release savepoint work"}


class UndoableConnection(OneTripConnection):
    """A connection whose transactions can be made parts of one that is undone in the end.

    It also lets the server plan each statement once: a history has hundreds of few kinds, whose planning
    takes most of its time.
    """

    def __init__(self, address: Address) -> None:
        self._is_inside = self._is_open = False
        self._names: dict[str, bytes] = {}
        self._new_names: list[str] = []
        self._numbers = count(1)
        super().__init__(address)
        self.execute_unnamed("set plan_cache_mode = force_generic_plan")

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is committed in the block is there for all that follows in it, and gone behind it."""
        self.execute_unnamed("begin")
        self._is_inside = True
        try:
            yield
        finally:
            self._is_inside = self._is_open = False
            self.execute_unnamed("rollback")

    @property
    def _in_transaction(self) -> bool:
        return (bool(self._deferred) or self._is_open) if self._is_inside else bool(super()._in_transaction)

    def execute_unnamed(self, statement: str, *arguments: Any, **named: Any) -> Any:
        begins = [text for text, _ in self._deferred] + [statement]
        is_open = self._is_open or "begin" in begins
        ends = statement == "commit" or self._commit_next
        try:
            context = super().execute_unnamed(statement, *arguments, **named)
        except Exception:
            self._is_open = is_open  # it is to be rolled back
            for text in self._new_names:
                del self._names[text]  # who knows which of them the server has read
            raise
        finally:
            self._new_names.clear()
        self._is_open = is_open and not ends
        return context

    def rollback(self) -> None:
        if not self._is_inside:
            super().rollback()
            return
        self._deferred, self._commit_next = [], False
        if self._is_open:
            self.defer("rollback to savepoint work")
            self.execute_unnamed("commit")

    def _write_statement(self, statement: str, values: Sequence[Any], oids: Sequence[int]) -> None:
        if self._is_inside:
            statement = _SAVEPOINTS.get(statement, statement)
        name = self._names.get(statement)
        if name is None:
            name = self._names[statement] = b"s%d\x00" % next(self._numbers)
            self._new_names.append(statement)
            self.send_PARSE(name, statement, oids)
        self.send_BIND(name, make_params(self.py_types, values))
        self._send_message(DESCRIBE, PORTAL + NULL_BYTE)
        self.send_EXECUTE()
        _write(self._sock, SYNC_MSG)


def undoable_engine(address: Callable[[], Address]) -> Engine:
    """An engine with one connection of that kind."""
    return create_engine(
        "postgresql+pg8000://",
        creator=lambda: UndoableConnection(address()),
        paramstyle="numeric_dollar",
        pool_size=1,
        max_overflow=0,
        json_serializer=to_json,
    )
