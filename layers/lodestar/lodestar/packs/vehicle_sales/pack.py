"""The vehicle sales pack as the platform knows it."""

from pathlib import Path

from lodestar.packs.pack import Pack
from lodestar.packs.statements import page
from lodestar.packs.vehicle_sales.tables import SALES_TABLES
from lodestar.packs.vehicle_sales.views import METRICS

PACK = Pack(
    name="vehicle_sales",
    folder=Path(__file__).parent,
    views={"kpi": METRICS, **{each.name: page(each) for each in SALES_TABLES.values()}},
    sandbox={
        "vehicle_sales_vehicles": frozenset(
            [
                *("company_id", "external_id", "cost", "list_price"),
                *("listed_at", "sold_at", "sold_price", "score"),
            ]
        ),
        "vehicle_sales_buyers": frozenset(["company_id", "external_id", "last_active_at"]),
        "vehicle_sales_leads": frozenset(
            [
                *("company_id", "external_id", "vehicle", "buyer"),
                *("created_at", "purchased_at", "outcome"),
            ]
        ),
    },
)
