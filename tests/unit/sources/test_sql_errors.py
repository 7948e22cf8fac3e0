import pytest
from pg8000.exceptions import DatabaseError

from lodestar.domain.refusals import Unavailable
from lodestar.sources.sql.errors import failure_of, is_about_rows


def error(state: str) -> DatabaseError:
    return DatabaseError({"S": "ERROR", "C": state, "M": 'invalid input syntax for type integer: "secret"'})


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("57014", "query_timeout"),
        ("55P03", "query_timeout"),
        ("22012", "query_division_by_zero"),
        ("22P02", "query_invalid_text"),
        ("22007", "query_invalid_text"),
        ("22003", "query_out_of_range"),
        ("21000", "query_many_rows"),
        ("53200", "query_failed"),
        ("42501", "query_invalid"),
        ("42883", "query_invalid"),
        ("XX000", "query_failed"),
    ],
)
def test_an_error_of_the_server_is_told_as_its_class_and_never_in_its_words(state: str, reason: str) -> None:
    failure = failure_of(error(state))

    assert failure.reason == reason
    assert "secret" not in failure.message


def test_an_error_without_a_state_is_a_failure_too() -> None:
    assert failure_of(DatabaseError("odd")).reason == "query_failed"


def test_other_rows_may_make_a_statement_succeed() -> None:
    states = ("22012", "21000", "57014", "42883", "XX000")
    assert [state for state in states if is_about_rows(error(state))] == ["22012", "21000"]


@pytest.mark.parametrize("state", ["57P01", "53300", "08006", "40001"])
def test_a_server_that_leaves_or_is_full_is_no_fault_of_the_query(state: str) -> None:
    with pytest.raises(Unavailable):
        failure_of(error(state))
