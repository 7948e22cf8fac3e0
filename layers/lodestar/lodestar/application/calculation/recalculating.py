"""One value calculated again by the machinery of the batches, with all that it was made of."""

from collections.abc import Mapping
from dataclasses import dataclass

from lodestar.application.calculation.ports import CalculationWork, CountsRows, Source, SourceRequest, Sources
from lodestar.application.calculation.valuing import AWAITING, Valuing
from lodestar.application.caller import Caller
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.measurements import Assignee
from lodestar.domain.periods import Period
from lodestar.domain.permissions import may_view_kpi
from lodestar.domain.refusals import Unavailable
from lodestar.domain.sources import FormulaInput, FormulaSource, InputSubject, KpiInput, ManualSource
from lodestar.domain.values import Failure, NoData, Value

NOT_ASKED = NoData("not_asked")


@dataclass(frozen=True, slots=True)
class Case:
    """What is calculated: a definition, in one of its versions, for a slot in a period.

    `entered` is the value that somebody entered for it, if somebody did.
    """

    definition: Definition
    slot: Assignee
    period: Period
    entered: Value | None = None

    @property
    def kind(self) -> SubjectType:
        """What is measured: a user, or the company."""
        return self.slot.assignment.subject_type

    @property
    def rollup(self) -> Rollup | None:
        """How members' values become this one; None for a value of its own."""
        is_own = self.kind is SubjectType.USER or isinstance(self.definition.data_source, ManualSource)
        return None if is_own or self.definition.rollup is Rollup.NONE else self.definition.rollup


@dataclass(frozen=True, slots=True)
class Observation:
    """What a source answered about the subject, and how many raw rows it found; None: that cannot be told."""

    value: Value
    row_count: int | None


@dataclass(frozen=True, slots=True)
class RecalculatedInput:
    """One variable of a formula; `locked`: the caller may not know what it was."""

    input: FormulaInput
    observation: Observation
    period: Period | None
    locked: bool


@dataclass(frozen=True, slots=True)
class Recalculation:
    """A value, the raw rows behind it, and the inputs of its formula."""

    value: Value
    row_count: int | None = None
    inputs: tuple[RecalculatedInput, ...] = ()


class ObservedSource:
    """A source that also remembers what it said about the one subject that it was asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.heard: list[tuple[object, Observation]] = []

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        """As the source itself."""
        values = self._source.values(request)
        (value,) = values.values()
        self.heard.append((request.source, Observation(value, self._row_count(request, value))))
        return values

    def _row_count(self, request: SourceRequest, value: Value) -> int | None:
        """Nothing is counted for a query that has just failed: it would take as long, and fail again."""
        if isinstance(self._source, CountsRows) and not isinstance(value, Failure):
            return self._source.row_count(request)
        return None


@dataclass(frozen=True, slots=True)
class RecalculationContext:
    """What it takes to tell how a value comes about: who asks, the database and the sources."""

    caller: Caller
    work: CalculationWork
    sources: Sources


class _Calculation:
    def __init__(self, case: Case, desk: RecalculationContext) -> None:
        self._case, self._caller = case, desk.caller
        known = {each.key: each for each in desk.work.definitions.all()}
        self._known = known | {case.definition.key: case.definition}
        self._observed = {kind: ObservedSource(source) for kind, source in desk.sources(desk.work).items()}
        self._valuing = Valuing(list(self._known.values()), desk.caller.company, desk.work, self._observed)

    def recalculated(self) -> Recalculation:
        case, source = self._case, self._case.definition.data_source
        value = self._value()
        if case.rollup is not None:
            parts = self._valuing.parts(case.definition, case.kind, case.slot.subject_id, case.period)
            return Recalculation(value, len(parts))
        if isinstance(source, FormulaSource):
            return Recalculation(value, None, tuple(map(self._input, source.inputs)))
        return Recalculation(value, self._heard(source).row_count)

    def _value(self) -> Value:
        case = self._case
        try:
            values = self._valuing.values(case.definition, case.kind, [case.slot], case.period)
        except Unavailable as error:
            return Failure(error.code, error.message)
        return values[case.slot.subject_id]

    def _heard(self, wanted: object) -> Observation:
        heard = (each for source in self._observed.values() for each in source.heard)
        return next((said for asked, said in heard if asked is wanted), Observation(NOT_ASKED, None))

    def _input(self, each: FormulaInput) -> RecalculatedInput:
        if not isinstance(each.source, KpiInput):
            return RecalculatedInput(each, self._heard(each.source), None, locked=False)
        case = self._case
        then = self._caller.company.calendar.shift(case.period, each.source.offset)
        if not self._may_see(each.source):
            return RecalculatedInput(each, Observation(NOT_ASKED, None), then, locked=True)
        values = self._valuing.of_kpi(each.source, case.kind, [case.slot], case.period)
        return RecalculatedInput(each, Observation(values[case.slot.subject_id], None), then, locked=False)

    def _may_see(self, source: KpiInput) -> bool:
        """Who may see a person may see all of them, and their team's averages; the company's go by right."""
        kpi = self._known[source.key]
        whose = self._case.kind if source.of is InputSubject.SAME else SubjectType(source.of)
        return whose is not SubjectType.COMPANY or may_view_kpi(self._caller.actor, kpi.id, kpi.category)


def recalculate(case: Case, desk: RecalculationContext) -> Recalculation:
    """The value of a case on today's data. Whatever fails is a Failure in it, never an exception."""
    if isinstance(case.definition.data_source, ManualSource):
        return Recalculation(AWAITING if case.entered is None else case.entered)
    return _Calculation(case, desk).recalculated()
