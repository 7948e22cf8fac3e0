"""The way to a unit of work's connection, for those who read or write beside the stores.

It imports no driver: whoever has a unit of work of this database has paid for that.
"""

from typing import TYPE_CHECKING, Protocol, cast

from lodestar.application.work import Work

if TYPE_CHECKING:
    from lodestar.persistence.kernel.session import Session


class _HasSession(Protocol):
    session: "Session"


def session_of(work: Work) -> "Session":
    """The session of a unit of work on this database, bound to its company."""
    return cast("_HasSession", work).session
