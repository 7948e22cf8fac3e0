"""Types: fleet. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from enum import StrEnum
from typing import Any, Literal, NotRequired, TypedDict

from lodestar_client.core import Number


class BasisUnit(StrEnum):
    """What a cost rate is per."""

    KM = "KM"
    HOUR = "HOUR"
    TRIP = "TRIP"
    REVENUE = "REVENUE"


class CostItem(TypedDict):
    """What a cost center cost, and its share of the whole in percent."""

    group_id: int
    group_name: str
    share_pct: str
    total_cost: str


class FleetMetaGrain(StrEnum):
    """A word of `grain`."""

    PERIOD = "period"
    MONTH = "month"
    WEEK = "week"


class StructureMeta(TypedDict):
    """What a structure is about, and what its costs are grouped by."""

    basis_unit: BasisUnit | None
    grain: FleetMetaGrain
    group_by: Literal["cost_center"]
    period_end: dt.date
    period_start: dt.date
    schema: Literal["kpi-v1"]


class CostTotals(TypedDict):
    """The whole."""

    total_cost: str


class CostStructure(TypedDict):
    """Who cost what in a period. The shares add up to 100.00; all are 0.00 where nothing cost anything."""

    items: list[CostItem]
    meta: StructureMeta
    totals: CostTotals


class FleetMeta(TypedDict):
    """What an answer is about: inclusive days, and the unit whose snapshots count; null where all do."""

    basis_unit: BasisUnit | None
    grain: FleetMetaGrain
    period_end: dt.date
    period_start: dt.date
    schema: Literal["kpi-v1"]


class TrendEntry(TypedDict):
    """A month or week of a trend, cut to the period; avg_rate as in the summary."""

    avg_rate: str
    period_end: dt.date
    period_start: dt.date
    total_cost: str
    total_units: str


class CostTrend(TypedDict):
    """How the costs went, oldest first; a month or week without snapshots is 0."""

    meta: FleetMeta
    series: list[TrendEntry]


class FleetKpis(TypedDict):
    """A period in numbers. avg_rate is the cost per unit; without units the simple average of the rates."""

    avg_rate: str
    cost_per_unit: str
    missing_activity_count: int
    missing_rate_count: int
    snapshot_count: int
    total_cost: str
    total_units: str


class FleetSummary(TypedDict):
    """What the fleet cost in a period."""

    kpis: FleetKpis
    meta: FleetMeta


class Grain(StrEnum):
    """How long the buckets of a trend are."""

    MONTH = "month"
    WEEK = "week"


class SnapshotStatus(StrEnum):
    """Whether a snapshot has all that its rate is made of."""

    OK = "OK"
    MISSING_ACTIVITY = "MISSING_ACTIVITY"
    MISSING_RATE = "MISSING_RATE"


class Snapshot(TypedDict):
    """The cost rate of a cost center over inclusive dates. A cost center that is not there yet is made."""

    basis_unit: BasisUnit
    cost_center: str
    period_end: dt.date
    period_start: dt.date
    rate: NotRequired[Number | str | None]
    status: SnapshotStatus
    total_cost: Number | str
    total_units: Number | str


class SnapshotBatch(TypedDict):
    """Snapshots as they come; each is checked on its own."""

    rows: list[Snapshot | Any]


class SnapshotView(TypedDict):
    """A snapshot as it was loaded; its decimals are texts as in the reads, a rate without trailing zeros."""

    basis_unit: BasisUnit
    cost_center: str
    id: int
    period_end: dt.date
    period_start: dt.date
    rate: str | None
    status: SnapshotStatus
    total_cost: str
    total_units: str


class SnapshotList(TypedDict):
    """One page of snapshots."""

    next_cursor: str | None
    rows: list[SnapshotView]
