"""Methods: vehicle_sales. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages
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

    def kpi(self, *, from_: str | None = None, to: str | None = None) -> VehicleSalesKpi:
        """The ten metrics of vehicle sales."""
        found: VehicleSalesKpi = self._core.call(Request("GET", "/api/kpi", query={"from": from_, "to": to}))
        return found

    def list(
        self,
        table: VehicleSalesTable,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        external_id: str | None = None,
        vehicle: str | None = None,
        buyer: str | None = None,
        outcome: LeadOutcome | None = None,
    ) -> VehicleSalesList:
        """A page of a table, in the order of ids."""
        found: VehicleSalesList = self._core.call(
            Request(
                "GET",
                f"/api/vehicle-sales/{table}",
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
        )
        return found

    def all(
        self,
        table: VehicleSalesTable,
        *,
        limit: int | None = None,
        from_: str | None = None,
        to: str | None = None,
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
        found: RowsView = self._core.call(
            Request(
                "POST", f"/api/vehicle-sales/{table}", headers={"Idempotency-Key": idempotency_key}, body=body
            )
        )
        return found

    def load_csv(
        self, table: VehicleSalesTable, body: str, *, idempotency_key: str | None = None
    ) -> RowsView:
        """Take up to 5,000 rows from a CSV file whose header names the fields of the table."""
        found: RowsView = self._core.call(
            Request(
                "POST",
                f"/api/vehicle-sales/{table}/import",
                headers={"Idempotency-Key": idempotency_key},
                body=body,
                media="text/csv",
            )
        )
        return found

    def delete(self, table: VehicleSalesTable, row_id: int) -> DeletedView:
        """Delete one row; a vehicle or buyer that leads still name answers 409."""
        found: DeletedView = self._core.call(Request("DELETE", f"/api/vehicle-sales/{table}/{row_id}"))
        return found
