"""Methods: catalog. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator
from typing import Literal

from lodestar_client.core import Core, Request, pages
from lodestar_client.types.catalog import CatalogView, EntryView, InstallView, SetInstall, TeamType
from lodestar_client.types.shared import Category


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
        pack: Literal["fleet", "vehicle_sales", "job_search"] | None = None,
    ) -> CatalogView:
        """A page of the ready-made KPIs, with what the company has of each; for who may list definitions."""
        found: CatalogView = self._core.call(
            Request(
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
        )
        return found

    def all(
        self,
        *,
        limit: int | None = None,
        category: Category | None = None,
        team_type: TeamType | None = None,
        pack: Literal["fleet", "vehicle_sales", "job_search"] | None = None,
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
        found: InstallView = self._core.call(
            Request(
                "POST", "/api/kpis/catalog/install", headers={"Idempotency-Key": idempotency_key}, body=body
            )
        )
        return found

    def install(
        self, key: str, *, update: bool | None = None, idempotency_key: str | None = None
    ) -> InstallView:
        """Install a ready-made KPI and those that its formula requires; 200 when none of them is new."""
        found: InstallView = self._core.call(
            Request(
                "POST",
                f"/api/kpis/catalog/{key}/install",
                query={"update": update},
                headers={"Idempotency-Key": idempotency_key},
            )
        )
        return found
