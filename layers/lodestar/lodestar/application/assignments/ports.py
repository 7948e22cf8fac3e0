"""What this room needs from outside, as its use cases use it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lodestar.application.definitions.ports import DefinitionWork
from lodestar.domain.assignments import Assignment, Subject, Terms
from lodestar.domain.definitions import Definition
from lodestar.domain.targets import DatedTarget, Target
from lodestar.domain.targets_in_force import Targets


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

    def by_ids(self, assignment_ids: Collection[int]) -> list[Assignment]:
        """The assignments of these ids, in their order."""

    def get_for_update(self, assignment_id: int) -> Assignment | None:
        """The assignment of that id; nobody else changes it until the transaction ends."""

    def of_subject(self, definition_id: int, subject: Subject) -> Assignment | None:
        """The assignment of a definition to a subject."""

    def of_subject_for_update(self, definition_id: int, subject: Subject) -> Assignment | None:
        """The same; nobody else assigns the definition to anybody until the transaction ends."""

    def all_of(self, subject: Subject) -> list[Assignment]:
        """The assignments of all definitions to a user or a team; nobody else changes them until then."""

    def of_users_and_company(
        self, definition_ids: Collection[int], user_ids: Collection[int]
    ) -> list[Assignment]:
        """The assignments of these definitions to these users and to the company."""

    def of_definition(self, definition_id: int) -> list[Assignment]:
        """The assignments of a definition to people, teams and the company."""

    def add(self, assignment: Assignment) -> int:
        """Insert it with its terms (its id is ignored); the new id."""

    def add_many(self, user_ids: Sequence[int], assignment: Assignment) -> Mapping[int, int]:
        """Insert the same for each of these users; the new ids by user."""

    def save_terms(self, terms: Mapping[int, Sequence[Terms]]) -> None:
        """Make these the terms of their assignments, by id."""

    def note_effects(self, assignment_ids: Collection[int], withdrawn: int, run_id: int | None) -> None:
        """Note what followed from their last change: measurements out of sight, and the run it started."""

    def own_targets(self, assignments: Collection[Assignment]) -> Mapping[int, Targets]:
        """The targets of each assignment, by its id."""

    def company_targets(self, definition_ids: Collection[int]) -> Mapping[int, Targets]:
        """The targets of the company-level assignments of these definitions, by definition."""

    def dated_targets(self, assignment_ids: Collection[int]) -> list[StoredTarget]:
        """The dated targets of these assignments, in the order of their ids."""

    def add_targets(self, definition_id: int, targets: Sequence[StoredTarget]) -> list[int]:
        """Insert targets of assignments of one definition; the new ids in the same order."""

    def save_targets(self, targets: Sequence[StoredTarget]) -> None:
        """Write values and notes of these targets; the dates stay."""

    def company_kpi(self, definition_id: int) -> Definition | None:
        """The definition of that id, retired or not, if the company itself has, had or will have it."""

    def dated_company_targets(self, definition_id: int) -> Mapping[int, DatedTarget]:
        """The company-level targets of a definition, by id."""

    def add_company_target(self, definition_id: int, target: DatedTarget, notes: str) -> int:
        """Insert a company-level target; the new id."""

    def change_company_target(self, target_id: int, target: Target, notes: str | None) -> bool:
        """Write another value and, unless None, other notes of a target; whether that changes anything."""

    def remove_company_target(self, target_id: int) -> None:
        """Delete a company-level target."""


class AssignmentWork(DefinitionWork, Protocol):
    """A unit of work as this room uses it."""

    @property
    def assignments(self) -> AssignmentStore:
        """Assignments and their targets, of people, teams and the bound company itself."""
