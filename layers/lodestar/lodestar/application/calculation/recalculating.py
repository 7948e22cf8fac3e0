"""One value calculated again by the machinery of the batches, with all that it was made of."""

from collections.abc import Mapping
from dataclasses import dataclass

from lodestar.application.calculation.ports import CalculationWork, CountsRows, Source, SourceRequest, Sources
from lodestar.application.calculation.valuing import AWAITING_ENTRY, SlotGroup, ValueCalculator
from lodestar.application.caller import Caller
from lodestar.application.definitions.versions import all_definitions
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.measurements import Assignee, is_rolled_up
from lodestar.domain.periods import Period
from lodestar.domain.permissions import may_view_kpi
from lodestar.domain.refusals import Unavailable
from lodestar.domain.sources import FormulaInput, FormulaSource, InputSubject, KpiInput, ManualSource
from lodestar.domain.values import Failure, NoData, Value

NOT_READ = NoData("not_asked")
"""Of an input that the caller may not see, or that was not read because another one failed before it."""


@dataclass(frozen=True, slots=True)
class RecalculationContext:
    """What it takes to tell how a value comes about: who asks, the database and the sources."""

    caller: Caller
    work: CalculationWork
    sources: Sources


@dataclass(frozen=True, slots=True)
class RecalculationRequest:
    """What is calculated again: a definition, in one of its versions, for an assignee in a period.

    `entered` is the value that somebody entered for it, if somebody did.
    """

    definition: Definition
    assignee: Assignee
    period: Period
    entered: Value | None = None

    @property
    def rollup(self) -> Rollup | None:
        """How people's values become this one; None for a value of its own."""
        is_made = is_rolled_up(self.definition, self.assignee.assignment.subject_type)
        return self.definition.rollup if is_made else None

    @property
    def slots(self) -> SlotGroup:
        """The only slot, as the machinery of the batches takes it."""
        return SlotGroup(self.assignee.assignment.subject_type, [self.assignee], self.period)


@dataclass(frozen=True, slots=True)
class RecalculatedInput:
    """One variable of a formula, and how many raw rows it was made of; None: that cannot be told.

    `period` is that of a KPI's value. `locked`: the caller may not know what it was.
    """

    input: FormulaInput
    value: Value
    row_count: int | None
    period: Period | None
    locked: bool


@dataclass(frozen=True, slots=True)
class Recalculation:
    """A value, the raw rows behind it, and the inputs of its formula."""

    value: Value
    row_count: int | None = None
    inputs: tuple[RecalculatedInput, ...] = ()


@dataclass(frozen=True, slots=True)
class _SourceResult:
    """What a source gave for the subject, and how many raw rows it found; None: that cannot be told."""

    source: object
    value: Value
    row_count: int | None


class _RecordingSource:
    """A source that also records what it gave for the one subject that it was asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.results: list[_SourceResult] = []

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        values = self._source.values(request)
        (value,) = values.values()
        self.results.append(_SourceResult(request.source, value, self._row_count(request, value)))
        return values

    def _row_count(self, request: SourceRequest, value: Value) -> int | None:
        """Nothing is counted for a query that has just failed: it would take as long, and fail again."""
        if isinstance(self._source, CountsRows) and not isinstance(value, Failure):
            return self._source.row_count(request)
        return None


def recalculate(request: RecalculationRequest, context: RecalculationContext) -> Recalculation:
    """The value that is asked for on today's data. Whatever fails is a Failure in it, never an exception."""
    if request.rollup is None and isinstance(request.definition.data_source, ManualSource):
        return Recalculation(AWAITING_ENTRY if request.entered is None else request.entered)
    return _Calculation(request, context).recalculated()


class _Calculation:
    def __init__(self, request: RecalculationRequest, context: RecalculationContext) -> None:
        self._request, self._caller, work = request, context.caller, context.work
        definitions = all_definitions(work)
        self._by_key = {definition.key: definition for definition in definitions.newest}
        self._sources = {kind: _RecordingSource(source) for kind, source in context.sources(work).items()}
        self._calculator = ValueCalculator(definitions, self._caller.company, work, self._sources)

    def recalculated(self) -> Recalculation:
        request, source = self._request, self._request.definition.data_source
        value = self._value()
        if request.rollup is not None:
            assignee = request.assignee
            parts = self._calculator.rollup_parts(
                request.definition, assignee.assignment.subject_type, assignee.subject_id, request.period
            )
            return Recalculation(value, len(parts))
        if isinstance(source, FormulaSource):
            return Recalculation(value, None, tuple(map(self._input, source.inputs)))
        return Recalculation(value, self._result_of(source).row_count)

    def _value(self) -> Value:
        try:
            values = self._calculator.values(self._request.definition, self._request.slots)
        except Unavailable as error:
            # A batch would come again; here somebody waits for an answer, and gets the reason.
            return Failure(error.code, error.message)
        return values[self._request.assignee.subject_id]

    def _result_of(self, wanted: object) -> _SourceResult:
        results = (result for source in self._sources.values() for result in source.results)
        # By identity: two inputs of a formula may be equal, and each was asked for by itself.
        found = (result for result in results if result.source is wanted)
        return next(found, _SourceResult(wanted, NOT_READ, None))

    def _input(self, declared: FormulaInput) -> RecalculatedInput:
        source = declared.source
        if not isinstance(source, KpiInput):
            result = self._result_of(source)
            return RecalculatedInput(declared, result.value, result.row_count, None, locked=False)
        period = self._caller.company.calendar.shift(self._request.period, source.offset)
        if not self._may_see(source):
            return RecalculatedInput(declared, NOT_READ, None, period, locked=True)
        values = self._calculator.kpi_input_values(source, self._request.slots)
        value = values[self._request.assignee.subject_id]
        return RecalculatedInput(declared, value, None, period, locked=False)

    def _may_see(self, source: KpiInput) -> bool:
        """Who may see a person may see all of them, and their team's averages; the company's go by right."""
        kpi = self._by_key[source.key]
        own_type = self._request.assignee.assignment.subject_type
        of = own_type if source.of is InputSubject.SAME else SubjectType(source.of)
        return of is not SubjectType.COMPANY or may_view_kpi(self._caller.actor, kpi.id, kpi.known_category)
