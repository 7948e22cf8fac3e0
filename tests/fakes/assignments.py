"""The store of the room `assignments` in memory: `application.assignments.ports.AssignmentStore` on dictionaries."""

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from lodestar.application.assignments.ports import StoredTarget
from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import Assignee
from lodestar.domain.periods import Period
from lodestar.domain.targets import DatedTarget, Targets


@dataclass
class FakeAssignments:
    """Assignments with their targets by id; `kpis` are the company's definitions, by id."""

    kpis: MutableMapping[int, Definition] = field(default_factory=dict)
    by_id: dict[int, Assignment] = field(default_factory=dict)
    targets: dict[int, StoredTarget] = field(default_factory=dict)
    company_level: dict[int, tuple[int, DatedTarget]] = field(default_factory=dict)
    """Company-level targets by id, each with the id of its definition."""
    ids: count = field(default_factory=lambda: count(1))

    def get(self, assignment_id: int) -> Assignment | None:
        return self.by_id.get(assignment_id)

    get_for_update = get

    def add(self, assignment: Assignment) -> int:
        assignment_id = next(self.ids)
        self.by_id[assignment_id] = replace(assignment, id=assignment_id)
        return assignment_id

    def add_many(self, user_ids: Sequence[int], assignment: Assignment) -> Mapping[int, int]:
        return {user_id: self.add(replace(assignment, user_id=user_id)) for user_id in user_ids}

    def save(self, assignment: Assignment) -> None:
        self.by_id[assignment.id] = assignment

    def covering(self, definition_id: int, user_id: int | None, period: Period) -> Assignment | None:
        kind = SubjectType.COMPANY if user_id is None else SubjectType.USER
        found = [
            assignment
            for assignment in self._oldest_first()
            if (assignment.definition_id, assignment.user_id, assignment.subject_type)
            == (definition_id, user_id, kind)
            and assignment.is_active
            and assignment.covers(period)
        ]
        return found[-1] if found else None

    def same_subject_for_update(self, assignment: Assignment) -> list[Assignment]:
        return [other for other in self._oldest_first() if _subject(other) == _subject(assignment)]

    def of_users_and_company(
        self, definition_ids: Collection[int], user_ids: Collection[int]
    ) -> list[Assignment]:
        return [
            assignment
            for assignment in self._oldest_first()
            if assignment.definition_id in definition_ids
            and (assignment.user_id in user_ids or assignment.subject_type is SubjectType.COMPANY)
        ]

    def own_targets(self, assignees: Sequence[Assignee]) -> Mapping[int, Targets]:
        found = {}
        for assignee in assignees:
            assignment = assignee.assignment
            dated = [stored.dated for stored in self.dated_targets([assignment.id])]
            if assignee.is_company:
                dated += self.dated_company_targets(assignment.definition_id).values()
            found[assignment.id] = Targets(tuple(dated), assignment.target)
        return found

    def company_targets(self, definition_ids: Collection[int]) -> Mapping[int, Targets]:
        found = {}
        for definition_id in definition_ids:
            newest = self.company_assignments(definition_id)[:1]
            dated = tuple(self.dated_company_targets(definition_id).values())
            found[definition_id] = Targets(dated, newest[0].target if newest else None)
        return found

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

    def newest_company_assignment(self, definition_id: int) -> int | None:
        found = [assignment.id for assignment in self._of_company(definition_id)]
        return found[-1] if found else None

    def company_kpi(self, definition_id: int) -> Definition | None:
        definition = self.kpis.get(definition_id)
        is_one = definition is not None and definition.is_active and self.company_assignments(definition_id)
        return definition if is_one else None

    def company_assignments(self, definition_id: int) -> list[Assignment]:
        of_company = self._of_company(definition_id)
        return [assignment for assignment in reversed(of_company) if assignment.is_active]

    def dated_company_targets(self, definition_id: int) -> Mapping[int, DatedTarget]:
        return {
            target_id: dated for target_id, (kpi, dated) in self.company_level.items() if kpi == definition_id
        }

    def add_company_target(self, definition_id: int, target: DatedTarget, notes: str) -> int:
        del notes
        target_id = next(self.ids)
        self.company_level[target_id] = definition_id, target
        return target_id

    def remove_company_target(self, target_id: int) -> None:
        del self.company_level[target_id]

    def _of_company(self, definition_id: int) -> list[Assignment]:
        return [
            assignment
            for assignment in self._oldest_first()
            if assignment.definition_id == definition_id and assignment.subject_type is SubjectType.COMPANY
        ]

    def _oldest_first(self) -> list[Assignment]:
        return sorted(self.by_id.values(), key=lambda assignment: (assignment.start_date, assignment.id))


def _subject(assignment: Assignment) -> tuple[object, ...]:
    return assignment.definition_id, assignment.subject_type, assignment.user_id, assignment.team_id
