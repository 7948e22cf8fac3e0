"""POST /api/vehicle-sales/{table}: a dealer's system loads vehicles, buyers and leads."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.values.shapes import RowsView
from lodestar.packs.loading import load_rows
from lodestar.packs.vehicle_sales.vehicle_sales_tables import TABLES, VehicleSalesBatch, VehicleSalesTable
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromPath


@endpoint("POST", "/api/vehicle-sales/{table}", needs="records.write")
def handler(
    table: FromPath[VehicleSalesTable], batch: VehicleSalesBatch, caller: Caller, work: UnitOfWork
) -> RowsView:
    """Take up to 1,000 rows; good ones are kept when others are bad, the same again changes nothing.

    Load vehicles and buyers before the leads that name them.
    """
    return load_rows(batch.rows, TABLES[table], caller, work)
