"""Browsing the catalog: the ready-made KPIs, and which of them the company has."""

from datetime import datetime
from typing import Any

from pydantic import Field

from lodestar.application.caller import Caller
from lodestar.application.definitions.data_sources import source_to_json
from lodestar.application.definitions.ports import DefinitionWork, Installation
from lodestar.domain.definitions import CalculationType, Category, TargetType, Unit
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import may_read_definitions
from lodestar.domain.refusals import Forbidden, InvalidRequest
from lodestar.packs.catalog.entries import Catalog, Entry
from lodestar.packs.catalog.format import PackName, TeamType
from lodestar.wire.bodies import View
from lodestar.wire.exact_json import to_json
from lodestar.wire.json_view import Json
from lodestar.wire.paging import UNKNOWN_CURSOR, PageQuery


class CatalogQuery(PageQuery):
    """Which entries; a filter that is left out takes any."""

    category: Category | None = None
    team_type: TeamType | None = None
    pack: PackName | None = Field(default=None, description="Those over the tables of this pack.")


class InstalledView(View):
    """What an entry became in the company: its definition, and the version of the entry that it is."""

    definition_id: int
    version: int
    installed_at: datetime


class EntryView(View):
    """A ready-made KPI. `requires` has the keys of those that its formula uses: they come with it.

    `pack` is the one over whose tables it is calculated; null where pushed records are enough.
    """

    key: str
    version: int
    name: str
    description: str
    category: Category
    pack: str | None
    team_types: list[TeamType]
    calculation_type: CalculationType
    unit: Unit
    precision: int
    aggregation_period: Cadence
    target_type: TargetType
    data_source: dict[str, Any]
    requires: list[str]
    installed: InstalledView | None
    update_available: bool


class CatalogView(View):
    """One page of the catalog."""

    entries: list[EntryView]
    next_cursor: str | None


def browse_catalog(
    query: CatalogQuery, catalog: Catalog, caller: Caller, work: DefinitionWork
) -> Json[CatalogView]:
    """A page of the catalog, by key.

    Raises:
        Forbidden: the caller neither assigns nor defines nor sees all KPIs.
        InvalidRequest: a cursor that we never gave.
    """
    if not may_read_definitions(caller.actor):
        raise Forbidden("Only those who assign, define or see all KPIs can browse the catalog.")
    if query.cursor is not None and query.cursor not in catalog.entries:
        raise InvalidRequest(UNKNOWN_CURSOR)
    chosen = catalog.of(query.category, query.team_type, query.pack)
    # By key, so that an entry that is added between two pages shifts no other one.
    found = [entry for entry in chosen if entry.key > (query.cursor or "")]
    shown = found[: query.limit]
    installed = work.definitions.installations()
    page = CatalogView(
        entries=[_view(entry, installed.get(entry.key), work.now) for entry in shown],
        next_cursor=shown[-1].key if len(found) > len(shown) else None,
    )
    return Json(to_json(page))


def _view(entry: Entry, installed: Installation | None, now: datetime) -> EntryView:
    definition = entry.definition(None, now)
    calculation_type = definition.calculation_type
    assert calculation_type is not None  # noqa: S101 — only a stored definition can be unreadable
    return EntryView(
        key=entry.key,
        version=entry.fields.version,
        name=definition.name,
        description=definition.description,
        category=definition.category,
        pack=entry.pack,
        team_types=entry.fields.team_types,
        calculation_type=calculation_type,
        unit=definition.unit,
        precision=definition.precision,
        aggregation_period=definition.aggregation_period,
        target_type=definition.target_type,
        data_source=source_to_json(definition.data_source),
        requires=list(entry.requires),
        installed=None if installed is None else _installed(installed),
        update_available=installed is not None and installed.version < entry.fields.version,
    )


def _installed(installation: Installation) -> InstalledView:
    return InstalledView(
        definition_id=installation.definition_id,
        version=installation.version,
        installed_at=installation.installed_at,
    )
