"""What this room needs from outside, as its use cases use it."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Protocol

from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.insight.tables import Download, FileFormat, Table


class InsightStore(Protocol):
    """What the pages about KPIs read beside their views."""

    def company_values(self, definition_id: int, first: date, last: date) -> Mapping[date, Decimal | None]:
        """The company's values by the starts of their periods within that range, oldest first.

        Those that can be compared with one another: of versions with the newest source, unit and roll-up.
        """


class FileStore(Protocol):
    """A place for files that are too large for an answer; they expire."""

    def store(self, company_id: int, file: Download[FileFormat]) -> str:
        """Store a file; the address that gives it to whoever has it, for some minutes."""


class InsightWork(CalculationWork, Protocol):
    """A unit of work as this room uses it."""

    @property
    def insight(self) -> InsightStore:
        """What the pages about KPIs read beside their views."""


type WriteTable = Callable[[Table, FileFormat], bytes]
"""Writes a table as a file; the same table makes the same bytes."""
