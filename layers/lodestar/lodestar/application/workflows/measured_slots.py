"""What is measured, beside what it would be judged by now: which slots follow another target or weight."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from operator import itemgetter

from lodestar.application.definitions.versions import with_versions
from lodestar.application.values.standards import Standards
from lodestar.application.workflows.context import ChangeContext
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import KeptStandard, SlotKey, Standard
from lodestar.domain.periods import Period
from lodestar.domain.targets_in_force import is_dated_target


@dataclass(frozen=True, slots=True)
class DateRange:
    """Inclusive days. A period lies in them when its last day does, by which its target is chosen."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class MeasuredSlot:
    """A measured period of an assignment: what it is judged by, and what it would be judged by now."""

    assignment: Assignment
    period: Period
    kept: KeptStandard
    today: Standard
    is_open: bool

    @property
    def key(self) -> SlotKey:
        """What it is known by."""
        return SlotKey.of(self.assignment.id, self.period)

    @property
    def is_to_be_judged(self) -> bool:
        """Whether what is in force now counts for it.

        A closed period that has no target takes the first one; a running one is judged by what holds now.
        """
        if self.is_open:
            return self.kept.standard != self.today
        return self.kept.standard.target is None and self.today.target is not None

    def has_another_dated_target(self, *, is_company_target: bool) -> bool:
        """Whether it is closed and held against another target than its own dated one, or the company's."""
        has_target = not self.is_open and self.kept.standard.target is not None
        is_of_that_kind = is_dated_target(
            self.assignment, self.today.origin, is_company_target=is_company_target
        )
        return has_target and is_of_that_kind and self.kept.standard.target != self.today.target


def measured_slots(
    definition: Definition,
    assignments: Collection[Assignment],
    days: DateRange,
    context: ChangeContext,
    *,
    by_newest: bool = False,
) -> Iterator[MeasuredSlot]:
    """The measured periods of these assignments of one KPI that end in these days.

    Each is looked at by its version of the KPI, a running one by the newest; all are `by_newest` where they
    may be restated.
    """
    by_id = {assignment.id: assignment for assignment in assignments}
    calendar, cadence, today = context.calendar, definition.aggregation_period, context.today
    if not by_id or days.first > calendar.containing(cadence, today).end:
        return
    first, last = calendar.containing(cadence, days.first).start, min(days.last, today)
    measured = context.work.values.judged_slots(by_id, first, last)
    if not measured:
        return
    versions = with_versions(definition, context.work)
    standards = Standards(context.caller.company, list(by_id.values()), context.work)
    for key, judged in sorted(measured.items(), key=itemgetter(0)):
        if days.first <= key.period_end <= days.last:
            period, assignment = Period(cadence, key.period_start, key.period_end), by_id[key.assignment_id]
            kept_version = versions.numbered(definition, judged.kept.definition_version)
            version = definition if judged.is_open or by_newest else kept_version
            now = standards.of(assignment, version, period)
            yield MeasuredSlot(assignment, period, judged.kept, now, judged.is_open)
