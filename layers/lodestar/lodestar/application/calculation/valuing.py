"""Asking the sources for values, with formulas and roll-ups on top."""

from collections.abc import Collection, Mapping, Sequence

from lodestar.application.calculation.ports import CalculationWork, Source, SourceRequest
from lodestar.application.definitions.formulas import compiled, kpi_inputs
from lodestar.application.values.ports import StoredValue
from lodestar.domain.assignments import SubjectType
from lodestar.domain.companies import Company
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.measurements import Assignee
from lodestar.domain.periods import Period
from lodestar.domain.refusals import LodestarError, Unavailable
from lodestar.domain.sources import (
    DatabaseSource,
    FormulaSource,
    InputSubject,
    KpiInput,
    ManualSource,
    RecordsSource,
    UnreadableSource,
)
from lodestar.domain.values import Failure, NoData, Skipped, Value
from lodestar.engine.aggregation import Part, roll_up, to_stored
from lodestar.engine.graph import topological_order

AWAITING = Skipped("awaiting_entry")


class Valuing:
    """The values of a batch, definition by definition; what one gave is input to the next."""

    def __init__(
        self,
        definitions: Sequence[Definition],
        company: Company,
        work: CalculationWork,
        sources: Mapping[str, Source],
    ) -> None:
        """`definitions` are all of the company: a formula may use one that the batch does not calculate."""
        self._by_key = {each.key: each for each in definitions}
        self._company = company
        self._work = work
        self._sources = sources
        self._stored: dict[tuple[int, Period], Sequence[StoredValue]] = {}
        self._fresh: dict[tuple[int, SubjectType, Period], Mapping[int, Value]] = {}

    def in_order(self, definition_ids: Collection[int]) -> list[Definition]:
        """These definitions, each behind those that it is computed from."""
        chosen = [each for each in self._by_key.values() if each.id in definition_ids]
        keys = {each.key for each in chosen}
        edges = {
            each.key: [i.key for i in kpi_inputs(each) if i.key in keys and i.offset == 0] for each in chosen
        }
        return [self._by_key[key] for key in topological_order(edges)]

    def values(
        self, definition: Definition, kind: SubjectType, slots: Sequence[Assignee], period: Period
    ) -> Mapping[int, Value]:
        """A value, no data, a failure or a reason to skip for each slot, by subject id.

        One KPI that cannot be calculated gives failures for its own slots and stops no other.
        """
        try:
            raw = self._raw(definition, kind, slots, period)
        except Unavailable:
            raise  # passing: the whole batch comes again
        except LodestarError as error:
            failure = Failure(error.code, error.message)
            raw = {each.subject_id: failure for each in slots}
        values = {subject: _stored(value) for subject, value in raw.items()}
        if not isinstance(definition.data_source, ManualSource):  # entered values are read as stored
            self._fresh[definition.id, kind, period] = values
        return values

    def _raw(
        self, definition: Definition, kind: SubjectType, slots: Sequence[Assignee], period: Period
    ) -> Mapping[int, Value]:
        subjects = tuple(each.subject_id for each in slots)
        if isinstance(definition.data_source, UnreadableSource):
            return dict.fromkeys(subjects, Failure("unreadable_definition", definition.data_source.message))
        if isinstance(definition.data_source, ManualSource):
            return dict.fromkeys(subjects, AWAITING)
        if kind is not SubjectType.USER and definition.rollup is not Rollup.NONE:
            return {each: self._rolled_up(definition, kind, each, period) for each in subjects}
        if isinstance(definition.data_source, FormulaSource):
            return self._computed(definition, kind, slots, period)
        return self._asked(definition, definition.data_source, kind, (subjects, period))

    def _asked(
        self,
        definition: Definition,
        source: DatabaseSource | RecordsSource,
        kind: SubjectType,
        where: tuple[tuple[int, ...], Period],
    ) -> Mapping[int, Value]:
        subjects, period = where
        request = SourceRequest(
            definition=definition,
            source=source,
            company_id=self._company.id,
            subject_type=kind,
            subjects=subjects,
            instants=self._company.calendar.instants(period),
        )
        return self._sources[source.kind].values(request)

    def _computed(
        self, definition: Definition, kind: SubjectType, slots: Sequence[Assignee], period: Period
    ) -> Mapping[int, Value]:
        source = definition.data_source
        assert isinstance(source, FormulaSource)  # noqa: S101 — _raw asks for nothing else
        formula = compiled(source, {key: each.unit for key, each in self._by_key.items()})
        inputs: dict[str, Mapping[int, Value]] = {}
        subjects = tuple(each.subject_id for each in slots)
        for each in source.inputs:
            if isinstance(each.source, KpiInput):
                inputs[each.variable] = self.of_kpi(each.source, kind, slots, period)
            else:
                inputs[each.variable] = self._asked(definition, each.source, kind, (subjects, period))
        missing = NoData("missing_input")
        rows = [{name: given.get(each, missing) for name, given in inputs.items()} for each in subjects]
        return dict(zip(subjects, formula.evaluate_many(rows), strict=True))

    def of_kpi(
        self, source: KpiInput, kind: SubjectType, slots: Sequence[Assignee], period: Period
    ) -> Mapping[int, Value]:
        """What another KPI is to a formula, by the subject ids of these slots."""
        definition = self._by_key[source.key]
        then = self._company.calendar.shift(period, source.offset)
        wanted = kind if source.of is InputSubject.SAME else SubjectType(source.of)
        fresh = self._fresh.get((definition.id, wanted, then))
        known = fresh if fresh is not None else self._known(definition, wanted, then)
        missing = NoData("missing_input")
        return {
            each.subject_id: known.get(each.subject_id if wanted is kind else _over(each, wanted), missing)
            for each in slots
        }

    def _known(self, definition: Definition, kind: SubjectType, period: Period) -> Mapping[int, Value]:
        rows = [each for each in self._stored_values(definition, period) if each.subject_type is kind]
        return {each.subject_id: each.value for each in rows if each.value is not None}

    def _rolled_up(self, definition: Definition, kind: SubjectType, subject: int, period: Period) -> Value:
        return roll_up(definition.rollup, self.parts(definition, kind, subject, period))

    def parts(
        self, definition: Definition, kind: SubjectType, subject: int, period: Period
    ) -> Sequence[Part]:
        """The values of the members of a team, or of everybody in the company, that are rolled up."""
        return [
            Part(each.value, each.weight)
            for each in self._stored_values(definition, period)
            if each.subject_type is SubjectType.USER
            and each.value is not None
            and (kind is SubjectType.COMPANY or each.team_id == subject)
        ]

    def _stored_values(self, definition: Definition, period: Period) -> Sequence[StoredValue]:
        key = (definition.id, period)
        if key not in self._stored:
            self._stored[key] = self._work.values.values_of_period(definition.id, period.start)
        return self._stored[key]


def _over(slot: Assignee, kind: SubjectType) -> int:
    """The subject above: the user's team, or the company."""
    return 0 if kind is SubjectType.COMPANY else slot.team_id or -1


def _stored(value: Value) -> Value:
    return value if isinstance(value, NoData | Failure | Skipped) else to_stored(value)
