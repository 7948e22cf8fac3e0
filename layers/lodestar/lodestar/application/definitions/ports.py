"""What defining KPIs needs from outside: the store of definitions, and the gate for admins' SQL."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lodestar.application.people.ports import PeopleWork
from lodestar.domain.definitions import Definition, DefinitionVersion
from lodestar.domain.permissions import Grant
from lodestar.domain.versions import FROM_THE_BEGINNING, Versions, VersionStart


@dataclass(frozen=True, slots=True)
class Grantee:
    """Whom a grant is for: one user, or everybody of a role; one of the two is None."""

    user_id: int | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """An entry of the catalog that a company has: in which version, since when, and what it became."""

    key: str
    version: int
    definition_id: int
    installed_at: datetime


class DefinitionStore(Protocol):
    """KPI definitions of the bound company, their versions, the grants on them, and what is installed."""

    def get(self, definition_id: int) -> Definition | None:
        """The definition of that id, active or not."""

    def get_for_update(self, definition_id: int) -> Definition | None:
        """The definition of that id; nobody else changes it until the transaction ends."""

    def all(self) -> list[Definition]:
        """Every definition, active or not, in the order of their ids.

        One that cannot be read is among them, with an unreadable source, and stops no other.
        """

    def lock_all(self) -> None:
        """Let nobody else save a definition or install from the catalog until the transaction ends.

        Whoever saves takes it before reading what it checks against: of two edits at once that close a circle
        together, the second one sees the first. It comes before the lock of any row.
        """

    def is_measured(self, definition_id: int) -> bool:
        """Whether any value of it is stored."""

    def lock(self, definition_id: int) -> None:
        """Let nobody else assign the KPI, set its targets or grant it until the transaction ends."""

    def version(self, definition_id: int, version: int) -> DefinitionVersion | None:
        """The definition of that id with the calculation of a version."""

    def versions_of(self, definition_ids: Collection[int]) -> Mapping[int, Versions]:
        """These definitions in all their versions, by id, in one statement."""

    def add(self, definition: Definition) -> Definition:
        """Insert it (its id is ignored) with its first version. Conflict: key taken."""

    def save(self, definition: Definition, start: VersionStart = FROM_THE_BEGINNING) -> None:
        """Write every field; a version that is not there yet is added, and counts as its start says.

        Of a definition with an unreadable source, only whether it is active.
        """

    def grant_for_update(self, definition_id: int, grantee: Grantee) -> Grant | None:
        """What was granted; None is nothing. Nobody else changes it until the transaction ends."""

    def put_grant(self, definition_id: int, grantee: Grantee, grant: Grant) -> None:
        """Grant this instead of what was granted before."""

    def remove_grant(self, definition_id: int, grantee: Grantee) -> None:
        """Take it away."""

    def roles_for_share(self, names: Collection[str]) -> set[str]:
        """Which of these names are roles of the company's own; those are locked against change."""

    def installations(self) -> Mapping[str, Installation]:
        """What of the catalog is installed, by key."""

    def save_installation(self, installation: Installation) -> None:
        """Write an installation in place of the one before, as made by the actor."""


class DefinitionWork(PeopleWork, Protocol):
    """A unit of work as this room uses it."""

    @property
    def definitions(self) -> DefinitionStore:
        """KPI definitions of the bound company, their versions, the grants on them, and what is installed."""


class QueryCheck(Protocol):
    """The gate for admin SQL."""

    def check(self, definition: Definition) -> None:
        """Check and dry-run every query of a definition. InvalidContent: refused, with the reason."""
