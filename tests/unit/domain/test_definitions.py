from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from lodestar.domain.definitions import (
    CalculationType,
    Category,
    Definition,
    MissingData,
    Rollup,
    TargetType,
    Thresholds,
    Unit,
)
from lodestar.domain.periods import Cadence
from lodestar.domain.refusals import InvalidContent
from lodestar.domain.sources import (
    AggregationMethod,
    DatabaseSource,
    DataSource,
    FormulaSource,
    ManualSource,
    RecordsSource,
    UnreadableSource,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DEALS = Definition(
    id=1,
    key="deals_closed",
    name="Deals closed",
    description="",
    category=Category.SALES,
    data_source=ManualSource(),
    unit=Unit.COUNT,
    precision=0,
    aggregation_period=Cadence.MONTHLY,
    target_type=TargetType.HIGHER_BETTER,
    thresholds=Thresholds(),
    missing_data=MissingData.EXCLUDE,
    rollup=Rollup.SUM,
    is_active=True,
    version=1,
    created_by=1,
    created_at=NOON,
    updated_at=NOON,
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (ManualSource(), CalculationType.MANUAL),
        (DatabaseSource("SELECT 1"), CalculationType.QUERY),
        (RecordsSource("crm", AggregationMethod.COUNT), CalculationType.RECORDS),
        (FormulaSource("1 + 1"), CalculationType.FORMULA),
        (UnreadableSource("telepathy", {}), None),
    ],
)
def test_the_calculation_type_follows_from_the_source(
    source: DataSource, expected: CalculationType | None
) -> None:
    assert replace(DEALS, data_source=source).calculation_type is expected


def test_two_closed_periods_are_looked_at_again_unless_the_owner_says_otherwise() -> None:
    assert DEALS.lookback_periods == 2


@pytest.mark.parametrize("key", ["a", "nps", "deals_closed", "first-response-time", "q4"])
def test_a_key_is_a_slug(key: str) -> None:
    assert replace(DEALS, key=key).key == key


@pytest.mark.parametrize(("field", "value"), [("precision", 0), ("precision", 4), ("lookback_periods", 0)])
def test_a_field_may_take_its_least_and_its_greatest_value(field: str, value: object) -> None:
    assert getattr(replace(DEALS, **{field: value}), field) == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("key", key) for key in ("", "Deals", "deals closed", "_deals", "deals_", "a__b", "é", "deals\n")),
        ("precision", -1),
        ("precision", 5),
        ("lookback_periods", -1),
    ],
)
def test_a_field_out_of_its_bounds_is_refused_by_its_name(field: str, value: object) -> None:
    with pytest.raises(InvalidContent, match=field) as refused:
        replace(DEALS, **{field: value})
    assert [detail.field for detail in refused.value.details] == [field]


@pytest.mark.parametrize(
    "percents", [("80", "80", "60"), ("100", "60", "80"), ("100", "80", "80"), ("100", "80", "-1")]
)
def test_thresholds_that_do_not_descend_are_refused(percents: tuple[str, str, str]) -> None:
    with pytest.raises(InvalidContent, match="must descend"):
        Thresholds(*map(Decimal, percents))


def test_thresholds_may_reach_down_to_0() -> None:
    assert Thresholds(Decimal(2), Decimal(1), Decimal(0)).needs_attention == 0


@pytest.mark.parametrize(
    ("change", "version"),
    [
        ({"data_source": FormulaSource("1 + 1")}, 2),
        ({"unit": Unit.NUMBER}, 2),
        ({"aggregation_period": Cadence.DAILY}, 2),
        ({"missing_data": MissingData.ZERO}, 2),
        ({"rollup": Rollup.LAST}, 2),
        ({"rollup": Rollup.LAST, "unit": Unit.NUMBER}, 2),
        ({"name": "Won"}, 1),
        ({"category": Category.FINANCE, "precision": 4, "is_active": False}, 1),
        ({"target_type": TargetType.EXACT}, 2),
        ({"thresholds": Thresholds(Decimal(101))}, 2),
        ({"data_source": ManualSource(Decimal(1))}, 2),
        ({"lookback_periods": 5}, 1),
        ({}, 1),
    ],
    ids=str,
)
def test_what_changes_how_it_measures_makes_the_next_version_and_nothing_else_does(
    change: dict[str, object], version: int
) -> None:
    after = replace(DEALS, **change)
    assert DEALS.changed_to(after) == replace(after, version=version)
