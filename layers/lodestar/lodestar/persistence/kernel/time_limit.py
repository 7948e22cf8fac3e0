"""How long whoever works now may wait for the database: a function tells it at the start of each invocation.

The limit is of the whole invocation and not of one unit of work: it holds for every connection that is
opened or used meanwhile, and for every statement on it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf
from time import monotonic

LONGEST_STATEMENT = 60.0
"""Seconds for one statement where nothing else is said."""
_LEAST = 0.001
"""Postgres counts in milliseconds, and 0 would be no limit."""


@dataclass(frozen=True, slots=True)
class _Limit:
    ends: float
    statement: float


_limit: ContextVar[_Limit | None] = ContextVar("time_limit", default=None)


@contextmanager
def time_limit(seconds: float, statement: float = LONGEST_STATEMENT) -> Iterator[None]:
    """Within the block the database is waited for `seconds` in all, and `statement` for one statement."""
    token = _limit.set(_Limit(monotonic() + seconds, statement))
    try:
        yield
    finally:
        _limit.reset(token)


def is_limited() -> bool:
    """Whether there is a limit now."""
    return _limit.get() is not None


def seconds_left() -> float:
    """Until the limit; infinite where there is none."""
    limit = _limit.get()
    return inf if limit is None else max(limit.ends - monotonic(), _LEAST)


def statement_seconds() -> float:
    """How long a statement that begins now may take."""
    limit = _limit.get()
    return LONGEST_STATEMENT if limit is None else min(limit.statement, seconds_left())
