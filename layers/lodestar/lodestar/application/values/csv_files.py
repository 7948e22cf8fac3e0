"""Reading CSV that people save from spreadsheets: comma or semicolon, quotes, a byte order mark or none."""

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO

from lodestar.domain.refusals import Detail, InvalidContent, InvalidRequest, TooLarge
from lodestar.wire.limits import (
    MAX_CSV_CELL_CHARACTERS,
    MAX_CSV_COLUMNS,
    MAX_CSV_HEADER_CHARACTERS,
    MAX_CSV_LINES,
    MAX_CSV_ROWS,
)
from lodestar.wire.spreadsheets import begins_like_a_formula

MAX_COLUMN_CHARACTERS = 80
"""How much of a strange column's name a refusal repeats."""
_BYTE_ORDER_MARK = "\ufeff"
_NO_CHARACTER = "\ufffd"
"""What takes the place of bytes that are not UTF-8, where somebody on the way has decoded them."""
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+", re.ASCII)
_LINE_END = re.compile(r"[\r\n]")


@dataclass(frozen=True, slots=True)
class Columns:
    """The names that a header must have, and those that it may have."""

    required: Collection[str]
    optional: Collection[str]


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A line of a file: its cells by column, cleaned; `is_whole` tells whether it has one for each column.

    `line` is the number of the line that it begins on; the header is line 1.
    """

    line: int
    cells: Mapping[str, str]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was read. Where semicolons separate, the comma may be the decimal sign."""

    rows: list[CsvRow]
    has_decimal_commas: bool


def read_sheet(text: str, columns: Columns) -> Sheet:
    """The rows of a CSV file; empty lines are passed over.

    Raises:
        TooLarge: more than MAX_CSV_ROWS rows or MAX_CSV_LINES lines, or a header of more columns or
            characters than a header has.
        InvalidRequest: not UTF-8, or not CSV: a quote is not closed, or a cell endless.
        InvalidContent: the header lacks a column, or has one that is unknown or named twice.
    """
    if _NO_CHARACTER in text:
        raise InvalidRequest(
            "The file is not UTF-8: save it as CSV UTF-8 and send it again.", code="not_utf8"
        )
    text = text.removeprefix(_BYTE_ORDER_MARK)
    # Where the comma is the decimal sign, spreadsheets separate by semicolons; the header shows which.
    header = _LINE_END.split(text, maxsplit=1)[0]
    _require_moderate_header(characters=len(header))
    delimiter = ";" if ";" in header and "," not in header else ","
    lines = _lines(text, delimiter)
    cells = next(lines, (1, []))[1]
    _require_moderate_header(characters=sum(map(len, cells)), number=len(cells))
    names = _names(cells, columns)
    rows: list[CsvRow] = []
    for number, cells in lines:
        if len(rows) == MAX_CSV_ROWS:
            raise TooLarge(f"A file may have at most {MAX_CSV_ROWS:,} rows: send it in parts.")
        rows.append(_row(number, cells, names))
    return Sheet(rows, has_decimal_commas=delimiter == ";")


def number_in(cell: str, *, has_decimal_comma: bool) -> Decimal | None:
    """The number that a cell stands for; None where it stands for none."""
    plain = cell.replace(",", ".") if has_decimal_comma else cell
    return Decimal(plain) if _NUMBER.fullmatch(plain) else None


def can_be_two_numbers(cell: str, *, has_decimal_comma: bool) -> bool:
    """Whether a cell such as 1.234 is a thousand to one reader and one to another."""
    return has_decimal_comma and _THOUSANDS.fullmatch(cell) is not None


def unguarded(cell: str) -> str:
    """A text without the apostrophes that our own exports put before what begins like a formula."""
    return ";".join(part[1:] if _is_guarded(part) else part for part in cell.split(";"))


def _is_guarded(part: str) -> bool:
    return part.startswith("'") and begins_like_a_formula(part[1:])


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each line that is not empty, with the number of the line that it begins on."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            if reader.line_num > MAX_CSV_LINES:
                raise TooLarge(f"A file may have at most {MAX_CSV_LINES:,} lines: take the empty ones out.")
            if max(map(len, cells), default=0) > MAX_CSV_CELL_CHARACTERS:
                raise _no_csv(begins)
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _no_csv(begins) from error


def _no_csv(line: int) -> InvalidRequest:
    return InvalidRequest(
        f"The file is not valid CSV from line {line} on: check that every quote is closed, and that no cell "
        f"has more than {MAX_CSV_CELL_CHARACTERS:,} characters.",
        code="invalid_csv",
    )


def _require_moderate_header(*, characters: int, number: int = 0) -> None:
    if characters > MAX_CSV_HEADER_CHARACTERS:
        raise TooLarge(
            f"The header of a file may have at most {MAX_CSV_HEADER_CHARACTERS:,} characters, and has "
            f"{characters:,}: name the columns in the first line."
        )
    if number > MAX_CSV_COLUMNS:
        raise TooLarge(
            f"A file may have at most {MAX_CSV_COLUMNS} columns, and has {number:,}: "
            "remove those that are not needed."
        )


def _without_empty_end(cells: list[str], at_least: int) -> list[str]:
    """The cells without empty ones at the end, which spreadsheets leave behind; `at_least` that many stay."""
    end = len(cells)
    while end > at_least and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _names(header: list[str], columns: Columns) -> list[str]:
    names = [cell.strip().lower() for cell in _without_empty_end(header, 0)]
    known = [*columns.required, *columns.optional]
    missing = [name for name in columns.required if name not in names]
    strange = [
        name[:MAX_COLUMN_CHARACTERS]
        for number, name in enumerate(names)
        if name not in known or name in names[:number]
    ]
    if missing or strange:
        problems = [Detail(name, f'The column "{name}" is missing: add it.') for name in missing]
        problems += [
            Detail(name, f'The column "{name}" is unknown or comes twice: remove it.') for name in strange
        ]
        # Of a file that is no such table at all, the first few say enough.
        first_few = " ".join(problem.message for problem in problems[:5])
        raise InvalidContent(
            f"{first_few} The columns are {', '.join(known)}.", problems, code="invalid_columns"
        )
    return names


def _row(number: int, cells: list[str], names: list[str]) -> CsvRow:
    cells = _without_empty_end(cells, len(names))
    cleaned = {name: unguarded(cell).strip() for name, cell in zip(names, cells, strict=False)}
    return CsvRow(number, cleaned, is_whole=len(cells) == len(names))
