"""GET /api/kpi: how well the company's vehicles sell."""

from lodestar.application.caller import Caller
from lodestar.application.operations.ports import ErrorReporter
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.vehicle_sales.sales_metrics import VehicleSalesDays, VehicleSalesKpi, kpi
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpi")
def handler(
    query: FromQuery[VehicleSalesDays], caller: Caller, work: UnitOfWork, errors: ErrorReporter
) -> Json[VehicleSalesKpi]:
    """The ten metrics of vehicle sales.

    `from` and `to`, in the company's timezone, bound what happened: sales by sold_at, leads by created_at.
    Listings, buyers and scores are as of now, whatever the days. Where the metrics cannot be read, the
    answer is still 200, with `success` false, every metric 0 and a `message`.
    """
    return kpi(query, caller, work, errors)
