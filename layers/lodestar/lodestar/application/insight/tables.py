"""A table of rows as a file shows it, whatever the format, and the file that is handed out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from lodestar.domain.companies import Company
from lodestar.domain.scoring import Status


class FileFormat(StrEnum):
    """What a table can be written as; the value is the file's extension."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """The `Content-Type` of such a file."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileFormat.PDF: "application/pdf",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with the decimals that it is shown with; a file of data keeps all it has."""

    number: Decimal
    decimals: int


type Cell = str | Quantity | date | Status | None
"""What a field of a table holds; None is empty."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its width in characters; numbers are set to the right."""

    title: str
    width: int
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for a file. `name` begins the file's name, `on` is the company's day that the rows are of.

    Nothing in it is of the moment, so that the same rows on the same day make the same bytes.
    """

    name: str
    title: str
    company: Company
    on: date
    filters: Mapping[str, str]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Download[Format: FileFormat]:
    """A file that is handed out: its content, or the address that it waits at for a few minutes."""

    name: str
    file_format: FileFormat
    content: bytes
    url: str | None = None

    @property
    def disposition(self) -> str:
        """What tells a browser to save the file, and under which name."""
        return f'attachment; filename="{self.name}"'
