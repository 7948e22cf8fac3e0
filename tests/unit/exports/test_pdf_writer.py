from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from lodestar.application.insight.tables import Quantity, Table
from lodestar.exports.pdf_fonts import MISSING, PLAIN
from lodestar.exports.pdf_layout import MAX_LINES_OF_A_CELL, SetRow, Type, pages, set_row, wrapped
from lodestar.exports.pdf_writer import write_pdf
from tests.unit.exports.hostile import FORMULAS, SHARED
from tests.unit.exports.tables import COLUMNS, NEXT_DAY, ROW, named, table

KIND = Type(PLAIN, 7, 9)
MARKUP = {
    "bold": "<b>bold</b>",
    "broken": "</para><font",
    "entity": "a &amp; b < c",
    "image": '<img src="x"/>',
}
TEXTS = {**FORMULAS, **SHARED, **MARKUP}


def texts_of(made: Table) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(write_pdf(made)), strict=True).pages]


@pytest.mark.parametrize(
    "name", ["Średni czas", "Μέσος χρόνος", "Среднее время", "平均応答時間", "고객 만족도", "Ø ß ñ ł"]
)
def test_names_of_many_scripts_are_drawn_in_their_own_letters(name: str) -> None:
    (page,) = texts_of(named(name))
    assert name in page


def test_a_character_that_no_font_has_is_a_box() -> None:
    (page,) = texts_of(named("a \u0e44 b \u0905"))
    assert f"a {MISSING} b {MISSING}" in page


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_any_hostile_text_is_drawn_as_text(text: str) -> None:
    page = "".join(texts_of(named(text, "Visits")))
    assert "Visits" in page


@pytest.mark.parametrize("text", MARKUP.values(), ids=MARKUP)
def test_markup_is_text(text: str) -> None:
    assert text in texts_of(named(text))[0]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_no_text_breaks_the_file(text: str) -> None:
    assert "Visits" in "".join(texts_of(named(text, "Visits")))


def test_a_page_tells_company_date_filters_and_its_number() -> None:
    (page,) = texts_of(table(ROW))
    for each in ("KPIs – Acme Żółć", "2026-11-21, Europe/Berlin", "period: monthly", "1 / 1"):
        assert each in page


def test_numbers_have_their_decimals_and_statuses_their_words() -> None:
    (page,) = texts_of(table(ROW, ("Calls", None, Quantity(Decimal("0.005"), 2), None, None)))
    for each in ("−12 345.50", "needs attention", "80–120", "0.00"):
        assert each in page


def test_the_header_is_on_every_page_and_no_row_is_lost() -> None:
    made = texts_of(named(*(f"row{number}." for number in range(100))))
    assert len(made) > 1
    for number, page in enumerate(made, 1):
        assert all(column.title in page for column in COLUMNS)
        assert f"{number} / {len(made)}" in page
    whole = "".join(made)
    assert all(whole.count(f"row{number}.") == 1 for number in range(100))


def test_a_table_without_rows_is_one_page() -> None:
    (page,) = texts_of(table())
    assert "Name" in page


def test_the_same_rows_make_the_same_bytes_on_one_day() -> None:
    assert write_pdf(table(ROW)) == write_pdf(table(ROW)) != write_pdf(table(ROW, on=NEXT_DAY))


@given(st.text(st.sampled_from("abW 平 "), max_size=80), st.floats(20, 200))
def test_lines_fit_and_lose_nothing_but_spaces(text: str, width: float) -> None:
    lines = list(wrapped(text, width, KIND))
    assert all(PLAIN.width(line, KIND.size) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_cell_that_is_too_long_ends_in_dots() -> None:
    row = set_row(["word " * 500], [60], KIND, 2)
    assert len(row.cells[0]) == MAX_LINES_OF_A_CELL
    assert row.cells[0][-1].endswith("…")


@given(st.lists(st.floats(1, 50), max_size=30))
def test_pages_hold_every_row_once_in_order_and_none_is_too_full(heights: list[float]) -> None:
    rows = [SetRow([], height) for height in heights]
    made = list(pages(iter(rows), 100))
    assert [row for page in made for row in page] == rows
    assert all(sum(each.height for each in page) <= 100.001 for page in made)
    assert made
    assert all(made) or not rows
