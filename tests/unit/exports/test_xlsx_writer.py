import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from lodestar.application.insight.tables import Quantity, Table
from lodestar.exports.xlsx_writer import MAX_CELL_UTF16_UNITS, write_xlsx
from tests.unit.exports.hostile import FORMULAS, SHARED
from tests.unit.exports.tables import COLUMNS, NEXT_DAY, ROW, named, table

TEXTS = {**FORMULAS, **SHARED, "link": "https://evil.test/", "escape": "_x003D_1", "illegal": "a\ufffe\x00b"}


@contextmanager
def opened(made: Table) -> Iterator[Worksheet]:
    book = load_workbook(BytesIO(write_xlsx(made)))
    try:
        yield book["KPIs"]
    finally:
        book.close()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_is_a_text_and_neither_formula_nor_link(text: str) -> None:
    made = named("Calls", text, "Visits")
    with opened(made) as sheet:
        names = [sheet.cell(row, 1) for row in (2, 3, 4)]
        assert [name.data_type for name in names] == ["s", "s", "s"]
        assert (names[0].value, names[2].value) == ("Calls", "Visits")
        assert sheet._hyperlinks == []
    with zipfile.ZipFile(BytesIO(write_xlsx(made))) as parts:
        written = parts.read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in written
        assert b"<hyperlink" not in written


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=50))
def test_any_text_leaves_the_file_whole(text: str) -> None:
    with opened(named("Calls", text, "Visits")) as sheet:
        assert sheet.cell(4, 1).value == "Visits"
        assert sheet.cell(3, 1).data_type in ("s", "n")  # an empty one is no cell


def test_a_text_comes_back_letter_by_letter() -> None:
    text = "Średni czas <b>&amp;</b> 平均 \U0001f600"
    with opened(named(text)) as sheet:
        assert sheet.cell(2, 1).value == text


def test_a_text_beyond_the_limit_of_a_cell_is_cut_there() -> None:
    with opened(named("\U0001f600" * MAX_CELL_UTF16_UNITS)) as sheet:
        assert sheet.cell(2, 1).value == "\U0001f600" * (MAX_CELL_UTF16_UNITS // 2)


def test_numbers_dates_and_words_are_typed_and_formatted() -> None:
    with opened(table(ROW, ("Calls", None, Quantity(Decimal(7), 0), None, None))) as sheet:
        name, day, value, status, target = sheet[2]
        assert (value.value, value.data_type, value.number_format) == (-12345.5, "n", "#,##0.00")
        assert (day.value.date(), day.number_format) == (date(2026, 10, 1), "yyyy-mm-dd")
        assert (name.value, status.value, target.value) == ("Średni czas", "needs attention", "80–120")
        assert [each.value for each in sheet[3]] == ["Calls", None, 7, None, None]
        assert sheet.cell(3, 3).number_format == "#,##0"


def test_the_header_is_bold_stays_in_sight_and_filters() -> None:
    with opened(table(ROW)) as sheet:
        assert [each.value for each in sheet[1]] == [column.title for column in COLUMNS]
        assert all(each.font.b for each in sheet[1])
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == "A1:E2"
        assert sheet.column_dimensions["A"].width > sheet.column_dimensions["B"].width


def test_a_table_without_rows_is_a_header() -> None:
    with opened(table()) as sheet:
        assert sheet.max_row == 1


def test_the_same_rows_make_the_same_bytes_on_one_day() -> None:
    assert write_xlsx(table(ROW)) == write_xlsx(table(ROW)) != write_xlsx(table(ROW, on=NEXT_DAY))
