"""Partitions of the measurements, a month each."""

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import Engine, text


class MeasurementPartitions:
    """Makes partitions through the one function that the application's role may call for it."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def now(self) -> datetime:
        """The clock's instant."""
        return self._clock()

    def ensure(self, first: date, last: date) -> int:
        """Make the missing partitions of these months; how many."""
        with self._engine.begin() as connection:
            made: int = connection.execute(
                text("select lodestar.ensure_partitions(:first, :last)"), {"first": first, "last": last}
            ).scalar_one()
            return made
