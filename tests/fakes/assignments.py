"""The store of the room `assignments` in memory: `application.assignments.ports.AssignmentStore` on dictionaries."""

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from lodestar.application.assignments.ports import StoredTarget
from lodestar.domain.assignments import THE_COMPANY, Assignment, Subject, Terms
from lodestar.domain.definitions import Definition
from lodestar.domain.targets import DatedTarget, Target
from lodestar.domain.targets_in_force import Targets


@dataclass
class FakeAssignments:
    """Assignments with their targets by id; `kpis` are the company's definitions, by id."""

    kpis: MutableMapping[int, Definition] = field(default_factory=dict)
    by_id: dict[int, Assignment] = field(default_factory=dict)
    targets: dict[int, StoredTarget] = field(default_factory=dict)
    company_level: dict[int, tuple[int, DatedTarget]] = field(default_factory=dict)
    """Company-level targets by id, each with the id of its definition."""
    effects: dict[int, tuple[int, int | None]] = field(default_factory=dict)
    """What was noted of assignments: how many measurements were withdrawn, and the run."""
    ids: count = field(default_factory=lambda: count(1))

    def get(self, assignment_id: int) -> Assignment | None:
        return self.by_id.get(assignment_id)

    get_for_update = get

    def by_ids(self, assignment_ids: Collection[int]) -> list[Assignment]:
        return [self.by_id[each] for each in sorted(assignment_ids) if each in self.by_id]

    def of_subject(self, definition_id: int, subject: Subject) -> Assignment | None:
        found = (
            assignment
            for assignment in self.by_id.values()
            if (assignment.definition_id, assignment.subject) == (definition_id, subject)
        )
        return next(found, None)

    of_subject_for_update = of_subject

    def add(self, assignment: Assignment) -> int:
        assert self.of_subject(assignment.definition_id, assignment.subject) is None
        assignment_id = next(self.ids)
        self.by_id[assignment_id] = replace(assignment, id=assignment_id)
        return assignment_id

    def add_many(self, user_ids: Sequence[int], assignment: Assignment) -> Mapping[int, int]:
        return {
            user_id: self.add(replace(assignment, subject=Subject(user_id=user_id))) for user_id in user_ids
        }

    def save_terms(self, terms: Mapping[int, Sequence[Terms]]) -> None:
        for assignment_id, of_it in terms.items():
            self.by_id[assignment_id] = replace(self.by_id[assignment_id], terms=tuple(of_it))

    def note_effects(self, assignment_ids: Collection[int], withdrawn: int, run_id: int | None) -> None:
        self.effects |= dict.fromkeys(assignment_ids, (withdrawn, run_id))

    def all_of(self, subject: Subject) -> list[Assignment]:
        return [assignment for assignment in self.by_id.values() if assignment.subject == subject]

    def of_users_and_company(
        self, definition_ids: Collection[int], user_ids: Collection[int]
    ) -> list[Assignment]:
        return [
            assignment
            for _, assignment in sorted(self.by_id.items())
            if assignment.definition_id in definition_ids
            and (assignment.user_id in user_ids or assignment.subject == THE_COMPANY)
        ]

    def of_definition(self, definition_id: int) -> list[Assignment]:
        return [
            assignment
            for _, assignment in sorted(self.by_id.items())
            if assignment.definition_id == definition_id
        ]

    def own_targets(self, assignments: Collection[Assignment]) -> Mapping[int, Targets]:
        found = {}
        for assignment in assignments:
            dated = [stored.dated for stored in self.dated_targets([assignment.id])]
            if assignment.subject == THE_COMPANY:
                dated += self.dated_company_targets(assignment.definition_id).values()
            found[assignment.id] = Targets(tuple(dated), assignment)
        return found

    def company_targets(self, definition_ids: Collection[int]) -> Mapping[int, Targets]:
        return {
            definition_id: Targets(
                tuple(self.dated_company_targets(definition_id).values()),
                self.of_subject(definition_id, THE_COMPANY),
            )
            for definition_id in definition_ids
        }

    def dated_targets(self, assignment_ids: Collection[int]) -> list[StoredTarget]:
        return [target for target in self.targets.values() if target.assignment_id in assignment_ids]

    def add_targets(self, definition_id: int, targets: Sequence[StoredTarget]) -> list[int]:
        assert {self.by_id[target.assignment_id].definition_id for target in targets} <= {definition_id}
        ids = [next(self.ids) for _ in targets]
        self.targets |= {
            new_id: replace(target, id=new_id) for new_id, target in zip(ids, targets, strict=True)
        }
        return ids

    def save_targets(self, targets: Sequence[StoredTarget]) -> None:
        for target in targets:
            stored = self.targets[target.id]
            dated = replace(stored.dated, target=target.dated.target)
            self.targets[target.id] = replace(stored, dated=dated, notes=target.notes)

    def company_kpi(self, definition_id: int) -> Definition | None:
        definition, assignment = self.kpis.get(definition_id), self.of_subject(definition_id, THE_COMPANY)
        return definition if assignment is not None and assignment.terms else None

    def dated_company_targets(self, definition_id: int) -> Mapping[int, DatedTarget]:
        return {
            target_id: dated for target_id, (kpi, dated) in self.company_level.items() if kpi == definition_id
        }

    def add_company_target(self, definition_id: int, target: DatedTarget, notes: str) -> int:
        del notes
        target_id = next(self.ids)
        self.company_level[target_id] = definition_id, target
        return target_id

    def change_company_target(self, target_id: int, target: Target, notes: str | None) -> bool:
        kpi, before = self.company_level[target_id]
        self.company_level[target_id] = kpi, replace(before, target=target)
        return before.target != target or notes is not None

    def remove_company_target(self, target_id: int) -> None:
        del self.company_level[target_id]
