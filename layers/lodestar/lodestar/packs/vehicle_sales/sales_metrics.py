"""How a company sells its vehicles: ten metrics, or zeros and a message instead."""

from datetime import timedelta

from pydantic import Field

from lodestar.application.access import require_found
from lodestar.application.caller import Caller
from lodestar.application.operations.ports import ErrorReporter
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.domain.periods import Cadence
from lodestar.wire.bodies import View
from lodestar.wire.fields import Number
from lodestar.wire.json_view import Json
from lodestar.wire.paging import DatesQuery

AGED_AFTER = timedelta(days=60)
ACTIVE_WITHIN = timedelta(days=30)


class VehicleSalesMetrics(View):
    """Money and counts of a company; money has two decimals, what is neither money nor a count has one.

    All are rounded half-up, and 0 where there is nothing to count.
    """

    average_profit_per_unit: Number = Field(
        description="Mean of sold_price − cost of the vehicles sold from `from` to `to`; money."
    )
    lead_to_purchase_time: Number = Field(
        description="Mean days from created_at to purchased_at of the leads created from `from` to `to`."
    )
    aged_inventory: int = Field(description="Listings that are more than 60 days old now.")
    total_listings: int = Field(description="Vehicles that are not sold now.")
    active_buyers: int = Field(description="Buyers who were active in the last 30 days.")
    conversion_rate: Number = Field(
        description="Percent of the closed leads created from `from` to `to` that were purchased."
    )
    average_price: Number = Field(description="Mean list_price of the listings; money.")
    total_value: Number = Field(description="Sum of the list_price of the listings; money.")
    scoring_rate: Number = Field(description="Percent of the listings that have a score.")
    average_score: Number = Field(description="Mean score of the listings that have one.")


class VehicleSalesKpi(View):
    """The metrics; when they cannot be read, success is false, each is 0, and the message says so."""

    metrics: VehicleSalesMetrics
    success: bool
    message: str | None


class VehicleSalesDays(DatesQuery):
    """The days of the sales and leads to count; listings, buyers and scores are as of now."""


_NOTHING = dict.fromkeys(VehicleSalesMetrics.model_fields, 0)
UNREAD = VehicleSalesKpi(
    metrics=VehicleSalesMetrics.model_validate(_NOTHING),
    success=False,
    message="The sales figures cannot be read right now; try again shortly.",
)


def kpi(
    query: VehicleSalesDays, caller: Caller, work: UnitOfWork, errors: ErrorReporter
) -> Json[VehicleSalesKpi]:
    """The metrics of the caller's company; a day is the company's own.

    A database that fails is reported to `errors`, and the answer is UNREAD.

    Raises:
        InvalidRequest: `to` before `from`, or a day before 1900 or after 2199.
    """
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 — a cold start waits for it only with the database

    calendar = caller.company.calendar
    first, last = (calendar.containing(Cadence.DAILY, day) for day in query.days)
    parameters = {
        "since": calendar.instants(first)[0],
        "until": calendar.instants(last)[1],
        "aged_before": work.now - AGED_AFTER,
        "active_since": work.now - ACTIVE_WITHIN,
    }
    # The answer of a database that fails is a 200 that says so: no status would show it to whoever looks
    # after the platform, so it is reported beside.
    try:
        return Json(require_found(work.views.read_and_commit("vehicle_sales.kpi", parameters), "company"))
    except DBAPIError as error:
        errors.report("vehicle_sales_unread", error)
        return Json(UNREAD.model_dump_json())
