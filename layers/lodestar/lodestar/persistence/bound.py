"""The way to a unit of work's connection, for those who read or write beside the repositories.

It imports no driver: whoever has a unit of work of this database has paid for that.
"""

from typing import TYPE_CHECKING, cast

from lodestar.application.ports import UnitOfWork

if TYPE_CHECKING:
    from lodestar.persistence.session import Session
    from lodestar.persistence.unit_of_work import DatabaseWork


def session_of(work: UnitOfWork) -> "Session":
    """The session of a unit of work on this database, bound to its company."""
    return cast("DatabaseWork", work).session
