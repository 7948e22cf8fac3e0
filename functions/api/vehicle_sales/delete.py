"""DELETE /api/vehicle-sales/{table}/{row_id}: a row was loaded by mistake."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.loading import DeletedView, delete_row
from lodestar.packs.vehicle_sales.vehicle_sales_tables import TABLES, VehicleSalesTable
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromPath, PathId


@endpoint("DELETE", "/api/vehicle-sales/{table}/{row_id}", needs="records.write")
def handler(
    table: FromPath[VehicleSalesTable], row_id: PathId, caller: Caller, work: UnitOfWork
) -> DeletedView:
    """Delete one row; a vehicle or buyer that leads still name answers 409."""
    return delete_row(row_id, TABLES[table], caller, work)
