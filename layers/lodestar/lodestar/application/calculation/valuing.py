"""Asking the sources for values, with formulas and roll-ups on top."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from lodestar.application.calculation.ports import CalculationWork, Source, SourceRequest
from lodestar.application.definitions.formulas import compiled, kpi_inputs, same_period_cycles
from lodestar.application.values.ports import StoredValue
from lodestar.domain.assignments import SubjectType
from lodestar.domain.companies import Company
from lodestar.domain.definitions import Definition, Unit
from lodestar.domain.measurements import Assignee, is_rolled_up
from lodestar.domain.periods import Period
from lodestar.domain.refusals import LodestarError, Unavailable
from lodestar.domain.sources import (
    AskedSource,
    FormulaSource,
    InputSubject,
    KpiInput,
    ManualSource,
    UnreadableSource,
)
from lodestar.domain.values import Failure, NoData, Skipped, Value
from lodestar.domain.versions import CompanyDefinitions
from lodestar.engine.aggregation import Part, roll_up, to_stored
from lodestar.engine.graph import strongly_connected

AWAITING_ENTRY = Skipped("awaiting_entry")
MISSING_INPUT = NoData("missing_input")
NO_TEAM = -1
"""Stands for the team of a user who counts for none: no value is stored for it."""


@dataclass(frozen=True, slots=True)
class SlotGroup:
    """Slots of one definition that are calculated together: subjects of one type, in one period."""

    subject_type: SubjectType
    assignees: Sequence[Assignee]
    period: Period

    @property
    def subject_ids(self) -> tuple[int, ...]:
        """Who is measured; 0 stands for the company."""
        return tuple(assignee.subject_id for assignee in self.assignees)


class ValueCalculator:
    """Calculates values, definition by definition; what one gave is input to the next."""

    def __init__(
        self,
        definitions: CompanyDefinitions,
        company: Company,
        work: CalculationWork,
        sources: Mapping[str, Source],
    ) -> None:
        """`definitions` are all of the company: a formula may use one that the batch does not calculate."""
        self._definitions = definitions
        self._by_key = {definition.key: definition for definition in definitions.newest}
        self._cycles = same_period_cycles(
            definition for definition in definitions.newest if definition.is_active
        )
        self._company = company
        self._work = work
        self._sources = sources
        self._stored: dict[tuple[int, Period], Sequence[StoredValue]] = {}
        self._calculated: dict[tuple[int, SubjectType, Period], dict[int, Value]] = {}
        self._awaiting: set[tuple[int, SubjectType, Period]] = set()

    def in_dependency_order(self, definition_ids: Collection[int]) -> list[Definition]:
        """These definitions, each behind those that any version of it is computed from.

        An input of an earlier period is no dependency here: a KPI may look back at itself.
        """
        chosen = [definition for definition in self._by_key.values() if definition.id in definition_ids]
        keys = {definition.key for definition in chosen}
        uses = {
            definition.key: [
                kpi.key
                for version in self._definitions.versions_of(definition)
                for kpi in kpi_inputs(version)
                if kpi.key in keys and kpi.offset == 0
            ]
            for definition in chosen
        }
        return [self._by_key[key] for group in strongly_connected(uses) for key in group]

    def values(self, definition: Definition, slots: SlotGroup) -> Mapping[int, Value]:
        """A value, no data, a failure or a reason to skip for each slot, by subject id.

        One KPI that cannot be calculated gives failures for its own slots and stops no other.
        """
        try:
            exact = self._exact_values(definition, slots)
        except Unavailable:
            raise  # it passes: the whole batch comes again
        except LodestarError as error:
            failure = Failure(error.code, error.message)
            exact = dict.fromkeys(slots.subject_ids, failure)
        # Rounded here, so that a formula over it gives the same whether it reads it now or from its row.
        values = {subject: _as_stored(value) for subject, value in exact.items()}
        # Slots of one period may be calculated in groups, each by its version.
        key = (definition.id, slots.subject_type, slots.period)
        if all(value is AWAITING_ENTRY for value in values.values()):
            self._awaiting.add(key)  # entered values are read as stored
        else:
            self._calculated.setdefault(key, {}).update(values)
        return values

    def kpi_input_values(self, source: KpiInput, slots: SlotGroup) -> Mapping[int, Value]:
        """What another KPI is to a formula, by the subject ids of these slots.

        A person's team is the one that they count for in the period that is looked at.
        """
        definition = self._by_key[source.key]
        period = self._company.calendar.shift(slots.period, source.offset)
        of = slots.subject_type if source.of is InputSubject.SAME else SubjectType(source.of)
        key = (definition.id, of, period)
        values: Mapping[int, Value] = self._calculated.get(key, {})
        if key not in self._calculated or key in self._awaiting:
            values = {**self._stored_by_subject(definition, of, period), **values}
        return {
            assignee.subject_id: values.get(
                assignee.subject_id if of is slots.subject_type else _subject_above(assignee, of, period),
                MISSING_INPUT,
            )
            for assignee in slots.assignees
        }

    def rollup_parts(
        self, definition: Definition, subject_type: SubjectType, subject_id: int, period: Period
    ) -> Sequence[Part]:
        """The values of the members of a team, or of everybody in the company, that are rolled up."""
        return [
            Part(stored.value, stored.weight)
            for stored in self._stored_values(definition, period)
            if stored.subject_type is SubjectType.USER
            and stored.value is not None
            and (subject_type is SubjectType.COMPANY or stored.team_id == subject_id)
        ]

    def _exact_values(self, definition: Definition, slots: SlotGroup) -> Mapping[int, Value]:
        source = definition.data_source
        if path := self._cycles.get(definition.key):
            return dict.fromkeys(slots.subject_ids, _uses_itself(path))
        if isinstance(source, UnreadableSource):
            return dict.fromkeys(slots.subject_ids, Failure("unreadable_definition", source.message))
        # Before its own source: a team's value of a KPI with a roll-up is what its members have, in any case.
        if is_rolled_up(definition, slots.subject_type):
            return {
                subject_id: roll_up(
                    definition.rollup,
                    self.rollup_parts(definition, slots.subject_type, subject_id, slots.period),
                )
                for subject_id in slots.subject_ids
            }
        if isinstance(source, ManualSource):
            return dict.fromkeys(slots.subject_ids, AWAITING_ENTRY)
        if isinstance(source, FormulaSource):
            return self._from_formula(definition, source, slots)
        return self._from_source(definition, source, slots)

    def _from_source(
        self, definition: Definition, source: AskedSource, slots: SlotGroup
    ) -> Mapping[int, Value]:
        request = SourceRequest(
            definition=definition,
            source=source,
            company_id=self._company.id,
            subject_type=slots.subject_type,
            subjects=slots.subject_ids,
            instants=self._company.calendar.instants(slots.period),
        )
        return self._sources[source.kind].values(request)

    def _from_formula(
        self, definition: Definition, source: FormulaSource, slots: SlotGroup
    ) -> Mapping[int, Value]:
        formula = compiled(source, self._units(slots.period))
        inputs = {
            declared.variable: (
                self.kpi_input_values(declared.source, slots)
                if isinstance(declared.source, KpiInput)
                else self._from_source(definition, declared.source, slots)
            )
            for declared in source.inputs
        }
        subject_ids = slots.subject_ids
        rows = [
            {variable: values.get(subject_id, MISSING_INPUT) for variable, values in inputs.items()}
            for subject_id in subject_ids
        ]
        return dict(zip(subject_ids, formula.evaluate_many(rows), strict=True))

    def _units(self, period: Period) -> Mapping[str, Unit]:
        """The unit of each KPI in a period, for formulas over it."""
        return {key: self._definitions.for_period(kpi, period).unit for key, kpi in self._by_key.items()}

    def _stored_by_subject(
        self, definition: Definition, subject_type: SubjectType, period: Period
    ) -> Mapping[int, Value]:
        return {
            stored.subject_id: stored.value
            for stored in self._stored_values(definition, period)
            if stored.subject_type is subject_type and stored.value is not None
        }

    def _stored_values(self, definition: Definition, period: Period) -> Sequence[StoredValue]:
        # Read once for all subjects: a company of a thousand teams would ask a thousand times.
        key = (definition.id, period)
        if key not in self._stored:
            self._stored[key] = self._work.values.values_of_period(definition.id, period)
        return self._stored[key]


def _subject_above(assignee: Assignee, subject_type: SubjectType, period: Period) -> int:
    """The user's team in a period, or the company, by its subject id."""
    return 0 if subject_type is SubjectType.COMPANY else assignee.team_for(period) or NO_TEAM


def _uses_itself(path: Sequence[str]) -> Failure:
    sentence = f"The KPI is computed from its own value of the same period: {' → '.join(path)}."
    return Failure("formula_cycle", f"{sentence} Remove one of these inputs, or let it look back.")


def _as_stored(value: Value) -> Value:
    return value if isinstance(value, NoData | Failure | Skipped) else to_stored(value)
