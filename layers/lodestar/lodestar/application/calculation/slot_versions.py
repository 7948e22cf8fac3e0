"""Which version of its definition a slot is calculated by."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date

from lodestar.application.calculation.ports import CalculationWork
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import Assignee, SlotKey
from lodestar.domain.periods import Period
from lodestar.domain.versions import CompanyDefinitions

type DuePeriods = Collection[tuple[Period, Definition]]
"""Periods that are calculated, each with the newest version of the definition."""


class SlotVersions:
    """The versions of the slots of a batch.

    A closed period stays with the version that its measurement has; without one it takes the version in
    force for it. The running one takes the newest, and of a KPI that is judged anew every one does.
    """

    def __init__(
        self, definitions: CompanyDefinitions, today: date, is_judged_anew: Callable[[int], bool]
    ) -> None:
        """`today` is the company's day: a period that ends before it is closed.

        `is_judged_anew` tells of a definition by its id.
        """
        self._definitions = definitions
        self._today = today
        self._is_judged_anew = is_judged_anew
        self._kept: dict[SlotKey, int] = {}

    def keep(self, assignees: Iterable[Assignee], due: DuePeriods, work: CalculationWork) -> None:
        """Read which versions closed periods have, for KPIs that have more than one."""
        keeping = [(period, definition) for period, definition in due if self._keeps(definition)]
        starts = [period.start for period, _ in keeping]
        changed = {definition.id for _, definition in keeping}
        ids = [
            assignee.assignment.id for assignee in assignees if assignee.assignment.definition_id in changed
        ]
        if starts and ids:
            kept = work.values.kept_standards(ids, min(starts), max(starts))
            self._kept = {key: standard.definition_version for key, standard in kept.items()}

    def groups(
        self, definition: Definition, period: Period, assignees: Iterable[Assignee]
    ) -> Iterator[tuple[Definition, list[Assignee]]]:
        """The assignees by the version that calculates their slots of a period."""
        found: dict[int, tuple[Definition, list[Assignee]]] = {}
        for assignee in assignees:
            version = self._of(definition, period, assignee)
            found.setdefault(version.version, (version, []))[1].append(assignee)
        return iter(found.values())

    def _keeps(self, definition: Definition) -> bool:
        return self._definitions.has_changed(definition) and not self._is_judged_anew(definition.id)

    def _of(self, newest: Definition, period: Period, assignee: Assignee) -> Definition:
        if self._is_judged_anew(newest.id) or period.end >= self._today:
            return newest
        number = self._kept.get(SlotKey.of(assignee.assignment.id, period))
        if number is None:
            return self._definitions.for_period(newest, period)
        return self._definitions.numbered(newest, number)
