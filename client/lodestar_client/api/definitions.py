"""Methods: definitions. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages, quoted
from lodestar_client.types.definitions import (
    DefinitionChange,
    DefinitionDraft,
    DefinitionList,
    DefinitionSummary,
    DefinitionView,
    NewDefinitionView,
    Preview,
    PreviewRequest,
    RetiredKpiView,
    VersionList,
    VersionView,
)
from lodestar_client.types.enums import Cadence, CalculationType, Category


class DefinitionsApi:
    """The operations of the tag `definitions`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        category: Category | None = None,
        aggregation_period: Cadence | None = None,
        calculation_type: CalculationType | None = None,
        is_active: bool | None = None,
        q: str | None = None,
    ) -> DefinitionList:
        """A page of KPI definitions; for who assigns, defines or sees all KPIs."""
        request = Request(
            "GET",
            "/api/kpis/definitions",
            query={
                "limit": limit,
                "cursor": cursor,
                "category": category,
                "aggregation_period": aggregation_period,
                "calculation_type": calculation_type,
                "is_active": is_active,
                "q": q,
            },
        )
        found: DefinitionList = self._core.call(request, DefinitionList)
        return found

    def all(
        self,
        *,
        limit: int | None = None,
        category: Category | None = None,
        aggregation_period: Cadence | None = None,
        calculation_type: CalculationType | None = None,
        is_active: bool | None = None,
        q: str | None = None,
    ) -> Iterator[DefinitionSummary]:
        """Every row of `list`, page by page."""
        return pages(
            lambda cursor: self.list(
                limit=limit,
                cursor=cursor,
                category=category,
                aggregation_period=aggregation_period,
                calculation_type=calculation_type,
                is_active=is_active,
                q=q,
            ),
            "definitions",
        )

    def create(self, body: DefinitionDraft, *, idempotency_key: str | None = None) -> NewDefinitionView:
        """Define a KPI; a query is checked and dry-run, a formula compiled, before anything is saved."""
        request = Request(
            "POST", "/api/kpis/definitions", headers={"Idempotency-Key": idempotency_key}, body=body
        )
        found: NewDefinitionView = self._core.call(request, NewDefinitionView)
        return found

    def retire(self, definition_id: int, *, dry_run: bool | None = None) -> RetiredKpiView:
        """Retire a KPI: its terms end today, closed periods stay; `dry_run` tells how much would be withdrawn."""
        request = Request(
            "DELETE", f"/api/kpis/definitions/{quoted(definition_id)}", query={"dry_run": dry_run}
        )
        found: RetiredKpiView = self._core.call(request, RetiredKpiView)
        return found

    def get(self, definition_id: int) -> DefinitionView:
        """A KPI with how it is calculated; for who assigns, defines or sees all KPIs, or has a grant on it."""
        request = Request("GET", f"/api/kpis/definitions/{quoted(definition_id)}")
        found: DefinitionView = self._core.call(request, DefinitionView)
        return found

    def update(
        self, definition_id: int, body: DefinitionChange, *, if_match: str | None = None
    ) -> DefinitionView:
        """Change a KPI, by who defines KPIs or has a grant; a changed calculation makes a new version."""
        request = Request(
            "PUT", f"/api/kpis/definitions/{quoted(definition_id)}", headers={"If-Match": if_match}, body=body
        )
        found: DefinitionView = self._core.call(request, DefinitionView)
        return found

    def preview(
        self, definition_id: int, body: PreviewRequest, *, idempotency_key: str | None = None
    ) -> Preview:
        """The value of a person, or of the company, with its explanation; open periods give the value to date."""
        request = Request(
            "POST",
            f"/api/kpis/definitions/{quoted(definition_id)}/preview",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        found: Preview = self._core.call(request, Preview)
        return found

    def versions(
        self, definition_id: int, *, limit: int | None = None, cursor: str | None = None
    ) -> VersionList:
        """A page of a KPI's versions, newest first: who changed what of its calculation when."""
        request = Request(
            "GET",
            f"/api/kpis/definitions/{quoted(definition_id)}/versions",
            query={"limit": limit, "cursor": cursor},
        )
        found: VersionList = self._core.call(request, VersionList)
        return found

    def all_versions(self, definition_id: int, *, limit: int | None = None) -> Iterator[VersionView]:
        """Every row of `versions`, page by page."""
        return pages(lambda cursor: self.versions(definition_id, limit=limit, cursor=cursor), "versions")
