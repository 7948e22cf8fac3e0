"""The engine: one pooled connection, SQLAlchemy Core on the one-trip driver."""

from collections.abc import Callable
from typing import Any

from pg8000 import dbapi
from sqlalchemy import Engine, NullPool, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

from lodestar.persistence.kernel.connection import Address, OneTripConnection
from lodestar.wire.exact_json import to_json

# The server goes, starts or is unreachable; has no connection left; or its password is being rotated.
_BROKEN_CONNECTION = ("57P01", "57P02", "57P03", "08", "53300", "28P01")
_SERIALISATION = ("40001", "40P01")
_STATEMENT_TIMEOUT = "57014"
UNIQUE_VIOLATION = "23505"
FOREIGN_KEY_VIOLATION = "23503"


def make_engine(address: Callable[[], Address], *, ssl_context: object = False) -> Engine:
    """An engine that connects when first used; a function environment needs exactly one connection."""
    engine = create_engine(
        "postgresql+pg8000://",
        creator=lambda: OneTripConnection(address(), ssl_context=ssl_context),
        paramstyle="numeric_dollar",
        pool_size=1,
        max_overflow=0,
        pool_timeout=5,
        # The first statement of a transaction is the ping: see UnitOfWork.
        pool_pre_ping=False,
        json_serializer=to_json,
    )
    event.listen(engine, "handle_error", _forget_broken_connections)
    return engine


def make_owner_engine(address: Callable[[], Address], *, ssl_context: object = False) -> Engine:
    """An engine for migrations: the stock driver, which takes several statements at once, and no pool."""

    def connect() -> object:
        to = address()
        return dbapi.connect(
            to.user,
            host=to.host,
            port=to.port,
            database=to.database,
            password=to.password,
            ssl_context=ssl_context,
        )

    return create_engine("postgresql+pg8000://", creator=connect, poolclass=NullPool)


def sqlstate(error: BaseException) -> str:
    """The five-character SQLSTATE of a database error; '08006' for a broken connection; '' for none."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if cause is not None and type(cause).__name__ == "InterfaceError":
        return "08006"
    answer: Any = cause.args[0] if cause is not None and cause.args else None
    return str(answer.get("C", "")) if isinstance(answer, dict) else ""


def constraint(error: BaseException) -> str:
    """The name of the constraint that a database error broke, or ''."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    answer: Any = cause.args[0] if cause is not None and cause.args else None
    return str(answer.get("n", "")) if isinstance(answer, dict) else ""


def is_connection_lost(error: BaseException) -> bool:
    """Whether the database went away, so that a new connection is needed."""
    return sqlstate(error).startswith(_BROKEN_CONNECTION)


def is_out_of_time(error: BaseException) -> bool:
    """Whether a statement took longer than it may."""
    return sqlstate(error) == _STATEMENT_TIMEOUT


def is_worth_a_retry(error: BaseException) -> bool:
    """Whether the same transaction may succeed when it is run again at once."""
    return sqlstate(error).startswith(_SERIALISATION)


def _forget_broken_connections(context: ExceptionContext) -> None:
    if is_connection_lost(context.original_exception):
        context.is_disconnect = True
