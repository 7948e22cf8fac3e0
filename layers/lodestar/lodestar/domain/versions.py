"""Which version of a definition counts for which period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lodestar.domain.definitions import Definition, MissingData
from lodestar.domain.periods import Period
from lodestar.domain.sources import ManualSource


@dataclass(frozen=True, slots=True)
class VersionStart:
    """From which day on a version counts; None: from the beginning. A period goes by its first day.

    `begins_anew`: it measures something else than the version before, so that no value of the one is
    compared with a value of the other.
    """

    effective_from: date | None = None
    begins_anew: bool = False


FROM_THE_BEGINNING = VersionStart()


@dataclass(frozen=True, slots=True)
class DatedVersion:
    """A definition in one version, and the first day from which that counts; None: from the beginning."""

    definition: Definition
    effective_from: date | None


@dataclass(frozen=True, slots=True)
class Versions:
    """A definition in all its versions, oldest first; at least one."""

    dated: Sequence[DatedVersion]

    @property
    def newest(self) -> Definition:
        """The version of the running period."""
        return self.dated[-1].definition

    def numbered(self, version: int) -> Definition:
        """The version of that number; the newest where there is none."""
        found = (dated.definition for dated in self.dated if dated.definition.version == version)
        return next(found, self.newest)

    def for_period(self, period: Period) -> Definition:
        """The version in force for a period: the newest of those that count by its first day."""
        begun = (
            dated.definition
            for dated in reversed(self.dated)
            if dated.effective_from is None or dated.effective_from <= period.start
        )
        return next(begun, self.dated[0].definition)


class CompanyDefinitions:
    """All definitions of a company, as they are and as they were."""

    def __init__(self, newest: Sequence[Definition], versions: Mapping[int, Versions] | None = None) -> None:
        """`versions` are those of the definitions that have more than one, by their id."""
        self.newest = newest
        self._versions = versions or {}

    @property
    def earlier(self) -> list[Definition]:
        """All versions that were in force before the newest ones."""
        return [dated.definition for of_one in self._versions.values() for dated in of_one.dated[:-1]]

    def every_version(self) -> list[Definition]:
        """The newest ones, and behind them all that were in force before."""
        return [*self.newest, *self.earlier]

    def versions_of(self, definition: Definition) -> list[Definition]:
        """A definition in all its versions, newest first."""
        of_it = self._versions.get(definition.id)
        return [definition] if of_it is None else [dated.definition for dated in reversed(of_it.dated)]

    def carries(self, definition: Definition) -> bool:
        """Whether any version of a definition carries values into periods without one."""
        return any(each.missing_data is MissingData.CARRY for each in self.versions_of(definition))

    def is_entered(self, definition: Definition) -> bool:
        """Whether people enter the values of any version of a definition."""
        return any(isinstance(each.data_source, ManualSource) for each in self.versions_of(definition))

    def has_changed(self, definition: Definition) -> bool:
        """Whether a definition has more than one version."""
        return definition.id in self._versions

    def numbered(self, definition: Definition, version: int) -> Definition:
        """A definition in the version of that number."""
        of_it = self._versions.get(definition.id)
        return definition if of_it is None else of_it.numbered(version)

    def for_period(self, definition: Definition, period: Period) -> Definition:
        """A definition in the version in force for a period."""
        of_it = self._versions.get(definition.id)
        return definition if of_it is None else of_it.for_period(period)
