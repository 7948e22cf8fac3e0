"""Partitions of the measurements, a month each."""

from datetime import date, datetime

from sqlalchemy import text

from lodestar.persistence.unit_of_work import WorkContext


class PartitionKeeper:
    """Makes partitions through the one function that the application's role may call for it."""

    def __init__(self, context: WorkContext) -> None:
        self._context = context

    def now(self) -> datetime:
        """The clock's instant."""
        return self._context.clock()

    def ensure(self, first: date, last: date) -> int:
        """Make the missing partitions of these months; how many."""
        with self._context.engine.begin() as connection:
            made: int = connection.execute(
                text("select lodestar.ensure_partitions(:first, :last)"), {"first": first, "last": last}
            ).scalar_one()
            return made
