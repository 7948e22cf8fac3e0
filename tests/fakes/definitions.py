"""The store of the room `definitions` in memory, the gate for admins' SQL, and a KPI to start from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import count

from lodestar.application.definitions.ports import Grantee, Installation
from lodestar.domain.definitions import (
    FIELDS_OF_A_VERSION,
    Category,
    Definition,
    DefinitionVersion,
    MissingData,
    Rollup,
    TargetType,
    Thresholds,
    Unit,
)
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Grant
from lodestar.domain.refusals import Conflict, InvalidContent
from lodestar.domain.sources import DatabaseSource, ManualSource, UnreadableSource
from lodestar.domain.versions import FROM_THE_BEGINNING, DatedVersion, Versions, VersionStart

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
KPI = Definition(
    id=0,
    key="deals",
    name="Deals",
    description="",
    category=Category.SALES,
    data_source=ManualSource(),
    unit=Unit.COUNT,
    precision=2,
    aggregation_period=Cadence.WEEKLY,
    target_type=TargetType.HIGHER_BETTER,
    thresholds=Thresholds(),
    missing_data=MissingData.EXCLUDE,
    rollup=Rollup.NONE,
    is_active=True,
    version=1,
    created_by=None,
    created_at=LONG_AGO,
    updated_at=LONG_AGO,
)


@dataclass
class FakeDefinitions:
    """The definitions of one company."""

    stored: dict[int, Definition] = field(default_factory=dict)
    versions: dict[tuple[int, int], Definition] = field(default_factory=dict)
    starts: dict[tuple[int, int], VersionStart] = field(default_factory=dict)
    """From when on versions count; those that are missing have always counted."""
    grants: dict[tuple[int, Grantee], Grant] = field(default_factory=dict)
    company_roles: set[str] = field(default_factory=set)
    installed: dict[str, Installation] = field(default_factory=dict)
    measured: set[int] = field(default_factory=set)
    """Definitions of which values are stored."""
    reads: int = 0
    """How often all definitions were read."""
    _ids: count = field(default_factory=lambda: count(100))

    def get(self, definition_id: int) -> Definition | None:
        return self.stored.get(definition_id)

    def get_for_update(self, definition_id: int) -> Definition | None:
        return self.get(definition_id)

    def all(self) -> list[Definition]:
        self.reads += 1
        return [self.stored[definition_id] for definition_id in sorted(self.stored)]

    def lock_all(self) -> None:
        """Nobody else is here."""

    def is_measured(self, definition_id: int) -> bool:
        return definition_id in self.measured

    def lock(self, definition_id: int) -> None:
        """Nobody else is here."""

    def version(self, definition_id: int, version: int) -> DefinitionVersion | None:
        today, then = self.stored.get(definition_id), self.versions.get((definition_id, version))
        if today is None or then is None:
            return None
        as_then = self._as_of_version(definition_id, version)
        return DefinitionVersion(as_then, None, then.updated_at, version == today.version)

    def _as_of_version(self, definition_id: int, version: int) -> Definition:
        then = self.versions[definition_id, version]
        of_version = {name: getattr(then, name) for name in FIELDS_OF_A_VERSION}
        return replace(self.stored[definition_id], **of_version, version=version)

    def _start(self, definition_id: int, version: int) -> date | None:
        return self.starts.get((definition_id, version), FROM_THE_BEGINNING).effective_from

    def add(self, definition: Definition) -> Definition:
        if definition.key in {known.key for known in self.stored.values()}:
            sentence = f'There is a KPI with the key "{definition.key}" already: choose another key.'
            raise Conflict(sentence, code="duplicate_key")
        added = replace(definition, id=next(self._ids))
        self.stored[added.id] = added
        self.versions[added.id, added.version] = added
        return added

    def versions_of(self, definition_ids: Collection[int]) -> Mapping[int, Versions]:
        return {
            definition_id: Versions(
                tuple(
                    DatedVersion(
                        self._as_of_version(definition_id, version), self._start(definition_id, version)
                    )
                    for known_id, version in sorted(self.versions)
                    if known_id == definition_id
                )
            )
            for definition_id in definition_ids
        }

    def save(self, definition: Definition, start: VersionStart = FROM_THE_BEGINNING) -> None:
        if isinstance(definition.data_source, UnreadableSource):
            before = self.stored[definition.id]
            definition = replace(
                before,
                is_active=definition.is_active,
                retired_on=definition.retired_on,
                updated_at=definition.updated_at,
            )
        self.stored[definition.id] = definition
        if (definition.id, definition.version) not in self.versions:
            self.versions[definition.id, definition.version] = definition
            self.starts[definition.id, definition.version] = start

    def grant_for_update(self, definition_id: int, grantee: Grantee) -> Grant | None:
        return self.grants.get((definition_id, grantee))

    def put_grant(self, definition_id: int, grantee: Grantee, grant: Grant) -> None:
        self.grants[definition_id, grantee] = grant

    def remove_grant(self, definition_id: int, grantee: Grantee) -> None:
        del self.grants[definition_id, grantee]

    def roles_for_share(self, names: Collection[str]) -> set[str]:
        return set(names) & self.company_roles

    def installations(self) -> Mapping[str, Installation]:
        return dict(self.installed)

    def save_installation(self, installation: Installation) -> None:
        self.installed[installation.key] = installation


@dataclass
class FakeQueryCheck:
    """A gate that lets every query pass but those that hold a word of these."""

    refused: tuple[str, ...] = ()
    checked: list[str] = field(default_factory=list)

    def check(self, definition: Definition) -> None:
        self.checked.append(definition.key)
        source = definition.data_source
        if isinstance(source, DatabaseSource) and any(word in source.query for word in self.refused):
            raise InvalidContent.of("data_source.query", "The query is refused.")
