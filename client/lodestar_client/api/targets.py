"""Methods: targets. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages, quoted
from lodestar_client.types.targets import (
    BulkTargetDraft,
    BulkTargetView,
    CompanyTargetChange,
    CompanyTargetDraft,
    CompanyTargetList,
    CompanyTargetView,
    SetTargetView,
)


class TargetsApi:
    """The operations of the tag `targets`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def bulk(self, body: BulkTargetDraft, *, idempotency_key: str | None = None) -> BulkTargetView:
        """Set targets of a KPI for up to 1,000 people and a range of dates; a refusal stops no other."""
        request = Request(
            "POST", "/api/kpis/targets/bulk", headers={"Idempotency-Key": idempotency_key}, body=body
        )
        found: BulkTargetView = self._core.call(request, BulkTargetView)
        return found

    def list(self, kpi_id: int, *, limit: int | None = None, cursor: str | None = None) -> CompanyTargetList:
        """A page of the company's targets for ranges of dates; for those who see the KPI."""
        request = Request(
            "GET", f"/api/kpis/{quoted(kpi_id)}/targets", query={"limit": limit, "cursor": cursor}
        )
        found: CompanyTargetList = self._core.call(request, CompanyTargetList)
        return found

    def all(self, kpi_id: int, *, limit: int | None = None) -> Iterator[CompanyTargetView]:
        """Every row of `list`, page by page."""
        return pages(lambda cursor: self.list(kpi_id, limit=limit, cursor=cursor), "targets")

    def create(
        self, kpi_id: int, body: CompanyTargetDraft, *, idempotency_key: str | None = None
    ) -> SetTargetView:
        """Set a target of the company for a range of dates; of nested ranges the narrowest counts."""
        request = Request(
            "POST",
            f"/api/kpis/{quoted(kpi_id)}/targets",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        found: SetTargetView = self._core.call(request, SetTargetView)
        return found

    def delete(self, kpi_id: int, target_id: int) -> SetTargetView:
        """Delete a target of the company; closed periods keep it, and the running one is judged without it."""
        request = Request("DELETE", f"/api/kpis/{quoted(kpi_id)}/targets/{quoted(target_id)}")
        found: SetTargetView = self._core.call(request, SetTargetView)
        return found

    def update(self, kpi_id: int, target_id: int, body: CompanyTargetChange) -> SetTargetView:
        """Change the value or the notes of a target; closed periods keep theirs unless they are restated."""
        request = Request("PUT", f"/api/kpis/{quoted(kpi_id)}/targets/{quoted(target_id)}", body=body)
        found: SetTargetView = self._core.call(request, SetTargetView)
        return found
