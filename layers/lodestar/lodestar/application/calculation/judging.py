"""Which closed periods of a batch are judged anew: by what is in force now, and the newest version."""

from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass

from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.values.standards import Standards
from lodestar.domain.assignments import THE_COMPANY, Assignment
from lodestar.domain.companies import Company
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import Assignee, SlotKey
from lodestar.domain.periods import Period
from lodestar.domain.runs import Batch, Judging
from lodestar.domain.targets import TargetOrigin

type DuePeriods = Collection[tuple[Period, Definition]]
"""Periods that are calculated, each with the newest version of the definition."""

NO_SLOTS: Container[SlotKey] = ()


@dataclass(frozen=True, slots=True)
class SlotsOfRun:
    """The slots that lie in the dates of a run; what looks back at them is calculated, and keeps its own."""

    batch: Batch

    def __contains__(self, key: object) -> bool:
        return isinstance(key, SlotKey) and (
            self.batch.run_start <= key.period_start and key.period_end <= self.batch.run_end
        )


def slots_judged_anew(
    batch: Batch, assignees: Iterable[Assignee], due: DuePeriods, company: Company, work: CalculationWork
) -> Container[SlotKey]:
    """The slots of a batch that do not keep what they were judged by."""
    match batch.judge:
        case Judging.KEPT:
            return NO_SLOTS
        case Judging.ANEW:
            return SlotsOfRun(batch)
        case Judging.OWN_TARGETS | Judging.COMPANY_TARGETS:
            return _slots_with_another_target(batch, assignees, due, company, work)


def follows_dated_target(judge: Judging, assignment: Assignment, origin: TargetOrigin) -> bool:
    """Whether a target of this origin is the dated one that a run judges by: of its own, or of the company.

    The company's target is to itself what a person's own is to that person.
    """
    is_companys = assignment.subject == THE_COMPANY
    if judge is Judging.COMPANY_TARGETS and not is_companys:
        return origin is TargetOrigin.COMPANY
    return origin is TargetOrigin.RANGE and is_companys is (judge is Judging.COMPANY_TARGETS)


def _slots_with_another_target(
    batch: Batch, assignees: Iterable[Assignee], due: DuePeriods, company: Company, work: CalculationWork
) -> frozenset[SlotKey]:
    assignments = {assignee.assignment.id: assignee.assignment for assignee in assignees}
    if not (assignments and due):
        return frozenset()
    starts = [period.start for period, _ in due]
    kept = work.values.kept_standards(assignments, min(starts), max(starts))
    standards = Standards(company, list(assignments.values()), work)
    found = set()
    for period, definition in due:
        for assignment in assignments.values():
            key = SlotKey.of(assignment.id, period)
            if assignment.definition_id != definition.id or key not in kept:
                continue
            today = standards.today(assignment, definition, period)
            is_another = today.target != kept[key].standard.target
            if is_another and follows_dated_target(batch.judge, assignment, today.origin):
                found.add(key)
    return frozenset(found)
