"""CSV that no spreadsheet takes for formulas."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from io import StringIO

from lodestar.application.insight.tables import Cell, Quantity, Table
from lodestar.domain.scoring import Status
from lodestar.exports.words import in_words
from lodestar.wire.spreadsheets import begins_like_a_formula, is_skipped

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Tells spreadsheets that the text is UTF-8; it also keeps a first cell `ID` from making it a SYLK file."""

_BREAKS = frozenset("\t\r\n")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_OTHER_SEPARATOR = ";"
"""What separates cells where the comma is the decimal sign; there our quotes are read as part of the text."""


def write_csv(table: Table) -> bytes:
    """The table as UTF-8 CSV for spreadsheets: every field quoted, a row on each line.

    Numbers are plain and whole, whatever their sign. A text that a spreadsheet could take for a formula
    gets a leading apostrophe, and what breaks a line becomes a space.
    """
    text = StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(harmless(column.title) for column in table.columns)
    writer.writerows([_field(cell) for cell in row] for row in table.rows)
    return BYTE_ORDER_MARK + text.getvalue().encode("utf-8", "replace")


def _field(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Quantity(number):
            return in_words(number)
        case date():
            return cell.isoformat()
        case Status():
            return in_words(cell)
        case str():
            return harmless(cell)


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula, on one line."""
    parts = list(_guarded(_CONTROL.sub(" ", text).split(_OTHER_SEPARATOR)))
    if _leads_with_a_break(text) and not parts[0].startswith("'"):
        parts[0] = f"'{parts[0]}"
    return _OTHER_SEPARATOR.join(parts)


def _guarded(parts: list[str]) -> Iterator[str]:
    for part in parts:
        yield f"'{part}" if begins_like_a_formula(part) else part


def _leads_with_a_break(text: str) -> bool:
    for character in text:
        if character in _BREAKS:
            return True
        if not is_skipped(character):
            return False
    return False
