"""Methods: catalog. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages, quoted
from lodestar_client.types.catalog import CatalogView, EntryView, InstallView, Pack, SetInstall, TeamType
from lodestar_client.types.enums import Category


class CatalogApi:
    """The operations of the tag `catalog`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        category: Category | None = None,
        team_type: TeamType | None = None,
        pack: Pack | None = None,
    ) -> CatalogView:
        """A page of the ready-made KPIs, with what the company has of each; for who may list definitions."""
        request = Request(
            "GET",
            "/api/kpis/catalog",
            query={
                "limit": limit,
                "cursor": cursor,
                "category": category,
                "team_type": team_type,
                "pack": pack,
            },
        )
        found: CatalogView = self._core.call(request, CatalogView)
        return found

    def all(
        self,
        *,
        limit: int | None = None,
        category: Category | None = None,
        team_type: TeamType | None = None,
        pack: Pack | None = None,
    ) -> Iterator[EntryView]:
        """Every row of `list`, page by page."""
        return pages(
            lambda cursor: self.list(
                limit=limit, cursor=cursor, category=category, team_type=team_type, pack=pack
            ),
            "entries",
        )

    def install_set(self, body: SetInstall, *, idempotency_key: str | None = None) -> InstallView:
        """Install the ready-made KPIs of a category, a kind of team or a pack; 200 when none of them is new."""
        request = Request(
            "POST", "/api/kpis/catalog/install", headers={"Idempotency-Key": idempotency_key}, body=body
        )
        found: InstallView = self._core.call(request, InstallView)
        return found

    def install(
        self, key: str, *, update: bool | None = None, idempotency_key: str | None = None
    ) -> InstallView:
        """Install a ready-made KPI and those that its formula requires; 200 when none of them is new."""
        request = Request(
            "POST",
            f"/api/kpis/catalog/{quoted(key)}/install",
            query={"update": update},
            headers={"Idempotency-Key": idempotency_key},
        )
        found: InstallView = self._core.call(request, InstallView)
        return found
