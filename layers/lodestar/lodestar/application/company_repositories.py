"""What use cases read and write about the company's own KPIs; `persistence` fulfils these protocols."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.permissions import Grant
from lodestar.domain.targets import DatedTarget


class CompanyKpis(Protocol):
    """KPIs of the company itself."""

    def company_assignment(self, definition_id: int) -> int | None:
        """The newest company-level assignment of a definition."""

    def definition(self, definition_id: int) -> Definition | None:
        """The active definition of that id, if an active company-level assignment makes it a company KPI."""

    def assignments(self, definition_id: int) -> list[Assignment]:
        """Its active company-level assignments, newest start first."""

    def values(self, definition_id: int, first: date, last: date) -> Mapping[date, Decimal | None]:
        """The company's values by the starts of their periods within that range, oldest first."""


class CompanyTargets(Protocol):
    """Company-level targets for ranges of dates."""

    def of_definition(self, definition_id: int) -> Mapping[int, DatedTarget]:
        """The company-level targets of a definition, by id."""

    def add(self, definition_id: int, target: DatedTarget, notes: str) -> int:
        """Insert one; the new id."""

    def remove(self, target_id: int) -> None:
        """Delete one."""


@dataclass(frozen=True, slots=True)
class Grantee:
    """Whom a grant is for: one user, or everybody of a role; one of the two is None."""

    user_id: int | None = None
    role: str | None = None


class Grants(Protocol):
    """What single users and roles may do with single KPIs."""

    def get(self, definition_id: int, grantee: Grantee) -> Grant | None:
        """What was granted; None is nothing. Held until the transaction ends."""

    def put(self, definition_id: int, grantee: Grantee, grant: Grant) -> None:
        """Grant this instead of what was granted before."""

    def remove(self, definition_id: int, grantee: Grantee) -> None:
        """Take it away."""

    def own_roles(self, names: Collection[str]) -> set[str]:
        """Which of these names are roles of the company's own; those are locked against change."""
