"""The source table of the fleet pack: what a cost center cost in a period."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from lodestar.domain.dates import order_problem
from lodestar.packs.fleet.cost_arithmetic import BasisUnit
from lodestar.packs.loading import RowsQuery
from lodestar.packs.source_tables import Reference, SourceTable
from lodestar.wire.bodies import Body, ShownAs, View
from lodestar.wire.fields import CalendarDay, Name, Numeric


class SnapshotStatus(StrEnum):
    """Whether a snapshot has all that its rate is made of."""

    OK = "OK"
    MISSING_ACTIVITY = "MISSING_ACTIVITY"
    MISSING_RATE = "MISSING_RATE"


class Snapshot(Body):
    """The cost rate of a cost center over inclusive dates. A cost center that is not there yet is made.

    Costs are not negative, because shares of their sum would then mean nothing: a credit lowers its own
    snapshot.
    """

    cost_center: Name
    basis_unit: BasisUnit
    period_start: CalendarDay
    period_end: CalendarDay
    total_cost: Annotated[Decimal, Numeric(14, 2, is_signed=False)]
    total_units: Annotated[Decimal, Numeric(14, 3, is_signed=False)]
    rate: Annotated[Decimal, Numeric(14, 6, is_signed=False)] | None = None
    status: SnapshotStatus

    @model_validator(mode="after")
    def in_order(self) -> Self:
        """The period ends on the day that it starts, or later."""
        problem = order_problem(self.period_start, self.period_end)
        if problem is not None:
            raise ValueError(problem)
        return self


class SnapshotBatch(Body):
    """Snapshots as they come; each is checked on its own."""

    checked_by_row = frozenset({"rows"})

    rows: Annotated[list[Annotated[Any, ShownAs(Snapshot)]], Field(min_length=1)]


class SnapshotView(View):
    """A snapshot as it was loaded; its decimals are texts as in the reads, a rate without trailing zeros."""

    id: int
    cost_center: str
    basis_unit: BasisUnit
    period_start: date
    period_end: date
    total_cost: str
    total_units: str
    rate: str | None
    status: SnapshotStatus


class SnapshotList(View):
    """One page of snapshots."""

    rows: list[SnapshotView]
    next_cursor: str | None


class SnapshotQuery(RowsQuery):
    """Which snapshots. `from` and `to` are about the first day of their periods."""

    cost_center: Name | None = None
    basis_unit: BasisUnit | None = None
    status: SnapshotStatus | None = None


SNAPSHOTS = SourceTable(
    pack="fleet",
    name="snapshots",
    relation="lodestar.fleet_cost_rate_snapshots",
    row=Snapshot,
    key=("cost_center", "basis_unit", "period_start", "period_end"),
    references=(
        Reference("cost_center", "lodestar.fleet_cost_centers", "cost center", key="name", is_made=True),
    ),
    day="period_start",
    filters=("status",),
    shown={
        "total_cost": "cast(r.total_cost as text)",
        "total_units": "cast(r.total_units as text)",
        "rate": "cast(trim_scale(r.rate) as text)",
    },
)
