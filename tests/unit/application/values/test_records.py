"""Raw facts: good rows are written, bad ones are told about, each by its place in the call."""

from collections.abc import Sequence
from typing import Any

import pytest

from lodestar.application.values.records import MAX_ATTRIBUTES_BYTES, push_records
from lodestar.application.values.rows import MAX_FIELD_CHARACTERS, MAX_ROWS_PER_CALL
from lodestar.application.values.shapes import RecordBatch, RowsView
from lodestar.domain.refusals import TooLarge
from tests.fakes.firm import NOBODY, Firm

FACT = {"source": "crm", "external_id": "1", "occurred_at": "2026-03-02T09:00:00+01:00"}


@pytest.fixture
def firm() -> Firm:
    return Firm()


def push(firm: Firm, *records: object) -> RowsView:
    return push_records(RecordBatch.model_validate({"records": records}), firm.work)


def fact(external_id: object, **fields: Any) -> dict[str, Any]:
    return {**FACT, "external_id": str(external_id), **fields}


def counts(view: RowsView) -> Sequence[int]:
    return view.created, view.updated, view.unchanged, len(view.errors)


def test_the_same_fact_again_changes_nothing_and_another_value_updates_it(firm: Firm) -> None:
    assert counts(push(firm, fact(1, value=5), fact(2))) == (2, 0, 0, 0)
    assert counts(push(firm, fact(1, value=5), fact(2, value=6))) == (0, 1, 1, 0)
    assert firm.work.commits == 2


def test_of_a_fact_that_comes_twice_in_a_call_the_last_one_counts(firm: Firm) -> None:
    view = push(firm, fact(1, value=5), fact(1, value=6))
    assert counts(view) == (1, 0, 1, 0)
    assert [record["value"] for record in firm.values.records.values()] == [6]


def test_the_same_id_from_another_source_is_another_fact(firm: Firm) -> None:
    assert counts(push(firm, fact(1), fact(1, source="shop"))) == (2, 0, 0, 0)


def test_bad_rows_are_told_in_their_order_and_stop_no_good_one(firm: Firm) -> None:
    una = firm.user()
    view = push(
        firm,
        fact(1, user_id=NOBODY),
        fact(2, user_id=una),
        "no object",
        fact(4, attributes={"note": "a\x00b"}),
        fact(5, colour="red"),
        fact(6, attributes={"note": "x" * MAX_ATTRIBUTES_BYTES}),
        fact(7, attributes={"note": "\ud800"}),
        fact(8, occurred_at="2026-03-02T09:00:00"),
        fact(9),
    )
    assert view.created == 2
    assert [(error.index, error.field) for error in view.errors] == [
        (0, "user_id"),
        (2, "record"),
        (3, "attributes"),
        (4, "colour"),
        (5, "attributes"),
        (6, "attributes"),
        (7, "occurred_at"),
    ]
    assert view.errors[0].error == "user_id must be the id of a user of your company."
    assert view.errors[5].error.startswith("attributes must be at most 16384 bytes of JSON")
    assert sorted(firm.values.records) == [("crm", "2"), ("crm", "9")]


def test_attributes_may_be_as_long_as_the_limit_says(firm: Firm) -> None:
    around = len('{"note": ""}')
    assert push(firm, fact(1, attributes={"note": "x" * (MAX_ATTRIBUTES_BYTES - around)})).created == 1
    longer = push(firm, fact(1, attributes={"note": "x" * (MAX_ATTRIBUTES_BYTES - around + 1)}))
    assert [error.field for error in longer.errors] == ["attributes"]


def test_of_an_unknown_field_the_beginning_of_its_name_is_told(firm: Firm) -> None:
    (error,) = push(firm, fact(1, **{"x" * 500: 1})).errors
    assert error.field == "x" * MAX_FIELD_CHARACTERS


def test_more_rows_than_one_call_takes_are_refused_and_none_is_written(firm: Firm) -> None:
    assert push(firm, *(fact(number) for number in range(MAX_ROWS_PER_CALL))).created == MAX_ROWS_PER_CALL
    with pytest.raises(TooLarge) as refused:
        push(firm, *(fact(-number) for number in range(MAX_ROWS_PER_CALL + 1)))
    assert refused.value.message == "One call takes at most 1000 records: send the 1001 in parts."
    assert len(firm.values.records) == MAX_ROWS_PER_CALL
