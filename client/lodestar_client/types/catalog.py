"""Types: catalog. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from enum import StrEnum
from typing import Any, NotRequired, TypedDict

from lodestar_client.types.enums import Cadence, CalculationType, Category, TargetType, Unit


class InstalledView(TypedDict):
    """What an entry became in the company: its definition, and the version of the entry that it is."""

    definition_id: int
    installed_at: dt.datetime
    version: int


class TeamType(StrEnum):
    """The kinds of team that have a set of KPIs of their own."""

    CUSTOMER_SUPPORT = "customer_support"
    SALES = "sales"
    OPERATIONS = "operations"


class EntryView(TypedDict):
    """A ready-made KPI. `requires` has the keys of those that its formula uses: they come with it."""

    aggregation_period: Cadence
    calculation_type: CalculationType
    category: Category
    data_source: dict[str, Any]
    description: str
    installed: InstalledView | None
    key: str
    name: str
    pack: str | None
    precision: int
    requires: list[str]
    target_type: TargetType
    team_types: list[TeamType]
    unit: Unit
    update_available: bool
    version: int


class CatalogView(TypedDict):
    """One page of the catalog."""

    entries: list[EntryView]
    next_cursor: str | None


class Outcome(StrEnum):
    """What became of an entry."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    UPDATED = "updated"
    UPDATE_AVAILABLE = "update_available"
    ERROR = "error"


class InstalledEntry(TypedDict):
    """What became of an entry; `version` is the one of the catalog that the company has of it now, if any."""

    definition_id: int | None
    error: str | None
    key: str
    outcome: Outcome
    version: int | None


class InstallView(TypedDict):
    """What became of each entry, in the order of installation: what a formula requires comes before it."""

    entries: list[InstalledEntry]


class Pack(StrEnum):
    """A word of `pack`."""

    FLEET = "fleet"
    VEHICLE_SALES = "vehicle_sales"
    JOB_SEARCH = "job_search"


class SetInstall(TypedDict):
    """Which set to install: that of a category, of a kind of team, or of a pack; `update` as for one."""

    category: NotRequired[Category | None]
    pack: NotRequired[Pack | None]
    team_type: NotRequired[TeamType | None]
    update: NotRequired[bool]
