"""What this room needs from outside, as its use cases use it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lodestar.application.definitions.ports import DefinitionWork
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import Assignee
from lodestar.domain.periods import Period
from lodestar.domain.targets import DatedTarget, Targets


@dataclass(frozen=True, slots=True)
class StoredTarget:
    """A dated target of an assignment; `id` 0 is a new one."""

    id: int
    assignment_id: int
    dated: DatedTarget
    notes: str


class AssignmentStore(Protocol):
    """Assignments and their targets, of people, teams and the bound company itself."""

    def get(self, assignment_id: int) -> Assignment | None:
        """The assignment of that id."""

    def get_for_update(self, assignment_id: int) -> Assignment | None:
        """The assignment of that id; nobody else changes it until the transaction ends."""

    def add(self, assignment: Assignment) -> int:
        """Insert it (its id is ignored); the new id."""

    def save(self, assignment: Assignment) -> None:
        """Write weight, target, end date and activity."""

    def covering(self, definition_id: int, user_id: int | None, period: Period) -> Assignment | None:
        """The newest active assignment to a user, or to the company, that has a day in the period."""

    def same_subject_for_update(self, assignment: Assignment) -> list[Assignment]:
        """The assignments of the same definition to the same subject, oldest start first.

        Nobody else assigns the definition until the transaction ends.
        """

    def of_users_and_company(
        self, definition_ids: Collection[int], user_ids: Collection[int]
    ) -> list[Assignment]:
        """The assignments of these definitions to these users and to the company, oldest start first."""

    def add_many(self, user_ids: Sequence[int], assignment: Assignment) -> Mapping[int, int]:
        """Insert the same for each of these users; the new ids by user."""

    def own_targets(self, assignees: Sequence[Assignee]) -> Mapping[int, Targets]:
        """The targets of each assignee's own assignment, by assignment."""

    def company_targets(self, definition_ids: Collection[int]) -> Mapping[int, Targets]:
        """The targets of the company-level assignments of these definitions, by definition."""

    def dated_targets(self, assignment_ids: Collection[int]) -> list[StoredTarget]:
        """The dated targets of these assignments, in the order of their ids."""

    def add_targets(self, definition_id: int, targets: Sequence[StoredTarget]) -> list[int]:
        """Insert targets of assignments of one definition; the new ids in the same order."""

    def save_targets(self, targets: Sequence[StoredTarget]) -> None:
        """Write values and notes of these targets; the dates stay."""

    def newest_company_assignment(self, definition_id: int) -> int | None:
        """The newest company-level assignment of a definition."""

    def company_kpi(self, definition_id: int) -> Definition | None:
        """The active definition of that id, if an active company-level assignment makes it a company KPI."""

    def company_assignments(self, definition_id: int) -> list[Assignment]:
        """The active company-level assignments of a definition, newest start first."""

    def dated_company_targets(self, definition_id: int) -> Mapping[int, DatedTarget]:
        """The company-level targets of a definition, by id."""

    def add_company_target(self, definition_id: int, target: DatedTarget, notes: str) -> int:
        """Insert a company-level target; the new id."""

    def remove_company_target(self, target_id: int) -> None:
        """Delete a company-level target."""


class AssignmentWork(DefinitionWork, Protocol):
    """A unit of work as this room uses it."""

    @property
    def assignments(self) -> AssignmentStore:
        """Assignments and their targets, of people, teams and the bound company itself."""
