"""The store of the room `insight` in memory, and where files are written and stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from lodestar.application.insight.tables import Download, FileFormat, Table
from lodestar.domain.refusals import Unavailable


@dataclass
class FakeInsight:
    """Values of the company's own KPIs: by definition, and by the starts of their periods."""

    values: dict[int, dict[date, Decimal | None]] = field(default_factory=dict)

    def company_values(self, definition_id: int, first: date, last: date) -> Mapping[date, Decimal | None]:
        found = self.values.get(definition_id, {})
        return {start: found[start] for start in sorted(found) if first <= start <= last}


@dataclass
class FakeFiles:
    """Stored files by company; None: the store does not take any now."""

    stored: list[tuple[int, Download[FileFormat]]] | None = field(default_factory=list)

    def store(self, company_id: int, file: Download[FileFormat]) -> str:
        if self.stored is None:
            raise Unavailable("The store for large files does not take this one now.")
        self.stored.append((company_id, file))
        return f"https://files.test/{company_id}/{file.name}"


def write_lines(table: Table, file_format: FileFormat) -> bytes:
    """A writer of files whose content tells format and rows."""
    return "\n".join([file_format, *(str(row[0]) for row in table.rows)]).encode()
