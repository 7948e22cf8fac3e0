"""CSV as spreadsheets save it, and files that nobody should read."""

import csv
import time
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.application.values.csv_files import (
    Columns,
    CsvRow,
    read_sheet,
    unguarded,
)
from lodestar.domain.refusals import InvalidContent, InvalidRequest, TooLarge
from lodestar.exports.csv_writer import harmless
from lodestar.wire.limits import (
    MAX_CSV_CELL_CHARACTERS,
    MAX_CSV_COLUMNS,
    MAX_CSV_HEADER_CHARACTERS,
    MAX_CSV_LINES,
    MAX_CSV_ROWS,
)
from tests.shared_data import hostile_cases, needs_shared

COLUMNS = Columns(("a", "b"), ("c",))


def cells_of(text: str) -> list[dict[str, str]]:
    return [dict(row.cells) for row in read_sheet(text, COLUMNS).rows]


def test_each_row_has_its_cells_by_column_and_the_line_that_it_begins_on() -> None:
    text = 'a,c,b\r\n1,"two\r\nlines",3\r\n\r\n,,\r\n"4"," ""5"" ",6'
    assert read_sheet(text, COLUMNS).rows == [
        CsvRow(2, {"a": "1", "c": "two\r\nlines", "b": "3"}, is_whole=True),
        CsvRow(6, {"a": "4", "c": '"5"', "b": "6"}, is_whole=True),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_it_reads_what_any_spreadsheet_saves(newline: str, mark: str, delimiter: str) -> None:
    lines = [["A ", " b"], ["1", "2"], ["", ""], ["3", "4"]]
    text = mark + newline.join(delimiter.join(line) for line in lines)
    sheet = read_sheet(text, COLUMNS)
    assert [dict(row.cells) for row in sheet.rows] == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    assert sheet.has_decimal_commas == (delimiter == ";")


@given(
    st.lists(st.tuples(*[st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd"))] * 2))
)
def test_what_was_written_as_csv_is_read_again(rows: list[tuple[str, str]]) -> None:
    text = StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b"), *rows])
    expected = [
        tuple(unguarded(each).strip() for each in row) for row in rows if any(each.strip() for each in row)
    ]
    assert [tuple(each.values()) for each in cells_of(text.getvalue())] == expected


def test_a_line_with_more_or_fewer_cells_is_not_whole_but_empty_cells_beyond_the_header_are_nothing() -> None:
    rows = read_sheet("a,b\n1\n1,2,3\n1,2,,\n", COLUMNS).rows
    assert [row.is_whole for row in rows] == [False, False, True]


@pytest.mark.parametrize(
    ("header", "fields", "says"),
    [
        ("", ["a", "b"], 'column "a" is missing'),
        ("a", ["b"], 'column "b" is missing'),
        ("a,b,colour", ["colour"], '"colour" is unknown'),
        ("a,b,a", ["a"], "comes twice"),
        ("a,,b", [""], "unknown"),
        ("sep=;", ["a", "b", "sep="], "missing"),
        ("a|b", ["a", "b", "a|b"], "The columns are a, b, c."),
    ],
)
def test_a_header_that_lacks_columns_or_has_strange_ones_is_refused(
    header: str, fields: list[str], says: str
) -> None:
    with pytest.raises(InvalidContent, match="columns are") as refused:
        read_sheet(header and f"{header}\n1,2\n", COLUMNS)
    assert [detail.field for detail in refused.value.details] == fields
    assert says in refused.value.message
    assert refused.value.code == "invalid_columns"


@pytest.mark.parametrize(
    "text", ['a,b\n1,2\n"3,4\n5,6\n', 'a,b\n1,2\n"3"x,4\n', f'a,b\n1,2\n"{"x" * 200_000}",4\n']
)
def test_a_file_that_is_no_csv_is_refused_from_the_line_on_where_it_ends(text: str) -> None:
    with pytest.raises(InvalidRequest, match="from line 3 on") as refused:
        read_sheet(text, COLUMNS)
    assert refused.value.code == "invalid_csv"


def test_a_file_that_somebody_decoded_wrongly_on_the_way_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="UTF-8"):
        read_sheet("a,b\nM\ufffdller,2\n", COLUMNS)


def test_more_than_one_call_may_carry_is_refused() -> None:
    assert len(read_sheet("a,b\n" + "1,2\n" * MAX_CSV_ROWS, COLUMNS).rows) == MAX_CSV_ROWS
    with pytest.raises(TooLarge, match="5,000 rows"):
        read_sheet("a,b\n" + "1,2\n" * (MAX_CSV_ROWS + 1), COLUMNS)


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("a,b" + "," * MAX_CSV_HEADER_CHARACTERS, "10,000 characters, and has 10,003"),
        ("a,b,c" + ",d" * MAX_CSV_COLUMNS, "100 columns, and has 103"),
        ('"a\n' + "x" * 9_000 + '","' + "b" * 9_000 + '"', "and has 18,002"),
    ],
    ids=["characters", "columns", "lines"],
)
def test_a_header_larger_than_any_is_refused_before_its_columns_are_compared(header: str, says: str) -> None:
    with pytest.raises(TooLarge, match=says):
        read_sheet(f"{header}\n1,2\n", COLUMNS)


def test_a_file_of_more_lines_than_any_is_refused_even_if_they_are_empty() -> None:
    assert len(read_sheet("a,b\n1,2\n" + "\n" * (MAX_CSV_LINES - 2), COLUMNS).rows) == 1
    with pytest.raises(TooLarge, match="100,000 lines"):
        read_sheet("a,b\n1,2\n" + "\n" * (MAX_CSV_LINES - 1), COLUMNS)


def test_a_cell_longer_than_any_text_is_refused_with_its_line() -> None:
    longest = "x" * MAX_CSV_CELL_CHARACTERS
    assert cells_of(f"a,b\n1,{longest}\n") == [{"a": "1", "b": longest}]
    with pytest.raises(InvalidRequest, match=r"from line 3 on.*100,000 characters"):
        read_sheet(f"a,b\n1,2\n1,{longest}x\n", COLUMNS)


def test_a_cell_of_nothing_but_marks_is_read_in_no_time() -> None:
    marks = "'a" + "\u0301\u0316" * (MAX_CSV_CELL_CHARACTERS // 2 - 1)
    text = "a,b\n" + f"1,{marks}\n" * 20
    begins = time.process_time()
    assert len(read_sheet(text, COLUMNS).rows) == 20
    assert time.process_time() - begins < 1  # sorted by their class, they took five minutes


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])).filter(lambda text: "'" not in text)
)
def test_the_apostrophes_of_our_own_exports_are_taken_away_again(text: str) -> None:
    assert unguarded(harmless(text)) == text


@pytest.mark.parametrize("cell", ["'s-Hertogenbosch", "it's", "O'Neil; 'quoted'", "''", "'", "10 o'clock"])
def test_an_apostrophe_of_the_text_itself_stays(cell: str) -> None:
    assert unguarded(cell) == cell


@needs_shared("hostile/csv.json")
def test_hostile_cells_stay_plain_text() -> None:
    payloads = [case["payload"] for case in hostile_cases("csv")]
    assert len(payloads) > 15
    text = StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b"), *(("1", each) for each in payloads)])
    assert [each["b"] for each in cells_of(text.getvalue())] == [
        unguarded(payload).strip() for payload in payloads
    ]
