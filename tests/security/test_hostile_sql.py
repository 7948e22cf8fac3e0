"""Every hostile query is refused for the reason it was written for, and plain ones pass."""

import json
from pathlib import Path

import pytest

from lodestar.sources.sql.check import check_query
from lodestar.sources.sql.errors import QueryRefused
from lodestar.sources.sql.tables import SANDBOX
from tests.shared_data import hostile_cases, needs_shared

BENIGN: list[str] = json.loads(Path(__file__).with_name("benign_sql.json").read_text())
CASES = hostile_cases("sql")

# The table that the hostile queries are about, so that they are not refused just for its absence.
TABLES = {**SANDBOX, "cases": {"id", "amount", "assigned_to", "x"}}

REASONS = {
    "ADMIN": {"function_not_allowed"},
    "CAT": {"function_not_allowed", "table_not_allowed", "column_not_allowed"},
    "CTE": {"not_select", "star"},
    "DIFF": {"text_not_plain", "table_not_allowed", "function_not_allowed", "not_allowed", "syntax"},
    "DOS": {"function_not_allowed", "too_long"},
    "DYN": {"function_not_allowed", "not_allowed"},
    "FILE": {"function_not_allowed"},
    "INTO": {"not_select"},
    "PAR": {"parameter_unknown", "subject_missing", "text_not_plain", "syntax"},
    "ROOT": {"not_select"},
    "SESS": {"function_not_allowed", "text_not_plain", "not_allowed"},
    "SHAPE": {
        *("many_columns", "many_rows", "star", "column_not_allowed", "function_not_allowed"),
        *("empty", "control_character", "name_not_allowed", "not_select"),
    },
    "STACK": {"many_statements", "not_select"},
    "TEN": {"table_not_allowed", "text_not_plain", "function_not_allowed", "column_not_allowed"},
}
HARMLESS_INSIDE = {"SQL-PAR-07", "SQL-SHAPE-07", "SQL-SHAPE-14"}  # what they lack, the query around them has
EXACTLY = {
    "SQL-CTE-01": "not_select",
    "SQL-CTE-03": "not_select",
    "SQL-DOS-14": "too_long",
    "SQL-DOS-15": "too_long",
    "SQL-PAR-01": "parameter_unknown",
    "SQL-PAR-02": "parameter_unknown",
    "SQL-PAR-07": "subject_missing",
    "SQL-SESS-05": "text_not_plain",
    "SQL-SHAPE-01": "many_columns",
    "SQL-SHAPE-02": "star",
    "SQL-SHAPE-03": "column_not_allowed",
    "SQL-SHAPE-04": "column_not_allowed",
    "SQL-SHAPE-07": "many_rows",
    "SQL-SHAPE-12": "function_not_allowed",
    "SQL-SHAPE-14": "empty",
    "SQL-SHAPE-17": "control_character",
    "SQL-TEN-01": "table_not_allowed",
    "SQL-TEN-08": "table_not_allowed",
    "SQL-TEN-09": "table_not_allowed",
    "SQL-TEN-10": "table_not_allowed",
    "SQL-TEN-11": "table_not_allowed",
    "SQL-TEN-18": "column_not_allowed",
}


@needs_shared("hostile/sql.json")
def test_the_hostile_set_is_whole() -> None:
    assert len(CASES) >= 90


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_hostile_query_is_refused_for_its_class_of_reason(case: dict[str, str]) -> None:
    name = case["id"]
    with pytest.raises(QueryRefused) as refusal:
        check_query(case["payload"], tables=TABLES)

    expected = {EXACTLY[name]} if name in EXACTLY else REASONS[name.split("-")[1]]
    assert refusal.value.code.removeprefix("sql_") in expected


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["id"] not in HARMLESS_INSIDE], ids=lambda case: case["id"]
)
def test_a_hostile_part_is_refused_inside_a_plain_query_too(case: dict[str, str]) -> None:
    with pytest.raises(QueryRefused):
        check_query(
            f"SELECT COUNT(*) FROM cases WHERE assigned_to = :user_id AND id IN ({case['payload']}\n)",
            {},
            TABLES,
        )


def test_the_benign_set_is_large_enough_that_a_blanket_refusal_would_show() -> None:
    assert len(set(BENIGN)) >= 60


@pytest.mark.parametrize("query", BENIGN)
def test_a_benign_query_is_accepted(query: str) -> None:
    assert check_query(query).sql
