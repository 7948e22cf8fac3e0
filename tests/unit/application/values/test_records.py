"""Raw facts: good rows are written, bad ones are told about, each by its place in the call."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.application.values.records import MAX_ATTRIBUTES_BYTES, push_records
from lodestar.application.values.rows import MAX_ROWS_PER_CALL
from lodestar.application.values.shapes import BeyondLookback, OverruledRow, RecordBatch, RecordsView
from lodestar.domain.periods import Cadence
from lodestar.domain.refusals import TooLarge
from lodestar.domain.sources import AggregationMethod, FormulaInput, FormulaSource, RecordsSource
from lodestar.wire.limits import MAX_FIELD_CHARACTERS
from tests.fakes.firm import NOBODY, Firm

FACT = {"source": "crm", "external_id": "1", "occurred_at": "2026-03-02T09:00:00+01:00"}


@pytest.fixture
def firm() -> Firm:
    return Firm()


def push(firm: Firm, *records: object) -> RecordsView:
    return push_records(RecordBatch.model_validate({"records": records}), firm.work)


def fact(external_id: object, **fields: Any) -> dict[str, Any]:
    return {**FACT, "external_id": str(external_id), **fields}


def counts(view: RecordsView) -> Sequence[int]:
    return view.created, view.updated, view.unchanged, len(view.errors)


def test_the_same_fact_again_changes_nothing_and_another_value_updates_it(firm: Firm) -> None:
    assert counts(push(firm, fact(1, value=5), fact(2))) == (2, 0, 0, 0)
    assert counts(push(firm, fact(1, value=5), fact(2, value=6))) == (0, 1, 1, 0)
    assert firm.work.commits == 2


def test_of_a_fact_that_comes_twice_in_a_call_the_last_one_counts_and_the_answer_says_so(firm: Firm) -> None:
    view = push(firm, fact(1, value=5), fact(1, value=6))
    assert counts(view) == (1, 1, 0, 0)
    assert view.overruled == [OverruledRow(index=0, by=1)]
    assert [record["value"] for record in firm.values.records.values()] == [6]


def test_a_fact_that_comes_twice_and_says_the_same_is_unchanged_the_second_time(firm: Firm) -> None:
    view = push(firm, fact(1, value=5), fact(1, value=5), fact(2))
    assert (counts(view), view.overruled) == ((2, 0, 1, 0), [])


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), max_size=4),
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=8),
)
def test_facts_in_one_call_count_as_if_each_had_come_in_its_own(
    stored: list[tuple[int, int]], sent: list[tuple[int, int]]
) -> None:
    at_once, one_by_one = Firm(), Firm()
    for firm in (at_once, one_by_one):
        for external_id, value in stored:
            push(firm, fact(external_id, value=value))
    view = push(at_once, *(fact(external_id, value=value) for external_id, value in sent))
    singles = [push(one_by_one, fact(external_id, value=value)) for external_id, value in sent]
    assert counts(view) == tuple(map(sum, zip(*map(counts, singles), strict=True)))
    assert at_once.values.records == one_by_one.values.records
    last = dict(sent)
    said = [index for index, (external_id, value) in enumerate(sent) if last[external_id] != value]
    assert [each.index for each in view.overruled] == said


# Noon of Tuesday, 10 March: the day before is planned, and today is planned next.


def counted(firm: Firm, source: str = "crm", **fields: Any) -> None:
    firm.definition(data_source=RecordsSource(source, AggregationMethod.COUNT), **fields)


def at(day: int, external_id: object = 1, **fields: Any) -> dict[str, Any]:
    return fact(external_id, occurred_at=f"2026-03-{day:02}T12:00:00Z", **fields)


def test_facts_before_the_days_that_are_looked_at_again_are_told_with_their_days(firm: Firm) -> None:
    counted(firm, lookback_periods=2)
    view = push(firm, at(10, 1), at(8, 2), at(7, 3), at(3, 4), at(1, 5, source="elsewhere"))
    assert view.beyond_lookback == BeyondLookback(
        rows=2, first_day=date(2026, 3, 3), last_day=date(2026, 3, 7)
    )
    assert push(firm, at(7, 3), at(3, 4)).beyond_lookback is None  # nothing has changed
    assert push(firm, at(9, 6)).beyond_lookback is None


def test_of_several_kpis_the_one_that_looks_back_least_decides(firm: Firm) -> None:
    counted(firm, lookback_periods=9)
    assert push(firm, at(4, 1)).beyond_lookback is None
    counted(firm, lookback_periods=3)
    beyond = push(firm, at(4, 2)).beyond_lookback
    assert beyond is not None
    assert beyond.rows == 1


def test_a_fact_that_is_moved_counts_on_the_day_that_it_had_too(firm: Firm) -> None:
    counted(firm, lookback_periods=2)
    push(firm, at(3))
    beyond = push(firm, at(9)).beyond_lookback
    assert beyond == BeyondLookback(rows=1, first_day=date(2026, 3, 3), last_day=date(2026, 3, 3))


def test_a_month_that_waits_for_its_hour_is_still_to_come() -> None:
    firm = Firm()
    firm.work.now = datetime(2026, 3, 1, 3, 59, tzinfo=UTC)
    counted(firm, lookback_periods=0, aggregation_period=Cadence.MONTHLY)
    february = fact(1, occurred_at="2026-02-28T12:00:00Z")
    assert push(firm, february).beyond_lookback is None
    firm.work.now = datetime(2026, 3, 1, 4, tzinfo=UTC)
    assert push(firm, {**february, "external_id": "2"}).beyond_lookback is not None


def test_a_source_that_no_active_kpi_reads_has_no_lookback(firm: Firm) -> None:
    counted(firm, is_active=False)
    counted(firm, "shop")
    assert push(firm, at(1)).beyond_lookback is None


def test_a_formula_over_facts_reads_them_too(firm: Firm) -> None:
    given_facts = FormulaInput("x", RecordsSource("crm", AggregationMethod.COUNT))
    firm.definition(data_source=FormulaSource("x * 2", (given_facts,)), lookback_periods=1)
    beyond = push(firm, at(8)).beyond_lookback
    assert beyond is not None


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


def test_a_fact_that_turns_the_direction_of_text_is_refused_alone(firm: Firm) -> None:
    turning = (
        {"attributes": {"a": [{"b": "x\u202e"}]}},
        {"attributes": {"\u2066": 1}},
        {"source": "\u202ecrm"},
    )
    view = push(firm, fact(1), *(fact(number, **fields) for number, fields in enumerate(turning, 2)))
    assert (view.created, len(firm.values.records)) == (1, 1)
    assert [(error.index, error.field) for error in view.errors] == [
        (1, "attributes"),
        (2, "attributes"),
        (3, "source"),
    ]
    assert all("turn the direction of a text" in error.error for error in view.errors)


def test_attributes_may_be_as_long_as_the_limit_says(firm: Firm) -> None:
    around = len('{"note": ""}')
    assert push(firm, fact(1, attributes={"note": "x" * (MAX_ATTRIBUTES_BYTES - around)})).created == 1
    longer = push(firm, fact(1, attributes={"note": "x" * (MAX_ATTRIBUTES_BYTES - around + 1)}))
    assert [error.field for error in longer.errors] == ["attributes"]


def test_a_number_among_the_attributes_counts_with_all_its_digits(firm: Firm) -> None:
    assert push(firm, fact(1, attributes={"figures": [Decimal("1e1000")] * 15})).created == 1
    longer = push(firm, fact(1, attributes={"figures": [Decimal("1e1000")] * 17}))
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
