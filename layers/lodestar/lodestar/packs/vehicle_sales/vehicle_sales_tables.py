"""The source tables of the vehicle sales pack: vehicles, buyers and leads."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from lodestar.packs.loading import RowsQuery
from lodestar.packs.source_tables import Reference, SourceTable
from lodestar.wire.bodies import Body, ShownAs, View
from lodestar.wire.fields import Instant, Name, Number, Numeric

Money = Annotated[Decimal, Numeric(14, 2, is_signed=False)]
"""In the company's currency."""
Score = Annotated[Decimal, Numeric(6, 2, is_signed=False)]
"""How a vehicle was rated, on a scale of the company's own that begins at 0."""


class VehicleSalesTable(StrEnum):
    """The tables, as in addresses."""

    VEHICLES = "vehicles"
    BUYERS = "buyers"
    LEADS = "leads"


class LeadOutcome(StrEnum):
    """What became of a lead; it is closed when it is no longer open."""

    OPEN = "open"
    PURCHASED = "purchased"
    LOST = "lost"


class Vehicle(Body):
    """A vehicle that was put up for sale. Without sold_at it is a listing."""

    external_id: Name
    cost: Money
    list_price: Money
    listed_at: Instant
    sold_at: Instant | None = None
    sold_price: Money | None = None
    score: Score | None = None

    @model_validator(mode="after")
    def sold_in_order(self) -> Self:
        """It is sold after it was listed, and has a price only then."""
        if self.sold_at is None:
            if self.sold_price is not None:
                raise ValueError("sold_price must come with sold_at")
        elif self.sold_at < self.listed_at:
            raise ValueError("sold_at must not lie before listed_at")
        return self


class Buyer(Body):
    """Somebody who may buy."""

    external_id: Name
    name: Name | None = None
    last_active_at: Instant


class Lead(Body):
    """The interest of a buyer in a vehicle, each named by its external_id."""

    external_id: Name
    vehicle: Name
    buyer: Name
    created_at: Instant
    purchased_at: Instant | None = None
    outcome: LeadOutcome

    @model_validator(mode="after")
    def purchased_in_order(self) -> Self:
        """It is purchased after it was created, and has a time of purchase only when it was purchased."""
        if self.purchased_at is None:
            return self
        if self.outcome is not LeadOutcome.PURCHASED:
            raise ValueError("purchased_at must come with the outcome purchased")
        if self.purchased_at < self.created_at:
            raise ValueError("purchased_at must not lie before created_at")
        return self


class VehicleSalesBatch(Body):
    """Rows of one table as they come; each is checked on its own."""

    checked_by_row = frozenset({"rows"})

    rows: Annotated[list[Annotated[Any, ShownAs(Vehicle, Buyer, Lead)]], Field(min_length=1)]


class VehicleView(View):
    """A vehicle as it was loaded."""

    id: int
    external_id: str
    cost: Number
    list_price: Number
    listed_at: datetime
    sold_at: datetime | None
    sold_price: Number | None
    score: Number | None


class BuyerView(View):
    """A buyer as it was loaded."""

    id: int
    external_id: str
    name: str | None
    last_active_at: datetime


class LeadView(View):
    """A lead as it was loaded."""

    id: int
    external_id: str
    vehicle: str
    buyer: str
    created_at: datetime
    purchased_at: datetime | None
    outcome: LeadOutcome


class VehicleSalesList(View):
    """One page of a table."""

    rows: list[VehicleView | BuyerView | LeadView]
    next_cursor: str | None


class VehicleSalesQuery(RowsQuery):
    """Which rows. `from` and `to` are about listed_at, last_active_at or created_at, by the table."""

    external_id: Name | None = None
    vehicle: Name | None = Field(default=None, description="Of leads: the external_id of their vehicle.")
    buyer: Name | None = Field(default=None, description="Of leads: the external_id of their buyer.")
    outcome: LeadOutcome | None = Field(default=None, description="Of leads: what became of them.")


_PACK = "vehicle_sales"
_VEHICLES = "lodestar.vehicle_sales_vehicles"
_BUYERS = "lodestar.vehicle_sales_buyers"

TABLES: Mapping[VehicleSalesTable, SourceTable] = {
    VehicleSalesTable.VEHICLES: SourceTable(_PACK, "vehicles", _VEHICLES, Vehicle, day="listed_at"),
    VehicleSalesTable.BUYERS: SourceTable(_PACK, "buyers", _BUYERS, Buyer, day="last_active_at"),
    VehicleSalesTable.LEADS: SourceTable(
        _PACK,
        "leads",
        "lodestar.vehicle_sales_leads",
        Lead,
        references=(Reference("vehicle", _VEHICLES, "vehicle"), Reference("buyer", _BUYERS, "buyer")),
        day="created_at",
        filters=("vehicle", "buyer", "outcome"),
    ),
}
"""The table behind each address."""
