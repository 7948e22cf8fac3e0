"""The stored form of definitions: what a row holds comes back, byte for byte what it was, or stops no other."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.application.work import AuditedChange, AuditObject
from lodestar.domain.definitions import CalculationType, Category, Definition, Thresholds, Unit
from lodestar.domain.periods import Cadence
from lodestar.domain.sources import (
    AggregationMethod,
    DatabaseSource,
    EnteredBy,
    FormulaInput,
    FormulaSource,
    InputSubject,
    IntercomMetric,
    IntercomSource,
    KpiInput,
    ManualSource,
    RecordsSource,
    Statistic,
    UnreadableSource,
)
from lodestar.persistence.definitions.codec import columns_of, definition_from, definition_to_stored
from lodestar.persistence.definitions.stored_sources import source_from_stored, source_to_stored
from lodestar.persistence.operations.audit import _entry
from lodestar.wire.exact_json import to_json
from tests.fakes.definitions import KPI

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
# As the database tells them: without zeros at the end.
NUMBERS = st.decimals(-(10**9), 10**9, places=4).map(
    lambda number: Decimal(int(number)) if number == int(number) else number.normalize()
)
NAMES = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
RANGES = st.tuples(st.none() | NUMBERS, st.none() | NUMBERS).filter(
    lambda bounds: None in bounds or bounds[0] <= bounds[1]
)
MANUAL = st.builds(
    lambda bounds, entered_by, below: ManualSource(*bounds, entered_by, below),
    RANGES,
    st.sampled_from(EnteredBy),
    st.none() | NUMBERS,
)
DATABASE = st.builds(DatabaseSource, TEXT, st.dictionaries(NAMES, NUMBERS | TEXT, max_size=3))
FILTERS = st.dictionaries(NAMES, NUMBERS | TEXT | st.booleans(), max_size=3)
RECORDS = st.builds(
    RecordsSource,
    TEXT,
    st.sampled_from(AggregationMethod),
    st.just("value") | NAMES.map("attributes.{}".format),
    FILTERS,
)
INTERCOM = st.builds(IntercomSource, st.sampled_from(IntercomMetric), st.sampled_from(Statistic), FILTERS)
KPIS = st.builds(KpiInput, NAMES, st.integers(-366, 0), st.sampled_from(InputSubject))
INPUTS = st.lists(
    st.builds(FormulaInput, NAMES, DATABASE | RECORDS | KPIS),
    max_size=3,
    unique_by=lambda given: given.variable,
).map(tuple)
FORMULAS = st.builds(FormulaSource, TEXT, INPUTS)
SOURCES = MANUAL | DATABASE | RECORDS | FORMULAS | INTERCOM


def read(stored: object) -> Any:
    """What the driver makes of JSON that the database has stored."""
    return json.loads(to_json(stored))


def row_of(definition: Definition, **changes: Any) -> Mapping[str, Any]:
    """A row as the driver gives it."""
    stored = definition_to_stored(definition)
    as_json = {name: read(stored[name]) for name in ("data_source", "thresholds")}
    words = {name: str(value) for name, value in stored.items() if isinstance(value, str)}
    return {**stored, **words, **as_json, **changes}


@given(SOURCES)
def test_every_source_comes_back_from_its_stored_form(source: Any) -> None:
    assert source_from_stored(read(source_to_stored(source))) == source


@given(SOURCES)
def test_what_was_read_is_stored_byte_for_byte_as_it_was(source: Any) -> None:
    stored = to_json(source_to_stored(source))
    assert to_json(source_to_stored(source_from_stored(json.loads(stored)))) == stored


@pytest.mark.parametrize(
    ("source", "stored"),
    [
        (
            ManualSource(Decimal(1), Decimal("5.5"), EnteredBy.USER, Decimal(2)),
            '{"type":"manual","allowed_range":{"min":1,"max":5.5},"entered_by":"user","requires_note_below":2}',
        ),
        (
            ManualSource(),
            '{"type":"manual","allowed_range":{"min":null,"max":null},"entered_by":"manager",'
            '"requires_note_below":null}',
        ),
        (
            DatabaseSource("SELECT :rate", {"rate": Decimal("0.1"), "word": "w"}),
            '{"type":"database","query":"SELECT :rate","parameters":{"rate":0.1,"word":"w"}}',
        ),
        (
            RecordsSource("crm", AggregationMethod.SUM, "attributes.x", {"won": True, "n": Decimal(3)}),
            '{"type":"records","source":"crm","method":"sum","field":"attributes.x",'
            '"filters":{"won":true,"n":3}}',
        ),
        (
            FormulaSource("a", (FormulaInput("a", KpiInput("deals", -1, InputSubject.TEAM)),)),
            '{"type":"formula","formula":"a","inputs":[{"variable":"a",'
            '"source":{"type":"kpi","key":"deals","offset":-1,"of":"team"}}]}',
        ),
    ],
    ids=lambda case: getattr(case, "kind", ""),
)
def test_the_stored_form_is_what_rows_have_held_from_the_first_day(source: Any, stored: str) -> None:
    assert to_json(source_to_stored(source)) == stored
    assert source_from_stored(json.loads(stored)) == source


@pytest.mark.parametrize(
    ("stored", "source"),
    [
        ({"type": "manual"}, ManualSource()),
        ({"type": "manual", "allowed_range": None}, ManualSource()),
        ({"type": "database", "query": "SELECT 1"}, DatabaseSource("SELECT 1", {})),
        ({"type": "records", "source": "crm"}, RecordsSource("crm", AggregationMethod.COUNT)),
        ({"type": "records", "source": "c", "field": None}, RecordsSource("c", AggregationMethod.COUNT)),
        ({"type": "formula", "formula": "1"}, FormulaSource("1")),
        (
            {
                "type": "formula",
                "formula": "a",
                "inputs": [{"variable": "a", "source": {"type": "kpi", "key": "k"}}],
            },
            FormulaSource("a", (FormulaInput("a", KpiInput("k")),)),
        ),
    ],
)
def test_fields_that_an_older_row_does_not_have_are_what_they_always_meant(stored: Any, source: Any) -> None:
    assert source_from_stored(stored) == source


@given(SOURCES)
def test_a_definition_comes_back_from_its_row(source: Any) -> None:
    definition = replace(
        KPI,
        id=7,
        data_source=source,
        unit=Unit.PERCENT,
        aggregation_period=Cadence.QUARTERLY,
        thresholds=Thresholds(Decimal("99.5"), Decimal(80), Decimal(0)),
        created_by=3,
        lookback_periods=5,
    )
    assert definition_from(row_of(definition)) == definition


def test_limits_that_the_driver_reads_as_floats_are_decimals_again() -> None:
    thresholds = definition_from(
        row_of(KPI, thresholds={"exceeds": 99.9, "on_track": 80, "needs_attention": 60})
    )
    assert thresholds.thresholds == Thresholds(Decimal("99.9"), Decimal(80), Decimal(60))
    assert isinstance(thresholds.thresholds.exceeds, Decimal)


def test_a_save_writes_every_field_but_those_that_never_change() -> None:
    names = {field.name for field in fields(Definition)} | {"calculation_type"}
    assert columns_of(KPI).keys() == names - {"id", "key", "created_by", "created_at"}
    assert columns_of(KPI)["calculation_type"] == "manual"


# --- what cannot be read

TELEPATHY = {"type": "telepathy", "medium": "Eve", "depth": [1, {"x": None}]}


@pytest.mark.parametrize(
    "stored",
    [
        TELEPATHY,
        {},
        {"query": "SELECT 1"},
        {"type": None},
        {"type": "database"},
        {"type": "records", "source": "crm", "method": "median"},
        {"type": "records", "source": "crm", "field": "amount"},
        {"type": "records", "source": "crm", "filters": [1]},
        {"type": "manual", "entered_by": "nobody"},
        {"type": "manual", "allowed_range": {"min": "much"}},
        {"type": "manual", "allowed_range": {"min": 2, "max": 1}},
        {"type": "kpi", "key": "deals"},
        {"type": "formula", "formula": "a", "inputs": [{"variable": "a", "source": TELEPATHY}]},
        {"type": "formula", "formula": "a", "inputs": [{"variable": "a"}]},
        {"type": "formula", "formula": "a", "inputs": 7},
        "telepathy",
        ["telepathy"],
        None,
        7,
    ],
    ids=str,
)
def test_a_source_that_cannot_be_read_is_one_that_says_so(stored: Any) -> None:
    definition = definition_from(row_of(KPI, data_source=stored))
    assert isinstance(definition.data_source, UnreadableSource)
    assert definition.data_source.stored == stored
    assert replace(definition, data_source=KPI.data_source) == KPI
    assert definition.calculation_type is None
    assert source_to_stored(definition.data_source) == stored


def test_an_unreadable_source_names_its_kind_and_what_to_do() -> None:
    definition = definition_from(row_of(KPI, data_source=TELEPATHY))
    assert isinstance(definition.data_source, UnreadableSource)
    assert definition.data_source.message == (
        'The data source of this KPI, of type "telepathy", cannot be read by this version of the platform: '
        "change its data_source."
    )


@pytest.mark.parametrize(
    ("column", "stands_in"),
    [
        ("unit", Unit.NUMBER),
        ("rollup", "none"),
        ("category", Category.CUSTOM),
        ("aggregation_period", Cadence.DAILY),
        ("target_type", "higher_better"),
        ("missing_data", "exclude"),
    ],
)
def test_a_word_that_is_not_known_makes_the_definition_unreadable_and_no_error(
    column: str, stands_in: str
) -> None:
    sum_of_sales = replace(KPI, data_source=RecordsSource("crm", AggregationMethod.SUM), unit=Unit.CURRENCY)
    definition = definition_from(row_of(sum_of_sales, **{column: "parsecs"}))
    assert isinstance(definition.data_source, UnreadableSource)
    assert definition.data_source.kind == "records"
    assert getattr(definition, column) == stands_in
    others = {"unit", "category"} - {column}
    assert [getattr(definition, name) for name in others] == [getattr(sum_of_sales, name) for name in others]


@pytest.mark.parametrize(
    "stored", [{"exceeds": 1, "on_track": 2, "needs_attention": 3}, {"best": 1}, None, 7]
)
def test_thresholds_that_cannot_be_are_no_error_either(stored: Any) -> None:
    definition = definition_from(row_of(KPI, thresholds=stored))
    assert isinstance(definition.data_source, UnreadableSource)
    assert definition.thresholds == Thresholds()


def test_of_an_unreadable_definition_a_save_writes_only_whether_it_is_active() -> None:
    definition = definition_from(row_of(KPI, data_source=TELEPATHY, unit="parsecs"))
    retired = replace(definition, is_active=False)
    assert columns_of(retired) == {"is_active": False, "retired_on": None, "updated_at": KPI.updated_at}


# --- in the audit log


def test_the_log_holds_a_definition_in_its_stored_form_and_plain_values_as_they_are() -> None:
    about = AuditObject("definition", 7)
    entry = _entry(AuditedChange("definition.changed", about, replace(KPI, id=7), {"name": "New"}))
    assert (entry["action"], entry["object_type"], entry["object_id"]) == (
        "definition.changed",
        "definition",
        7,
    )
    assert entry["before"] == definition_to_stored(replace(KPI, id=7))
    assert entry["after"] == {"name": "New"}
    assert _entry(AuditedChange("definition.created", about, None, KPI))["before"] is None
    assert read(entry["before"])["calculation_type"] == CalculationType.MANUAL


def test_what_can_be_read_of_a_row_stays_beside_what_cannot() -> None:
    strict = replace(KPI, thresholds=Thresholds(Decimal(90), Decimal(70), Decimal(50)), unit=Unit.HOURS)
    definition = definition_from(row_of(strict, data_source=TELEPATHY))
    assert (definition.thresholds, definition.unit) == (strict.thresholds, Unit.HOURS)
    assert definition.data_source == UnreadableSource("telepathy", TELEPATHY)


def test_the_audit_log_holds_what_was_stored_and_not_what_stands_in_for_it() -> None:
    limits = {"best": 1}
    definition = definition_from(row_of(KPI, unit="parsecs", thresholds=limits))
    stored = definition_to_stored(definition)
    assert (stored["unit"], stored["thresholds"]) == ("parsecs", limits)
    assert stored["data_source"] == source_to_stored(KPI.data_source)


def test_a_word_that_cannot_be_read_is_named_and_the_source_is_not_blamed() -> None:
    source = definition_from(row_of(KPI, unit="parsecs")).data_source
    assert isinstance(source, UnreadableSource)
    assert source.message == (
        "The unit of this KPI cannot be read by this version of the platform: "
        "change its data_source and unit."
    )


def test_a_category_that_is_not_known_is_nobodys_and_a_known_one_stays() -> None:
    assert definition_from(row_of(KPI, category="wellbeing")).known_category is None
    assert definition_from(row_of(KPI, unit="parsecs")).known_category is KPI.category
