"""GET /api/vehicle-sales/{table}: what was loaded."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.loading import list_rows
from lodestar.packs.vehicle_sales.vehicle_sales_tables import (
    TABLES,
    VehicleSalesList,
    VehicleSalesQuery,
    VehicleSalesTable,
)
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromPath, FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/vehicle-sales/{table}", needs="records.write")
def handler(
    table: FromPath[VehicleSalesTable],
    query: FromQuery[VehicleSalesQuery],
    caller: Caller,
    work: UnitOfWork,
) -> Json[VehicleSalesList]:
    """A page of a table, in the order of ids.

    `from` and `to` are about listed_at of vehicles, last_active_at of buyers and created_at of leads.
    """
    return Json(list_rows(query, TABLES[table], caller, work))
