"""Writes that a unique constraint may refuse."""

from sqlalchemy import Executable
from sqlalchemy.exc import DBAPIError

from lodestar.domain.refusals import Conflict
from lodestar.persistence.kernel.database import UNIQUE_VIOLATION, sqlstate
from lodestar.persistence.kernel.session import Session


def write_unique(session: Session, statement: Executable, sentence: str, code: str = "duplicate") -> int:
    """Run an INSERT or UPDATE that returns the id of its row.

    Raises:
        Conflict: another row has what has to be unique; `sentence` tells what to change.
    """
    try:
        return session.insert(statement)
    except DBAPIError as error:
        if sqlstate(error) == UNIQUE_VIOLATION:
            raise Conflict(sentence, code=code) from error
        raise
