"""Types: vehicle_sales. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from enum import StrEnum
from typing import Any, NotRequired, TypedDict

from lodestar_client.core import Number


class Buyer(TypedDict):
    """Somebody who may buy."""

    external_id: str
    last_active_at: dt.datetime
    name: NotRequired[str | None]


class BuyerView(TypedDict):
    """A buyer as it was loaded."""

    external_id: str
    id: int
    last_active_at: dt.datetime
    name: str | None


class LeadOutcome(StrEnum):
    """What became of a lead; it is closed when it is no longer open."""

    OPEN = "open"
    PURCHASED = "purchased"
    LOST = "lost"


class Lead(TypedDict):
    """The interest of a buyer in a vehicle, each named by its external_id."""

    buyer: str
    created_at: dt.datetime
    external_id: str
    outcome: LeadOutcome
    purchased_at: NotRequired[dt.datetime | None]
    vehicle: str


class LeadView(TypedDict):
    """A lead as it was loaded."""

    buyer: str
    created_at: dt.datetime
    external_id: str
    id: int
    outcome: LeadOutcome
    purchased_at: dt.datetime | None
    vehicle: str


class Vehicle(TypedDict):
    """A vehicle that was put up for sale. Without sold_at it is a listing."""

    cost: Number | str
    external_id: str
    list_price: Number | str
    listed_at: dt.datetime
    score: NotRequired[Number | str | None]
    sold_at: NotRequired[dt.datetime | None]
    sold_price: NotRequired[Number | str | None]


class VehicleSalesBatch(TypedDict):
    """Rows of one table as they come; each is checked on its own."""

    rows: list[Vehicle | Buyer | Lead | Any]


class VehicleSalesMetrics(TypedDict):
    """Money and counts of a company; money has two decimals, what is neither money nor a count has one."""

    active_buyers: int
    aged_inventory: int
    average_price: Number
    average_profit_per_unit: Number
    average_score: Number
    conversion_rate: Number
    lead_to_purchase_time: Number
    scoring_rate: Number
    total_listings: int
    total_value: Number


class VehicleSalesKpi(TypedDict):
    """The metrics; when they cannot be read, success is false, each is 0, and the message says so."""

    message: str | None
    metrics: VehicleSalesMetrics
    success: bool


class VehicleView(TypedDict):
    """A vehicle as it was loaded."""

    cost: Number
    external_id: str
    id: int
    list_price: Number
    listed_at: dt.datetime
    score: Number | None
    sold_at: dt.datetime | None
    sold_price: Number | None


class VehicleSalesList(TypedDict):
    """One page of a table."""

    next_cursor: str | None
    rows: list[VehicleView | BuyerView | LeadView]


class VehicleSalesTable(StrEnum):
    """The tables, as in addresses."""

    VEHICLES = "vehicles"
    BUYERS = "buyers"
    LEADS = "leads"
