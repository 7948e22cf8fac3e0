"""Methods: fleet. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from collections.abc import Iterator
from typing import Literal

from lodestar_client.core import Core, Request, pages, quoted
from lodestar_client.types.fleet import (
    BasisUnit,
    CostStructure,
    CostTrend,
    FleetSummary,
    Grain,
    SnapshotBatch,
    SnapshotList,
    SnapshotStatus,
    SnapshotView,
)
from lodestar_client.types.shared import DeletedView, RowsView


class FleetApi:
    """The operations of the tag `fleet`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        cost_center: str | None = None,
        basis_unit: BasisUnit | None = None,
        status: SnapshotStatus | None = None,
    ) -> SnapshotList:
        """A page of cost-rate snapshots, in the order in which they were first loaded."""
        request = Request(
            "GET",
            "/api/fleet/snapshots",
            query={
                "limit": limit,
                "cursor": cursor,
                "from": from_,
                "to": to,
                "cost_center": cost_center,
                "basis_unit": basis_unit,
                "status": status,
            },
        )
        found: SnapshotList = self._core.call(request, SnapshotList)
        return found

    def all(
        self,
        *,
        limit: int | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        cost_center: str | None = None,
        basis_unit: BasisUnit | None = None,
        status: SnapshotStatus | None = None,
    ) -> Iterator[SnapshotView]:
        """Every row of `list`, page by page."""
        return pages(
            lambda cursor: self.list(
                limit=limit,
                cursor=cursor,
                from_=from_,
                to=to,
                cost_center=cost_center,
                basis_unit=basis_unit,
                status=status,
            ),
            "rows",
        )

    def load(self, body: SnapshotBatch, *, idempotency_key: str | None = None) -> RowsView:
        """Take up to 1,000 snapshots; good ones are kept when others are bad, the same again changes nothing."""
        request = Request(
            "POST", "/api/fleet/snapshots", headers={"Idempotency-Key": idempotency_key}, body=body
        )
        found: RowsView = self._core.call(request, RowsView)
        return found

    def load_csv(self, body: str, *, idempotency_key: str | None = None) -> RowsView:
        """Take up to 5,000 snapshots from a CSV file whose header names the fields of a snapshot."""
        request = Request(
            "POST",
            "/api/fleet/snapshots/import",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
            media="text/csv",
        )
        found: RowsView = self._core.call(request, RowsView)
        return found

    def delete(self, row_id: int) -> DeletedView:
        """Delete one snapshot; its cost center stays."""
        request = Request("DELETE", f"/api/fleet/snapshots/{quoted(row_id)}")
        found: DeletedView = self._core.call(request, DeletedView)
        return found

    def cost_structure(
        self,
        *,
        month: str | None = None,
        period_start: dt.date | None = None,
        period_end: dt.date | None = None,
        company_id: int | None = None,
        group_by: Literal["cost_center"] | None = None,
        basis_unit: BasisUnit | None = None,
    ) -> CostStructure:
        """Which cost centers cost how much in a period; for managers and admins."""
        request = Request(
            "GET",
            "/api/v1/kpis/company/cost-structure/",
            query={
                "month": month,
                "period_start": period_start,
                "period_end": period_end,
                "company_id": company_id,
                "group_by": group_by,
                "basis_unit": basis_unit,
            },
        )
        found: CostStructure = self._core.call(request, CostStructure)
        return found

    def summary(
        self,
        *,
        month: str | None = None,
        period_start: dt.date | None = None,
        period_end: dt.date | None = None,
        company_id: int | None = None,
        basis_unit: BasisUnit | None = None,
    ) -> FleetSummary:
        """What the fleet cost in a period; for managers and admins."""
        request = Request(
            "GET",
            "/api/v1/kpis/company/summary/",
            query={
                "month": month,
                "period_start": period_start,
                "period_end": period_end,
                "company_id": company_id,
                "basis_unit": basis_unit,
            },
        )
        found: FleetSummary = self._core.call(request, FleetSummary)
        return found

    def trend(
        self,
        *,
        month: str | None = None,
        period_start: dt.date | None = None,
        period_end: dt.date | None = None,
        company_id: int | None = None,
        basis_unit: BasisUnit | None = None,
        grain: Grain | None = None,
    ) -> CostTrend:
        """How the costs of a period went, month by month or week by week; for managers and admins."""
        request = Request(
            "GET",
            "/api/v1/kpis/company/trend/",
            query={
                "month": month,
                "period_start": period_start,
                "period_end": period_end,
                "company_id": company_id,
                "basis_unit": basis_unit,
                "grain": grain,
            },
        )
        found: CostTrend = self._core.call(request, CostTrend)
        return found
