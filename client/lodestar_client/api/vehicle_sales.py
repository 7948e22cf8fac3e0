"""Methods: vehicle_sales. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages, quoted
from lodestar_client.types.shared import DeletedView, RowsView
from lodestar_client.types.vehicle_sales import (
    BuyerView,
    LeadOutcome,
    LeadView,
    VehicleSalesBatch,
    VehicleSalesKpi,
    VehicleSalesList,
    VehicleSalesTable,
    VehicleView,
)


class VehicleSalesApi:
    """The operations of the tag `vehicle_sales`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def kpi(self, *, from_: dt.date | None = None, to: dt.date | None = None) -> VehicleSalesKpi:
        """The ten metrics of vehicle sales."""
        request = Request("GET", "/api/kpi", query={"from": from_, "to": to})
        found: VehicleSalesKpi = self._core.call(request, VehicleSalesKpi)
        return found

    def list(
        self,
        table: VehicleSalesTable,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        external_id: str | None = None,
        vehicle: str | None = None,
        buyer: str | None = None,
        outcome: LeadOutcome | None = None,
    ) -> VehicleSalesList:
        """A page of a table, in the order of ids."""
        request = Request(
            "GET",
            f"/api/vehicle-sales/{quoted(table)}",
            query={
                "limit": limit,
                "cursor": cursor,
                "from": from_,
                "to": to,
                "external_id": external_id,
                "vehicle": vehicle,
                "buyer": buyer,
                "outcome": outcome,
            },
        )
        found: VehicleSalesList = self._core.call(request, VehicleSalesList)
        return found

    def all(
        self,
        table: VehicleSalesTable,
        *,
        limit: int | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        external_id: str | None = None,
        vehicle: str | None = None,
        buyer: str | None = None,
        outcome: LeadOutcome | None = None,
    ) -> Iterator[VehicleView | BuyerView | LeadView]:
        """Every row of `list`, page by page."""
        return pages(
            lambda cursor: self.list(
                table,
                limit=limit,
                cursor=cursor,
                from_=from_,
                to=to,
                external_id=external_id,
                vehicle=vehicle,
                buyer=buyer,
                outcome=outcome,
            ),
            "rows",
        )

    def load(
        self, table: VehicleSalesTable, body: VehicleSalesBatch, *, idempotency_key: str | None = None
    ) -> RowsView:
        """Take up to 1,000 rows; good ones are kept when others are bad, the same again changes nothing."""
        request = Request(
            "POST",
            f"/api/vehicle-sales/{quoted(table)}",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        found: RowsView = self._core.call(request, RowsView)
        return found

    def load_csv(
        self, table: VehicleSalesTable, body: str, *, idempotency_key: str | None = None
    ) -> RowsView:
        """Take up to 5,000 rows from a CSV file whose header names the fields of the table."""
        request = Request(
            "POST",
            f"/api/vehicle-sales/{quoted(table)}/import",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
            media="text/csv",
        )
        found: RowsView = self._core.call(request, RowsView)
        return found

    def delete(self, table: VehicleSalesTable, row_id: int) -> DeletedView:
        """Delete one row; a vehicle or buyer that leads still name answers 409."""
        request = Request("DELETE", f"/api/vehicle-sales/{quoted(table)}/{quoted(row_id)}")
        found: DeletedView = self._core.call(request, DeletedView)
        return found
