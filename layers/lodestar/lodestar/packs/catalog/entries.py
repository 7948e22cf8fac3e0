"""The catalog: ready-made KPIs by key, and the order in which they can be installed."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from lodestar.application.definitions.data_sources import FormulaBody, KpiBody
from lodestar.application.definitions.defining import new_definition
from lodestar.domain.definitions import Category, Definition
from lodestar.engine.graph import topological_order
from lodestar.packs.catalog.format import EntryFields, TeamType


@dataclass(frozen=True)  # without slots: a cached property needs a place to store its value
class Entry:
    """A ready-made KPI of a category."""

    category: Category
    fields: EntryFields
    pack: str | None = None
    """The pack over whose tables it is calculated; None where pushed records are enough."""

    @property
    def key(self) -> str:
        """Its key in the catalog, and that of the definition it becomes."""
        return self.fields.key

    @cached_property
    def requires(self) -> tuple[str, ...]:
        """The keys of the other KPIs that its formula uses, of any period; in the order of its inputs."""
        source = self.fields.data_source
        inputs = source.inputs if isinstance(source, FormulaBody) else []
        used = [given.source.key for given in inputs if isinstance(given.source, KpiBody)]
        return tuple(key for key in dict.fromkeys(used) if key != self.key)

    def definition(self, author: int | None, now: datetime) -> Definition:
        """The definition that it becomes.

        Raises:
            InvalidContent: a field is out of its bounds; of an entry in the repository never, as tests prove.
        """
        return new_definition(self.fields, self.category, author, now)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All ready-made KPIs by key, in the order of their keys."""

    entries: Mapping[str, Entry]

    def of(
        self, category: Category | None = None, team_type: TeamType | None = None, pack: str | None = None
    ) -> list[Entry]:
        """The entries of a category, a team's set and a pack, in the order of their keys; None takes any."""
        return [
            entry
            for entry in self.entries.values()
            if category in (None, entry.category)
            and pack in (None, entry.pack)
            and (team_type is None or team_type in entry.fields.team_types)
        ]

    def common(self, category: Category | None, team_type: TeamType | None) -> list[Entry]:
        """The entries of a category and a team's set that a company has use for whatever its packs are."""
        return [entry for entry in self.of(category, team_type) if entry.pack is None]

    def to_install(self, keys: Iterable[str]) -> list[Entry]:
        """These entries and all that their formulas require, each behind what it requires."""
        edges: dict[str, tuple[str, ...]] = {}
        waiting = deque(keys)
        while waiting:
            key = waiting.popleft()
            if key not in edges:
                edges[key] = self.entries[key].requires
                waiting += edges[key]
        return [self.entries[key] for key in topological_order(edges)]
