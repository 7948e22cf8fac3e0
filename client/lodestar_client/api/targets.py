"""Methods: targets. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages
from lodestar_client.types.targets import (
    BulkTargetDraft,
    BulkTargetView,
    CompanyTargetDraft,
    CompanyTargetList,
    CompanyTargetView,
)


class TargetsApi:
    """The operations of the tag `targets`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def bulk(self, body: BulkTargetDraft, *, idempotency_key: str | None = None) -> BulkTargetView:
        """Set targets of a KPI for up to 1,000 people and a range of dates; a refusal stops no other."""
        found: BulkTargetView = self._core.call(
            Request("POST", "/api/kpis/targets/bulk", headers={"Idempotency-Key": idempotency_key}, body=body)
        )
        return found

    def list(self, kpi_id: int, *, limit: int | None = None, cursor: str | None = None) -> CompanyTargetList:
        """A page of the company's targets for ranges of dates; for those who see the KPI."""
        found: CompanyTargetList = self._core.call(
            Request("GET", f"/api/kpis/{kpi_id}/targets", query={"limit": limit, "cursor": cursor})
        )
        return found

    def all(self, kpi_id: int, *, limit: int | None = None) -> Iterator[CompanyTargetView]:
        """Every row of `list`, page by page."""
        return pages(lambda cursor: self.list(kpi_id, limit=limit, cursor=cursor), "targets")

    def create(
        self, kpi_id: int, body: CompanyTargetDraft, *, idempotency_key: str | None = None
    ) -> CompanyTargetView:
        """Set a target of the company for a range of dates; of nested ranges the narrowest counts."""
        found: CompanyTargetView = self._core.call(
            Request(
                "POST", f"/api/kpis/{kpi_id}/targets", headers={"Idempotency-Key": idempotency_key}, body=body
            )
        )
        return found

    def delete(self, kpi_id: int, target_id: int) -> CompanyTargetView:
        """Delete a target of the company; what was measured against it stays."""
        found: CompanyTargetView = self._core.call(
            Request("DELETE", f"/api/kpis/{kpi_id}/targets/{target_id}")
        )
        return found
