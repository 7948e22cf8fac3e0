"""The company's KPIs as a table for files: the list of `GET /kpis/`, all pages of it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from lodestar.application.access import require_found
from lodestar.application.assignments.targets import TargetRangeView
from lodestar.application.caller import Caller
from lodestar.application.insight.company_kpis import company_kpi_parameters
from lodestar.application.insight.company_shapes import CompanyKpi, ExportQuery, LockedKpi
from lodestar.application.insight.ports import InsightWork
from lodestar.application.insight.tables import Cell, Column, Quantity, Table
from lodestar.domain.definitions import Category, Unit
from lodestar.domain.refusals import InvalidRequest

MAX_TABLE_ROWS = 5_000
"""KPIs in a file: what a function writes as any format in the time and memory that it has."""

_PAGE_SIZE = 200
_PERCENT_DECIMALS = 2
_COLUMNS = (
    Column("Name", 32),
    Column("Key", 20),
    Column("Category", 16),
    Column("Period", 11),
    Column("From", 11),
    Column("To", 11),
    Column("Value", 14, is_number=True),
    Column("Unit", 9),
    Column("Target", 14, is_number=True),
    Column("Progress %", 10, is_number=True),
    Column("Status", 15),
    Column("Change", 12, is_number=True),
    Column("Change %", 10, is_number=True),
    Column("State", 9),
)


@dataclass(frozen=True, slots=True)
class _UnreadableKpi:
    """A KPI that is stored in a way that this version cannot read."""

    name: str


def kpi_table(query: ExportQuery, caller: Caller, work: InsightWork) -> Table:
    """The KPIs of the company as the caller sees them today, in the order of the list.

    Raises:
        InvalidRequest: there are more than a file takes.
    """
    rows = [_row(kpi, caller.company.currency) for kpi in _all_kpis(query, caller, work)]
    return Table(
        name="kpis",
        title="KPIs",
        company=caller.company,
        on=caller.company.calendar.local_date(work.now),
        filters=query.filters,
        columns=_COLUMNS,
        rows=rows,
    )


def _all_kpis(
    query: ExportQuery, caller: Caller, work: InsightWork
) -> Iterator[CompanyKpi | LockedKpi | _UnreadableKpi]:
    """Every KPI of the list. A page at a time: the view's work grows faster than its rows."""
    parameters = {**query.model_dump(), "limit": _PAGE_SIZE, **company_kpi_parameters(caller, work)}
    cursor: int | None = None
    for _ in range(MAX_TABLE_ROWS // _PAGE_SIZE):
        text = require_found(work.views.read("company_kpis", {**parameters, "cursor": cursor}), "list")
        page = json.loads(text, parse_float=Decimal)
        yield from map(_kpi, page["kpis"])
        if page["next_cursor"] is None:
            return
        cursor = int(page["next_cursor"])
    raise InvalidRequest(f"A file takes at most {MAX_TABLE_ROWS} KPIs: choose a period or a category.")


def _kpi(shown: dict[str, Any]) -> "CompanyKpi | LockedKpi | _UnreadableKpi":
    """An entry of the list. One that holds a word of another version of the platform stops no other."""
    try:
        return LockedKpi.model_validate(shown) if shown["locked"] else CompanyKpi.model_validate(shown)
    except ValidationError:
        return _UnreadableKpi(shown["name"])


def _row(kpi: "CompanyKpi | LockedKpi | _UnreadableKpi", currency: str) -> Sequence[Cell]:
    if isinstance(kpi, _UnreadableKpi):
        return [kpi.name, *[None] * (len(_COLUMNS) - 2), "unreadable"]
    if isinstance(kpi, LockedKpi):
        empty = [None] * (len(_COLUMNS) - 4)
        return [kpi.name, None, _words(kpi.category), *empty, "locked"]
    change = kpi.change
    return [
        kpi.name,
        kpi.key,
        _words(kpi.category),
        kpi.aggregation_period.value,
        kpi.period_start,
        kpi.period_end,
        _quantity(kpi.value, kpi.precision),
        currency if kpi.unit is Unit.CURRENCY else kpi.unit.value,
        _target(kpi.target, kpi.precision),
        _quantity(kpi.progress, _PERCENT_DECIMALS),
        kpi.status,
        _quantity(change.absolute if change else None, kpi.precision),
        _quantity(change.percent if change else None, _PERCENT_DECIMALS),
        kpi.state,
    ]


def _words(category: Category) -> str:
    return category.replace("_", " ")


def _quantity(number: Decimal | None, decimals: int) -> Quantity | None:
    return None if number is None else Quantity(number, decimals)


def _target(target: Decimal | TargetRangeView | None, decimals: int) -> Cell:
    """A number, or the two bounds of a range: `80–120`."""
    if isinstance(target, TargetRangeView):
        return f"{_plain(target.min)}–{_plain(target.max)}"
    return _quantity(target, decimals)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}".replace("-", "−")
