from decimal import Decimal

import pytest

from lodestar.domain.refusals import InvalidContent
from lodestar.domain.sources import (
    AggregationMethod,
    DatabaseSource,
    FormulaInput,
    FormulaSource,
    IntercomSource,
    KpiInput,
    ManualSource,
    RecordsSource,
    SourceKind,
)


def test_every_source_is_named_as_in_the_api() -> None:
    types = (ManualSource, DatabaseSource, RecordsSource, FormulaSource, KpiInput, IntercomSource)
    kinds = [source.kind for source in types]
    assert kinds == ["manual", "database", "records", "formula", "kpi", "intercom"] == list(SourceKind)


def test_an_allowed_range_may_be_open_or_a_single_value_but_not_reversed() -> None:
    one = Decimal(1)
    ManualSource(allowed_min=one)
    ManualSource(allowed_max=one)
    ManualSource(allowed_min=one, allowed_max=one)
    with pytest.raises(InvalidContent, match=r"allowed_range\.min must not be above"):
        ManualSource(allowed_min=Decimal(2), allowed_max=one)


@pytest.mark.parametrize(
    ("low", "high", "numbers", "words"),
    [
        (2, 10, {1: False, 2: True, 10: True, 11: False}, "2 to 10"),
        (None, 10, {-99: True, 11: False}, "−∞ to 10"),
        (2, None, {1: False, 99: True}, "2 to ∞"),
        (None, None, {-99: True, 99: True}, "−∞ to ∞"),
    ],
)
def test_an_allowed_range_includes_its_bounds_and_is_told_in_words(
    low: int | None, high: int | None, numbers: dict[int, bool], words: str
) -> None:
    source = ManualSource(
        allowed_min=None if low is None else Decimal(low), allowed_max=None if high is None else Decimal(high)
    )
    assert {number: source.allows(Decimal(number)) for number in numbers} == numbers
    assert source.allowed_range == words


@pytest.mark.parametrize(("low", "high", "is_allowed"), [(2, 10, True), (1, 10, False), (2, 11, False)])
def test_a_band_is_allowed_if_all_of_it_is(low: int, high: int, is_allowed: bool) -> None:
    source = ManualSource(allowed_min=Decimal(2), allowed_max=Decimal(10))
    assert source.allows(Decimal(low), Decimal(high)) is is_allowed


def test_a_value_below_the_limit_needs_notes_and_the_limit_itself_does_not() -> None:
    source = ManualSource(requires_note_below=Decimal(3))
    assert [source.needs_notes(Decimal(number)) for number in ("2.9999", "3")] == [True, False]
    assert not ManualSource().needs_notes(Decimal(-99))


@pytest.mark.parametrize("field", ["value", "attributes.amount", "attributes.deal.size"])
def test_records_are_aggregated_over_their_value_or_an_attribute(field: str) -> None:
    assert RecordsSource("crm", AggregationMethod.SUM, field).field == field


@pytest.mark.parametrize("field", ["", "amount", "attributes", "attributes.", "attribute.amount", "value.x"])
def test_any_other_field_of_a_record_is_refused(field: str) -> None:
    with pytest.raises(InvalidContent, match="attributes"):
        RecordsSource("crm", AggregationMethod.SUM, field)


@pytest.mark.parametrize("offset", [0, -1, -366])
def test_a_formula_may_look_back_at_another_kpi(offset: int) -> None:
    assert KpiInput("revenue", offset).offset == offset


@pytest.mark.parametrize("offset", [1, -367])
def test_a_formula_never_looks_ahead_nor_endlessly_back(offset: int) -> None:
    with pytest.raises(InvalidContent, match="from -366 to 0"):
        KpiInput("revenue", offset)


def test_a_variable_given_twice_is_refused_by_its_name() -> None:
    twice = tuple(FormulaInput(name, KpiInput("revenue")) for name in ("a", "b", "a"))
    with pytest.raises(InvalidContent, match='The variable "a" is given twice'):
        FormulaSource("a + b", twice)


@pytest.mark.parametrize(("inputs", "queries"), [(31, 0), (6, 6), (30, 6)])
def test_a_formula_takes_thirty_inputs_and_five_queries_at_most(inputs: int, queries: int) -> None:
    def given(number: int) -> FormulaInput:
        query = DatabaseSource("SELECT 1")
        return FormulaInput(f"v{number}", query if number < queries else KpiInput("sold"))

    with pytest.raises(InvalidContent, match="at most 30 inputs, and 5 of them queries"):
        FormulaSource("1", tuple(given(number) for number in range(inputs)))


def test_a_formula_with_as_many_inputs_as_it_may_have_is_saved() -> None:
    queries = [FormulaInput(f"q{number}", DatabaseSource("SELECT 1")) for number in range(5)]
    kpis = [FormulaInput(f"k{number}", KpiInput("sold")) for number in range(25)]

    assert len(FormulaSource("1", (*queries, *kpis)).inputs) == 30
