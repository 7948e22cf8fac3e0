"""Which closed periods of a batch are judged anew: by what is in force now, and the newest version."""

from collections.abc import Collection, Iterable

from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.values.standards import Standards
from lodestar.domain.companies import Company
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import Assignee, SlotKey
from lodestar.domain.periods import Period
from lodestar.domain.runs import Batch, Judging
from lodestar.domain.targets_in_force import is_dated_target

type DuePeriods = Collection[tuple[Period, Definition]]
"""Periods that are calculated, each with the newest version of the definition."""


def slots_judged_anew(
    batch: Batch, assignees: Iterable[Assignee], due: DuePeriods, company: Company, work: CalculationWork
) -> frozenset[SlotKey]:
    """The slots of a batch that do not keep what they were judged by.

    They are of KPIs that the run names, and lie in its dates: what is made of them, and what looks back at
    them, is calculated and keeps its own.
    """
    if batch.judge is Judging.KEPT:
        return frozenset()
    asked = {
        SlotKey.of(assignee.assignment.id, period): (assignee.assignment, definition, period)
        for period, definition in due
        if batch.names(definition.id) and batch.run_start <= period.start and period.end <= batch.run_end
        for assignee in assignees
        if assignee.assignment.definition_id == definition.id
    }
    if batch.judge is Judging.ANEW or not asked:
        return frozenset(asked)
    assignments = {assignment.id: assignment for assignment, _, _ in asked.values()}
    starts = [key.period_start for key in asked]
    kept = work.values.kept_standards(assignments, min(starts), max(starts))
    standards = Standards(company, list(assignments.values()), work)
    found = set()
    for key, (assignment, definition, period) in asked.items():
        today = standards.today(assignment, definition, period)
        is_company_target = batch.judge is Judging.COMPANY_TARGETS
        is_its_target = is_dated_target(assignment, today.origin, is_company_target=is_company_target)
        if key in kept and is_its_target and today.target != kept[key].standard.target:
            found.add(key)
    return frozenset(found)
