"""The table of the company's KPIs: every page of the list, a row for each KPI, and what a locked one shows."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.insight import kpi_table as module
from lodestar.application.insight.company_shapes import ExportQuery
from lodestar.application.insight.kpi_table import kpi_table
from lodestar.application.insight.tables import Quantity, Table
from lodestar.domain.refusals import InvalidRequest
from lodestar.domain.scoring import Status
from lodestar.wire.exact_json import to_json
from tests.fakes.people import ACME, caller_of
from tests.fakes.work import FakeWork

YESTERDAY = date(2026, 3, 3)
LOCKED = {"name": "Secret", "category": "customer_support", "locked": True}


def kpi(**changes: Any) -> dict[str, Any]:
    """A KPI as the list tells it."""
    plain = {
        "id": 1,
        "key": "margin",
        "name": "Margin",
        "description": "",
        "category": "finance",
        "unit": "currency",
        "precision": 1,
        "aggregation_period": "daily",
        "target_type": "range",
        "value": Decimal("-99.5"),
        "target": {"min": Decimal(-80), "max": Decimal("120.5")},
        "progress": Decimal("75.62"),
        "status": "needs_attention",
        "change": {
            "absolute": Decimal("-149.5"),
            "percent": Decimal("-299.00"),
            "direction": "declining",
            "text": "-149.5 from the day before",
        },
        "period_start": YESTERDAY,
        "period_end": YESTERDAY,
        "state": "final",
        "locked": False,
    }
    return plain | changes


def work_with(kpis: Sequence[Mapping[str, Any]]) -> FakeWork:
    """A company whose list has these KPIs; the cursor is how many were told before."""
    work = FakeWork()

    def page(parameters: Mapping[str, Any]) -> str:
        first = parameters["cursor"] or 0
        last = first + parameters["limit"]
        cursor = str(last) if last < len(kpis) else None
        return to_json({"kpis": kpis[first:last], "next_cursor": cursor})

    work.views.answers["company_kpis"] = page
    return work


def table_of(*kpis: Mapping[str, Any], **filters: object) -> Table:
    return kpi_table(ExportQuery.model_validate(filters), caller_of(), work_with(kpis))


def cells(table: Table) -> dict[str, Any]:
    (row,) = table.rows
    return dict(zip([column.title for column in table.columns], row, strict=True))


def test_a_row_tells_all_of_a_kpi() -> None:
    table = table_of(kpi())
    assert cells(table) == {
        "Name": "Margin",
        "Key": "margin",
        "Category": "finance",
        "Period": "daily",
        "From": YESTERDAY,
        "To": YESTERDAY,
        "Value": Quantity(Decimal("-99.5"), 1),
        "Unit": ACME.currency,
        "Target": "−80–120.5",
        "Progress %": Quantity(Decimal("75.62"), 2),
        "Status": Status.NEEDS_ATTENTION,
        "Change": Quantity(Decimal("-149.5"), 1),
        "Change %": Quantity(Decimal("-299.00"), 2),
        "State": "final",
    }
    assert (table.name, table.title, table.on, table.filters) == ("kpis", "KPIs", date(2026, 3, 4), {})


def test_a_locked_kpi_has_a_name_a_category_and_no_number() -> None:
    (row,) = table_of(LOCKED).rows
    assert row == ["Secret", None, "customer support", *[None] * 10, "locked"]


def test_what_was_never_measured_has_empty_cells() -> None:
    nothing = dict.fromkeys(("value", "target", "progress", "change", "period_start", "period_end", "state"))
    found = cells(table_of(kpi(**nothing, status="no_data")))
    empty = ("From", "To", "Value", "Target", "Progress %", "Change", "Change %", "State")
    assert {found[title] for title in empty} == {None}
    assert found["Status"] is Status.NO_DATA


@pytest.mark.parametrize(("unit", "shown"), [("currency", "EUR"), ("%", "%"), ("hours", "hours")])
def test_a_currency_is_the_companys_and_every_other_unit_its_own(unit: str, shown: str) -> None:
    assert cells(table_of(kpi(unit=unit)))["Unit"] == shown


def test_a_target_of_one_number_is_a_number() -> None:
    assert cells(table_of(kpi(target=Decimal("10.00"))))["Target"] == Quantity(Decimal("10.00"), 1)


def test_the_bounds_of_a_range_have_no_zeros_behind_their_decimals() -> None:
    bounds = {"min": Decimal("0.50"), "max": Decimal("1200.00")}
    assert cells(table_of(kpi(target=bounds)))["Target"] == "0.5–1200"


def test_a_change_from_zero_has_no_percentage() -> None:
    change = {"absolute": 5, "percent": None, "direction": "improving", "text": "+5 from yesterday"}
    found = cells(table_of(kpi(change=change)))
    assert (found["Change"], found["Change %"]) == (Quantity(Decimal(5), 1), None)


def test_filters_are_asked_of_the_list_and_told() -> None:
    asked: list[Mapping[str, Any]] = []
    work = work_with([])
    answer = work.views.answers["company_kpis"]
    work.views.answers["company_kpis"] = lambda parameters: asked.append(parameters) or answer(parameters)
    query = ExportQuery.model_validate({"period": "daily", "category": "sales"})
    assert kpi_table(query, caller_of(), work).filters == {"period": "daily", "category": "sales"}
    assert [(each["period"], each["category"]) for each in asked] == [("daily", "sales")]


def test_every_page_of_the_list_is_in_the_table_once_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAGE_SIZE", 2)
    names = [f"kpi {number}" for number in range(5)]
    assert [row[0] for row in table_of(*(kpi(name=name) for name in names)).rows] == names


def test_more_than_a_file_takes_are_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAGE_SIZE", 2)
    monkeypatch.setattr(module, "MAX_TABLE_ROWS", 4)
    assert len(table_of(*[kpi()] * 4).rows) == 4
    with pytest.raises(InvalidRequest, match="at most 4 KPIs: choose a period or a category"):
        table_of(*[kpi()] * 5)


def test_a_company_without_kpis_has_a_table_without_rows() -> None:
    assert table_of().rows == []
