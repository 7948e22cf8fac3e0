"""A view that the database has already written as JSON text; it is passed on without decoding."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Json[View]:
    """JSON text of the shape of `View`. A row of text costs Python far less than its cells.

    `state`: what a read gives of the same, where the text also tells of the call; its ETag is of that.
    """

    text: str
    state: str | None = None
