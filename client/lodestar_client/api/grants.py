"""Methods: grants. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages
from lodestar_client.types.grants import GrantBody, GrantedView, GrantList, GrantView


class GrantsApi:
    """The operations of the tag `grants`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(self, kpi_id: int, *, limit: int | None = None, cursor: str | None = None) -> GrantList:
        """A page of the grants on a KPI, to users and to roles."""
        found: GrantList = self._core.call(
            Request("GET", f"/api/kpis/{kpi_id}/permissions", query={"limit": limit, "cursor": cursor})
        )
        return found

    def all(self, kpi_id: int, *, limit: int | None = None) -> Iterator[GrantView]:
        """Every row of `list`, page by page."""
        return pages(lambda cursor: self.list(kpi_id, limit=limit, cursor=cursor), "permissions")

    def change(self, kpi_id: int, user_id: int, body: GrantBody) -> GrantedView:
        """Give a user rights on one KPI beyond their role; all false takes them away."""
        found: GrantedView = self._core.call(
            Request("PUT", f"/api/kpis/{kpi_id}/permissions/{user_id}", body=body)
        )
        return found
