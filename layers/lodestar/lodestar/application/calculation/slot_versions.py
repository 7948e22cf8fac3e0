"""Which version of its definition a slot is calculated by."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from lodestar.application.calculation.judging import DuePeriods
from lodestar.application.calculation.ports import CalculationWork
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import Assignee, SlotKey
from lodestar.domain.periods import Period
from lodestar.domain.versions import CompanyDefinitions


class SlotVersions:
    """The versions of the slots of a batch.

    A closed period stays with the version that its measurement has; without one it takes the version in
    force for it. The running one takes the newest, and so does what is judged anew.
    """

    def __init__(
        self, definitions: CompanyDefinitions, today: date, judged_anew: Collection[SlotKey]
    ) -> None:
        """`today` is the company's day: a period that ends before it is closed."""
        self._definitions = definitions
        self._today = today
        self._judged_anew = judged_anew
        self._kept: dict[SlotKey, int] = {}

    def load_kept(self, assignees: Iterable[Assignee], due: DuePeriods, work: CalculationWork) -> None:
        """Read which versions closed periods have, for KPIs that have more than one."""
        starts = [period.start for period, definition in due if self._definitions.has_changed(definition)]
        changed = {definition.id for _, definition in due if self._definitions.has_changed(definition)}
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

    def _of(self, newest: Definition, period: Period, assignee: Assignee) -> Definition:
        key = SlotKey.of(assignee.assignment.id, period)
        if key in self._judged_anew or period.end >= self._today:
            return newest
        number = self._kept.get(key)
        if number is None:
            return self._definitions.for_period(newest, period)
        return self._definitions.numbered(newest, number)
