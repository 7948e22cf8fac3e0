"""The vehicle sales pack as the platform knows it."""

from pathlib import Path

from lodestar.packs.pack import Pack
from lodestar.packs.statements import page
from lodestar.packs.vehicle_sales.vehicle_sales_tables import TABLES, VehicleSalesTable
from lodestar.packs.vehicle_sales.vehicle_sales_views import VIEWS

PACK = Pack(
    name="vehicle_sales",
    folder=Path(__file__).parent,
    views={**{table.name: page(table) for table in TABLES.values()}, **VIEWS},
    sandbox={
        "vehicle_sales_vehicles": ["company_id", *TABLES[VehicleSalesTable.VEHICLES].columns],
        "vehicle_sales_buyers": ["company_id", "buyer", "last_active_at"],
        "vehicle_sales_leads": ["company_id", *TABLES[VehicleSalesTable.LEADS].columns],
    },
)
