"""Loading rows of a pack's source table from a CSV file: the cells of a line as a row of JSON."""

from collections.abc import Mapping
from decimal import Decimal

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.values.csv_files import (
    Columns,
    CsvRow,
    Sheet,
    can_be_two_numbers,
    number_in,
    read_sheet,
)
from lodestar.application.values.rows import checked_rows
from lodestar.application.values.shapes import RowError, RowsView
from lodestar.packs.loading import MAX_KEY_SHOWN, load_checked
from lodestar.packs.source_tables import SourceTable
from lodestar.wire.limits import shortened

_BOOLEANS = {"true": True, "false": False}


def load_csv(text: str, table: SourceTable, caller: Caller, work: UnitOfWork) -> RowsView:
    """Write the good lines of a file whose header names the fields of a row; an empty cell is left out.

    `index` of an error counts the rows after the header, from 0.

    Raises:
        TooLarge: more bytes or rows than a file may have; nothing is written.
        InvalidRequest: not UTF-8, or not CSV; nothing is written.
        InvalidContent: the header lacks a column or has a strange one; nothing is written.
    """
    sheet = read_sheet(text, _columns(table))
    kinds = dict(table.kinds())
    problems = [_problem(index, row, sheet, kinds) for index, row in enumerate(sheet.rows)]
    raw_rows = [
        (index, _fields(row, sheet, kinds)) for index, row in enumerate(sheet.rows) if problems[index] is None
    ]
    rows = checked_rows(table.row, raw_rows).without(filter(None, problems))
    return load_checked(rows, table, caller, work)


def _columns(table: SourceTable) -> Columns:
    fields = table.row.model_fields
    required = [name for name, field in fields.items() if field.is_required()]
    return Columns(required, [name for name in fields if name not in required])


def _fields(row: CsvRow, sheet: Sheet, kinds: Mapping[str, type]) -> dict[str, object]:
    return {
        name: _value(cell, kinds[name], has_decimal_comma=sheet.has_decimal_commas)
        for name, cell in row.cells.items()
        if cell  # what is left out has the field's default; an empty text would be a wrong date or number
    }


def _value(cell: str, kind: type, *, has_decimal_comma: bool) -> object:
    """The JSON that a cell stands for; what cannot be read stays a text, for the row's model to refuse."""
    if kind is bool:
        return _BOOLEANS.get(cell.lower(), cell)
    if kind in (int, Decimal):
        number = number_in(cell, has_decimal_comma=has_decimal_comma)
        return cell if number is None else number
    return cell


def _problem(index: int, row: CsvRow, sheet: Sheet, kinds: Mapping[str, type]) -> RowError | None:
    """Why a line cannot be read, if it cannot: the first reason."""
    if not row.is_whole:
        rule = f"Line {row.line} has more or fewer cells than the header."
        return RowError(index=index, field="row", error=rule)
    for name, cell in row.cells.items():
        is_number = kinds[name] in (int, Decimal)
        if is_number and can_be_two_numbers(cell, has_decimal_comma=sheet.has_decimal_commas):
            shown = shortened(cell, MAX_KEY_SHOWN)
            rule = f"{shown} can be read in two ways: write it without points, with a comma for decimals."
            return RowError(index=index, field=name, error=rule)
    return None
