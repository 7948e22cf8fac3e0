"""The packs of this installation: each is one line in PACKS, and nothing else knows them all."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from lodestar.packs.pack import Pack
from lodestar.persistence.all_views import VIEWS
from lodestar.persistence.kernel.histories import MigrationHistory
from lodestar.sources.sql.tables import SANDBOX, Tables

PACKS: Mapping[str, str] = {
    "fleet": "lodestar.packs.fleet.fleet_pack",
    "vehicle_sales": "lodestar.packs.vehicle_sales.vehicle_sales_pack",
    "job_search": "lodestar.packs.job_search.job_search_pack",
}
"""The module of each pack by name. It is imported when it is asked for: a function pays for its own only."""


def pack_named(name: str) -> Pack:
    """The pack of a name; KeyError: there is none."""
    pack: Pack = import_module(PACKS[name]).PACK
    return pack


def all_packs() -> Iterator[Pack]:
    """Every pack, in the order of the registry."""
    return map(pack_named, PACKS)


def find_view(name: str) -> str:
    """The SQL of a view: `<pack>.<view>`, or one of the platform's; KeyError: there is none."""
    pack, _, view = name.partition(".")
    return pack_named(pack).views[view] if view else VIEWS[name]


def sandbox_tables() -> Tables:
    """All that admins' SQL may read, the platform's tables and those of the packs, with their columns."""
    own = {table: columns for pack in all_packs() for table, columns in pack.sandbox.items()}
    return {**SANDBOX, **own}


def migration_histories() -> list[MigrationHistory]:
    """The migrations of the packs."""
    return [MigrationHistory(pack.name, pack.migrations) for pack in all_packs()]
