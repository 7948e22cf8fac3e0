"""What a fleet costs: the company KPI API v1.

It reads the snapshots that were loaded and never computes any. A snapshot belongs to a period when it lies
wholly inside it. Decimals are texts: costs with two decimals, units with three, rates with up to six.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from lodestar.application.access import require_found
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.fleet.cost_arithmetic import (
    BasisUnit,
    Span,
    Sums,
    buckets,
    cost_text,
    rate_text,
    shares,
    units_text,
)
from lodestar.packs.fleet.cost_queries import (
    CostStructureQuery,
    Grain,
    PeriodQuery,
    SummaryQuery,
    TrendQuery,
    company_asked_for,
    span_asked_for,
)
from lodestar.wire.bodies import View
from lodestar.wire.exact_json import to_json
from lodestar.wire.json_view import Json

Cost = Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]{2}$")]
Units = Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]{3}$")]
Rate = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]{0,5}[1-9])?$")]
Share = Annotated[str, Field(pattern=r"^(100|[0-9]{1,2})\.[0-9]{2}$")]


class FleetMeta(View):
    """What an answer is about: inclusive days, and the unit whose snapshots count; null where all do."""

    schema_: Literal["kpi-v1"] = Field(alias="schema")
    period_start: date
    period_end: date
    grain: Literal["period", "month", "week"]
    basis_unit: BasisUnit | None


class StructureMeta(FleetMeta):
    """What a structure is about, and what its costs are grouped by."""

    group_by: Literal["cost_center"]


class FleetKpis(View):
    """A period in numbers. avg_rate is the cost per unit; without units the simple average of the rates."""

    total_cost: Cost
    total_units: Units
    avg_rate: Rate
    cost_per_unit: Rate = Field(description="The same as avg_rate.")
    snapshot_count: int
    missing_activity_count: int
    missing_rate_count: int


class FleetSummary(View):
    """What the fleet cost in a period."""

    meta: FleetMeta
    kpis: FleetKpis


class CostItem(View):
    """What a cost center cost, and its share of the whole in percent."""

    group_id: int
    group_name: str
    total_cost: Cost
    share_pct: Share


class CostTotals(View):
    """The whole."""

    total_cost: Cost


class CostStructure(View):
    """Who cost what in a period. The shares add up to 100.00; all are 0.00 where nothing cost anything."""

    meta: StructureMeta
    items: list[CostItem]
    totals: CostTotals


class TrendEntry(View):
    """A month or week of a trend, cut to the period; avg_rate as in the summary."""

    period_start: date
    period_end: date
    total_cost: Cost
    total_units: Units
    avg_rate: Rate


class CostTrend(View):
    """How the costs went, oldest first; a month or week without snapshots is 0."""

    meta: FleetMeta
    series: list[TrendEntry]


def summary(query: SummaryQuery, caller: Caller, work: UnitOfWork) -> Json[FleetSummary]:
    """What the fleet cost in a period.

    Raises:
        Forbidden: costs are not for the caller, or somebody else than a superuser names a company.
        InvalidRequest: days that are no period, or a superuser who names no company.
        NotFound: the company that a superuser names is not there.
    """
    span = _span(query, caller, work)
    counts = _read("summary", _bound(query.basis_unit, span), work)
    sums = _sums(counts.pop("sums"))
    kpis = {**_in_texts(sums), "cost_per_unit": rate_text(sums.average_rate), **counts}
    return Json(to_json({"meta": _meta(query.basis_unit, span), "kpis": kpis}))


def cost_structure(query: CostStructureQuery, caller: Caller, work: UnitOfWork) -> Json[CostStructure]:
    """Which cost centers cost how much in a period, the largest first, by id among equals.

    Raises:
        Forbidden: costs are not for the caller, or somebody else than a superuser names a company.
        InvalidRequest: days that are no period, or a superuser who names no company.
        NotFound: the company that a superuser names is not there.
    """
    span = _span(query, caller, work)
    groups = _read("cost_structure", _bound(query.basis_unit, span), work)
    costs = [Decimal(group["total_cost"]) for group in groups]
    items = [{**group, "share_pct": str(share)} for group, share in zip(groups, shares(costs), strict=True)]
    totals = {"total_cost": cost_text(sum(costs, Decimal(0)))}
    meta = {**_meta(query.basis_unit, span), "group_by": query.group_by}
    return Json(to_json({"meta": meta, "items": items, "totals": totals}))


def trend(query: TrendQuery, caller: Caller, work: UnitOfWork) -> Json[CostTrend]:
    """How the costs of a period went, month by month or week by week.

    A snapshot counts in the month or week that holds its first day.

    Raises:
        Forbidden: costs are not for the caller, or somebody else than a superuser names a company.
        InvalidRequest: days that are no period, or a superuser who names no company.
        NotFound: the company that a superuser names is not there.
    """
    span = _span(query, caller, work)
    spans = buckets(query.grain.cadence, span)
    starts = [bucket.start for bucket in spans]
    sums_by_bucket = _read("trend", {**_bound(query.basis_unit, span), "starts": starts}, work)
    meta = _meta(query.basis_unit, span, query.grain)
    return Json(to_json({"meta": meta, "series": [*_series(spans, sums_by_bucket)]}))


def _span(query: PeriodQuery, caller: Caller, work: UnitOfWork) -> Span:
    """The period that is asked about; the transaction is bound to the company that is asked about."""
    # The company first: whose calendar says what the last month is, and who may not ask, learns no more.
    company = company_asked_for(query, caller, work)
    return span_asked_for(query, company.calendar.local_date(work.now))


def _bound(unit: BasisUnit | None, span: Span) -> dict[str, object]:
    """What every view binds: with all units written out, the index over units serves here too."""
    return {"units": [unit] if unit else [*BasisUnit], "first": span.start, "last": span.end}


def _read(view: str, parameters: Mapping[str, object], work: UnitOfWork) -> Any:  # noqa: ANN401 — any JSON
    return json.loads(require_found(work.views.read_and_commit(f"fleet.{view}", parameters), view))


def _meta(unit: BasisUnit | None, span: Span, grain: Grain | None = None) -> Mapping[str, object]:
    days = {"period_start": span.start, "period_end": span.end}
    return {"schema": "kpi-v1", **days, "grain": grain or "period", "basis_unit": unit}


def _series(spans: Sequence[Span], sums_by_bucket: Mapping[str, Any]) -> Iterator[Mapping[str, object]]:
    """Every bucket, those without snapshots too; the sums are by the bucket's number, from 1."""
    # The database numbers what it found only: a month in which nothing was loaded is still a point of the
    # series, or a chart would join its neighbours.
    for number, span in enumerate(spans, 1):
        found = sums_by_bucket.get(str(number))
        sums = Sums() if found is None else _sums(found)
        yield {"period_start": span.start, "period_end": span.end, **_in_texts(sums)}


def _sums(found: Mapping[str, Any]) -> Sums:
    return Sums(Decimal(found["cost"]), Decimal(found["units"]), Decimal(found["rates"]), found["rated"])


def _in_texts(sums: Sums) -> dict[str, str]:
    return {
        "total_cost": cost_text(sums.cost),
        "total_units": units_text(sums.units),
        "avg_rate": rate_text(sums.average_rate),
    }
