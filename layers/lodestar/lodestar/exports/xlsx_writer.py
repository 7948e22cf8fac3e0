"""Excel workbooks in which a text is a text and a number a number."""

from collections.abc import Callable
from datetime import date, datetime, time
from functools import cache
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from lodestar.application.insight.tables import Cell, Quantity, Table
from lodestar.domain.scoring import Status
from lodestar.exports.words import in_words

MAX_CELL_UTF16_UNITS = 32_767
"""Characters that Excel takes in a cell, counted in UTF-16; a longer text makes the file a broken one."""
_OPTIONS = {
    "constant_memory": True,  # rows leave for the disk as they are written
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "default_date_format": "yyyy-mm-dd",
}


def write_xlsx(table: Table) -> bytes:
    """The table as a workbook of one sheet; its header stays in sight and filters.

    Texts are typed as such, so that nothing in them is read as a formula or a link. Numbers show the
    decimals of their KPI and keep the fifteen digits that Excel knows.
    """
    content = BytesIO()
    with Workbook(content, _OPTIONS) as book:
        made = datetime.combine(table.on, time())
        book.set_properties({"title": table.title, "company": table.company.name, "created": made})
        sheet = book.add_worksheet(table.title)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
        _write_header(table, sheet, book.add_format({"bold": True, "bottom": 1, "text_wrap": True}))
        _write_rows(table, sheet, cache(lambda decimals: book.add_format({"num_format": _number(decimals)})))
    return content.getvalue()


def _write_header(table: Table, sheet: Worksheet, bold: Format) -> None:
    for index, column in enumerate(table.columns):
        sheet.set_column(index, index, column.width)
        sheet.write_string(0, index, column.title, bold)


def _write_rows(table: Table, sheet: Worksheet, format_of: Callable[[int], Format]) -> None:
    for number, row in enumerate(table.rows, 1):
        for index, cell in enumerate(row):
            _write_cell(sheet, (number, index), cell, format_of)


def _write_cell(
    sheet: Worksheet, place: tuple[int, int], cell: Cell, format_of: Callable[[int], Format]
) -> None:
    match cell:
        case None:
            pass
        case Quantity(number, decimals):
            sheet.write_number(*place, float(number), format_of(decimals))
        case date():
            sheet.write_datetime(*place, datetime.combine(cell, time()))
        case Status():
            sheet.write_string(*place, in_words(cell))
        case str():
            sheet.write_string(*place, fitting(cell))


def fitting(text: str) -> str:
    """As much of a text as a cell takes."""
    if len(text) * 2 <= MAX_CELL_UTF16_UNITS:
        return text
    return text.encode("utf-16-le", "replace")[: MAX_CELL_UTF16_UNITS * 2].decode("utf-16-le", "ignore")


def _number(decimals: int) -> str:
    return "#,##0" + ("." + "0" * decimals if decimals else "")
