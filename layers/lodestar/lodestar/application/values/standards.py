"""What the values of many slots are judged by: targets, weights, and what closed periods keep."""

from collections.abc import Collection, Mapping

from lodestar.application.values.ports import ValueWork
from lodestar.domain.assignments import THE_COMPANY, Assignment
from lodestar.domain.companies import Company
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import KeptStandard, SlotKey, Standard, standard_for
from lodestar.domain.periods import Period
from lodestar.domain.targets_in_force import Goal, Targets


class Standards:
    """The standards of slots of some assignments, read for all of them in few statements."""

    def __init__(self, company: Company, assignments: Collection[Assignment], work: ValueWork) -> None:
        """Read the targets of these assignments, and those of the company for the same KPIs."""
        self._company = company
        self._work = work
        by_id = {assignment.id: assignment for assignment in assignments}
        self._own = work.assignments.own_targets(list(by_id.values()))
        self._of_company = work.assignments.company_targets(
            {assignment.definition_id for assignment in by_id.values()}
        )
        self._kept: Mapping[SlotKey, KeptStandard] = {}

    def load_kept(self, slots: Collection[SlotKey]) -> None:
        """Let closed ones of these slots that are measured keep what they were judged by."""
        starts = {key.period_start for key in slots}
        ids = {key.assignment_id for key in slots}
        if starts:
            self._kept = self._work.values.kept_standards(ids, min(starts), max(starts))

    def today(self, assignment: Assignment, definition: Definition, period: Period) -> Standard:
        """What is in force for a period."""
        own = self._own.get(assignment.id, Targets(assignment=assignment))
        return standard_for(period, own, self._goal(assignment, definition), self._company.score_cap)

    def of(self, assignment: Assignment, definition: Definition, period: Period) -> Standard:
        """What a value of the assignment in a period is judged by."""
        today = self.today(assignment, definition, period)
        kept = self._kept.get(SlotKey.of(assignment.id, period))
        return today if kept is None else kept.with_first_target(today)

    def _goal(self, assignment: Assignment, definition: Definition) -> Goal:
        if assignment.subject == THE_COMPANY:
            return Goal()
        return Goal(self._of_company.get(definition.id, Targets()), definition.adds_up)
