"""Methods: grants. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages, quoted
from lodestar_client.types.grants import GrantBody, GrantedView, GrantList, GrantView


class GrantsApi:
    """The operations of the tag `grants`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(self, kpi_id: int, *, limit: int | None = None, cursor: str | None = None) -> GrantList:
        """A page of the grants on a KPI, to users and to roles."""
        request = Request(
            "GET", f"/api/kpis/{quoted(kpi_id)}/permissions", query={"limit": limit, "cursor": cursor}
        )
        found: GrantList = self._core.call(request, GrantList)
        return found

    def all(self, kpi_id: int, *, limit: int | None = None) -> Iterator[GrantView]:
        """Every row of `list`, page by page."""
        return pages(lambda cursor: self.list(kpi_id, limit=limit, cursor=cursor), "permissions")

    def change(self, kpi_id: int, user_id: int, body: GrantBody) -> GrantedView:
        """Give a user rights on one KPI beyond their role; all false takes them away."""
        request = Request("PUT", f"/api/kpis/{quoted(kpi_id)}/permissions/{quoted(user_id)}", body=body)
        found: GrantedView = self._core.call(request, GrantedView)
        return found
