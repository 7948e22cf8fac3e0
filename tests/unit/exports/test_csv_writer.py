import csv
import unicodedata
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lodestar.application.insight.tables import Quantity
from lodestar.exports.csv_writer import harmless, write_csv
from tests.shared_data import needs_shared
from tests.unit.exports.hostile import FORMULAS, INVISIBLE, SHARED, STARTS
from tests.unit.exports.tables import COLUMNS, ROW, named, table

HARMLESS_AS_THEY_ARE = {"CSV-30": "sep=;", "CSV-31": "ID", "CSV-36": "00123", "CSV-37": "2024-01-01"}
"""Harmful as the first line of a file alone, or not at all: no text of ours is there."""


_SHOWS_NOTHING = '"\u115f\u1160\u2800\u3164\uffa0'


def read(content: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(
        csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter, strict=True)
    )


def runs_as_formula(cell: str) -> bool:
    """Whether a spreadsheet could take a cell for a formula: what is visible first decides."""
    seen = unicodedata.normalize("NFKC", cell)
    visible = [
        each for each in seen if unicodedata.category(each)[0] not in "CMZ" and each not in _SHOWS_NOTHING
    ]
    return (bool(visible) and visible[0] in "=+-@|") or cell[:1] in ("\t", "\r", "\n")


def as_a_semicolon_reader_sees_it(content: bytes) -> list[str]:
    """The cells where the comma is the decimal sign: only a field's first quotes are quotes there."""
    lines = content.decode("utf-8-sig").splitlines()
    return [cell for line in lines for cell in line.split(";")]


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_a_text_that_begins_a_formula_is_text_in_the_file(text: str) -> None:
    content = write_csv(named("Calls", text, "Visits"))
    rows = read(content)
    assert [len(each) for each in rows] == [len(COLUMNS)] * 4
    assert not any(runs_as_formula(row[0]) for row in rows)
    assert not any(runs_as_formula(cell) for cell in as_a_semicolon_reader_sees_it(content))
    assert content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r") == 4


@needs_shared("hostile/csv.json")
@pytest.mark.parametrize("name", SHARED)
def test_every_text_of_the_shared_collection_comes_out_harmless(name: str) -> None:
    content = write_csv(named("Calls", SHARED[name], "Visits"))
    rows = read(content)
    assert [len(each) for each in rows] == [len(COLUMNS)] * 4
    assert not any(runs_as_formula(row[0]) for row in rows)
    assert not any(runs_as_formula(cell) for cell in as_a_semicolon_reader_sees_it(content))
    assert content.startswith(b'\xef\xbb\xbf"Name",')
    if name in HARMLESS_AS_THEY_ARE:
        assert rows[2][0] == SHARED[name]


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_a_writer_that_only_quotes_is_found_out(text: str) -> None:
    cells = [text, *text.splitlines(), *text.split(";")]
    assert any(runs_as_formula(cell) for cell in cells)


@given(INVISIBLE, STARTS, st.text(max_size=20))
def test_whatever_stands_before_a_sign_it_begins_no_formula(before: str, sign: str, after: str) -> None:
    assert harmless(before + sign + after).startswith("'")


@given(st.lists(st.text(), min_size=1, max_size=5))
@example(["¯|"])
def test_any_texts_come_back_in_as_many_rows_and_cells(texts: list[str]) -> None:
    rows = read(write_csv(named(*texts)))
    assert [len(each) for each in rows] == [len(COLUMNS)] * (len(texts) + 1)
    assert not any(runs_as_formula(row[0]) for row in rows)


@given(st.text(st.characters(categories=["L", "N", "P"], exclude_characters="=+-@|;\"'＝＋－＠﹢﹣﹦﹫|")))
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert unicodedata.normalize("NFKC", harmless(text)).removeprefix("'") == unicodedata.normalize(
        "NFKC", text
    )


def test_words_with_a_sign_inside_stay_as_they_are() -> None:
    assert harmless("Calls – 1st line (a+b=c)") == "Calls – 1st line (a+b=c)"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("-5", "-5"),
        ("-12345.5000", "-12345.5"),
        ("0.0000", "0"),
        ("99999999999999.9999", "99999999999999.9999"),
    ],
)
def test_a_number_stays_a_plain_number_with_all_its_digits(number: str, told: str) -> None:
    rows = read(write_csv(table(("Calls", None, Quantity(Decimal(number), 1), None, None))))
    assert rows[1] == ["Calls", "", told, "", ""]


def test_dates_statuses_and_ranges_are_told_in_words() -> None:
    assert read(write_csv(table(ROW)))[1] == [
        "Średni czas",
        "2026-10-01",
        "-12345.5",
        "needs attention",
        "80–120",
    ]


def test_the_same_rows_make_the_same_bytes() -> None:
    assert write_csv(table(ROW)) == write_csv(table(ROW))
