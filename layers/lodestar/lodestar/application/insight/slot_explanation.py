"""One slot explained: what is stored of it, and what it is made of when it is calculated again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from lodestar.application.assignments.targets import TargetRangeView
from lodestar.application.calculation.recalculating import (
    RecalculatedInput,
    Recalculation,
    RecalculationContext,
    RecalculationRequest,
    recalculate,
)
from lodestar.application.definitions.data_sources import source_to_json
from lodestar.application.insight.explanation_shapes import (
    TARGET_WORDS,
    BoundParameters,
    Calculation,
    CalculationError,
    DatabaseUsed,
    Dates,
    ExplainedKpi,
    ExplainedMeasurement,
    ExplainedPeriod,
    ExplainedVersion,
    FormulaUsed,
    InputUsed,
    NotMeasured,
    OtherUsed,
    PeriodState,
    PersonName,
    RecordsUsed,
    RevisionView,
    TargetUsed,
    ValueWay,
)
from lodestar.domain.definitions import Definition, DefinitionVersion, TargetType
from lodestar.domain.measurements import (
    Assignee,
    CompanyTime,
    Measurement,
    MeasurementState,
    Slot,
    Standard,
    measure,
    standard_for,
)
from lodestar.domain.periods import Calendar, Period
from lodestar.domain.scoring import Status
from lodestar.domain.sources import (
    DatabaseSource,
    FormulaSource,
    KpiInput,
    ManualSource,
    RecordsSource,
    UnreadableSource,
)
from lodestar.domain.targets import DatedTarget, Target, TargetOrigin
from lodestar.domain.targets_in_force import Goal, Targets
from lodestar.domain.values import Failure, NoData, Skipped, Value
from lodestar.domain.wording import achievement_in_words

type SourceUsed = DatabaseUsed | RecordsUsed | FormulaUsed | OtherUsed

NOT_BEGUN, NOT_ASSIGNED = Skipped("not_begun"), Skipped("not_assigned")


class MeasurementToExplain(BaseModel):
    """A measurement as the view `stored_slot` tells it."""

    value: Decimal | None
    no_data_reason: str | None
    weight: Decimal
    covered_days: int
    is_partial: bool
    target_low: Decimal | None
    target_high: Decimal | None
    target_origin: TargetOrigin
    achievement: Decimal | None
    status: Status
    state: MeasurementState
    definition_version: int
    calculated_at: datetime
    run_id: int | None
    entered_by: PersonName | None
    notes: str

    @property
    def target(self) -> Target | None:
        """The target in force when it was calculated."""
        if self.target_low is None or self.target_high is None:
            return None
        return Target(self.target_low, self.target_high)

    @property
    def shown(self) -> ExplainedMeasurement:
        """As an explanation shows it."""
        return ExplainedMeasurement(
            actual_value=self.value,
            no_data_reason=self.no_data_reason,
            weight=self.weight,
            covered_days=self.covered_days,
            is_partial=self.is_partial,
            achievement_percentage=self.achievement,
            status=self.status,
            state=self.state,
            calculated_at=self.calculated_at,
            run_id=self.run_id,
            entered_by=self.entered_by,
            notes=self.notes,
        )

    def differs_from(self, now: Value) -> bool:
        """Whether today's value is another one; what failed today or was not calculated tells nothing."""
        return not isinstance(now, Failure | Skipped) and self.value != _number(now)


class StoredSlot(BaseModel):
    """What is stored of one slot, as the view `stored_slot` tells it."""

    measurement: MeasurementToExplain | None
    revisions: list[RevisionView]
    not_measured: NotMeasured | None


@dataclass(frozen=True, slots=True)
class ExplainedSlot:
    """A slot in a period, the version of the definition that counts there, and what is stored of it."""

    version: DefinitionVersion
    assignee: Assignee
    period: Period
    stored: MeasurementToExplain | None

    @property
    def definition(self) -> Definition:
        """The definition, as that version has it."""
        return self.version.definition

    @property
    def case(self) -> RecalculationRequest:
        """What is to be calculated again."""
        # No source has what somebody entered: it can only be taken from the measurement itself.
        entered = None if self.stored is None else self.stored.value
        return RecalculationRequest(self.definition, self.assignee, self.period, entered)


@dataclass(frozen=True, slots=True)
class RecalculatedSlot:
    """What a slot gives on today's data: the value, the measurement it would make, and its views."""

    value: Value
    measurement: Measurement
    calculation: Calculation


@dataclass(frozen=True, slots=True)
class _SlotTargets:
    """The targets of the slot's own assignment, and those of the company."""

    own_targets: Targets
    company_targets: Targets

    def dated(self, origin: TargetOrigin, period: Period) -> DatedTarget | None:
        """The target with dates that an origin speaks of."""
        match origin:
            case TargetOrigin.RANGE:
                return self.own_targets.dated_target_for(period)
            case TargetOrigin.COMPANY:
                return self.company_targets.dated_target_for(period)
            case _:
                return None

    def standard(self, slot: ExplainedSlot, score_cap: Decimal | None) -> Standard:
        """What the slot would be judged by today."""
        is_company = slot.assignee.is_company
        goal = Goal() if is_company else Goal(self.company_targets, slot.definition.adds_up)
        return standard_for(slot.period, self.own_targets, goal, score_cap)


def recalculated_slot(slot: ExplainedSlot, context: RecalculationContext) -> RecalculatedSlot:
    """Calculate a slot's value again, and tell what it is made of. Nothing is stored."""
    case, calendar = slot.case, context.caller.company.calendar
    # A source would answer for any dates. For a slot that no run calculates, its answer would look like a
    # value that somebody lost.
    skipped = _reason_to_skip(slot, calendar, context.work.now)
    recalculated = recalculate(case, context) if skipped is None else Recalculation(skipped)
    targets = _targets_of(slot, context)
    company_time = CompanyTime(calendar, context.work.now)
    measurement = measure(
        Slot.at(company_time, slot.assignee.assignment.id, slot.definition, slot.period),
        _measurable(recalculated.value),
        targets.standard(slot, context.caller.company.score_cap),
        slot.assignee.assignment.days_in(slot.period),
    )
    parts: dict[str, Any] = {
        "kpi": explained_kpi(slot.definition),
        "period": _period(slot.period, company_time),
        "definition_version": _version(slot.version),
        "source": _source(case, context),
        "inputs": [_input(recalculated_input) for recalculated_input in recalculated.inputs],
        "row_count": recalculated.row_count,
        "way": way_of(case),
        "rollup": case.rollup,
        "value_now": _number(recalculated.value),
        "no_data_reason": _no_data_reason(recalculated.value),
        "error": _error(recalculated.value),
        "target": _target(slot, measurement, targets),
        "achievement_formula": _achievement(slot, measurement),
    }
    return RecalculatedSlot(recalculated.value, measurement, Calculation(**parts))


def way_of(case: RecalculationRequest) -> ValueWay:
    """How the number comes about: of people's values, or by its own source."""
    if case.rollup is not None:
        return ValueWay.ROLLED_UP
    match case.definition.data_source:
        case ManualSource():
            return ValueWay.ENTERED
        case FormulaSource():
            return ValueWay.FORMULA
        case UnreadableSource():
            return ValueWay.UNKNOWN
        case _:
            return ValueWay.RAW_ROWS


def _reason_to_skip(slot: ExplainedSlot, calendar: Calendar, now: datetime) -> Skipped | None:
    if slot.period.start > calendar.local_date(now):
        return NOT_BEGUN
    return None if slot.assignee.assignment.covers(slot.period) else NOT_ASSIGNED


def _targets_of(slot: ExplainedSlot, context: RecalculationContext) -> _SlotTargets:
    assignments = context.work.assignments
    assignment = slot.assignee.assignment
    own_targets = assignments.own_targets([assignment])
    company_targets = assignments.company_targets({slot.definition.id})
    return _SlotTargets(
        own_targets.get(assignment.id, Targets(assignment=assignment)),
        company_targets.get(slot.definition.id, Targets()),
    )


def explained_kpi(definition: Definition) -> ExplainedKpi:
    """The KPI as explanations name it."""
    return ExplainedKpi(
        id=definition.id,
        key=definition.key,
        name=definition.name,
        unit=definition.unit,
        retired_on=definition.retired_on,
    )


def _period(period: Period, company_time: CompanyTime) -> ExplainedPeriod:
    calendar = company_time.calendar
    start, end = calendar.instants(period)
    return ExplainedPeriod(
        start=period.start,
        end=period.end,
        starts_at_utc=start,
        ends_at_utc=end,
        starts_at_local=calendar.local_time(start),
        ends_at_local=calendar.local_time(end),
        timezone=calendar.on(period.end).timezone,
        state=_state(period, calendar.local_date(company_time.at)),
    )


def _state(period: Period, today: date) -> PeriodState:
    if period.start > today:
        return PeriodState.NOT_BEGUN
    return PeriodState.CLOSED if period.end < today else PeriodState.OPEN


def _version(version: DefinitionVersion) -> ExplainedVersion:
    author = None if version.author is None else PersonName(id=version.author.id, name=version.author.name)
    return ExplainedVersion(
        version=version.definition.version,
        author=author,
        created_at=version.created_at,
        is_current=version.is_current,
    )


def _source(case: RecalculationRequest, context: RecalculationContext) -> SourceUsed:
    source = case.definition.data_source
    match source:
        case DatabaseSource():
            parameters = _bound_parameters(case, source.parameters, context)
            return DatabaseUsed(type="database", query=source.query, parameters=parameters)
        case RecordsSource(name, method, field, filters):
            return RecordsUsed(type="records", source=name, method=method, field=field, filters=dict(filters))
        case FormulaSource(formula):
            return FormulaUsed(type="formula", formula=formula)
        case _:
            configuration = source_to_json(source)
            return OtherUsed(type=configuration.pop("type"), configuration=configuration)


def _bound_parameters(
    case: RecalculationRequest, own_parameters: Mapping[str, Decimal | str], context: RecalculationContext
) -> BoundParameters:
    start, end = context.caller.company.calendar.instants(case.period)
    return BoundParameters(
        user_id=case.assignee.assignment.user_id,
        team_id=case.assignee.assignment.team_id,
        company_id=context.caller.company.id,
        start_date=start,
        end_date=end,
        own=dict(own_parameters),
    )


def _input(recalculated: RecalculatedInput) -> InputUsed:
    source = recalculated.input.source
    kpi = source if isinstance(source, KpiInput) else None
    period = recalculated.period
    return InputUsed(
        variable=recalculated.input.variable,
        type=source.kind,
        key=kpi.key if kpi else None,
        offset=kpi.offset if kpi else None,
        of=kpi.of if kpi else None,
        period=Dates(start=period.start, end=period.end) if period else None,
        value=_number(recalculated.value),
        # Why a locked input has no value would already tell something of its numbers.
        no_data_reason=None if recalculated.locked else _no_data_reason(recalculated.value),
        error=_error(recalculated.value),
        row_count=recalculated.row_count,
        locked=recalculated.locked,
    )


def _target(slot: ExplainedSlot, measurement: Measurement, targets: _SlotTargets) -> TargetUsed:
    standard, stored = measurement.standard, slot.stored
    target = standard.target if stored is None else stored.target
    origin = standard.origin if stored is None else stored.target_origin
    dated = targets.dated(origin, slot.period)
    # The stored target is that of the calculation. One that was changed since would lend it its dates, and
    # then the explanation would tell of a target that never had them.
    is_the_same = dated is not None and dated.target == target
    return TargetUsed(
        value=_target_value(target, slot.definition.target_type),
        origin=TARGET_WORDS[origin],
        range=Dates(start=dated.first, end=dated.last) if dated and is_the_same else None,
    )


def _target_value(target: Target | None, target_type: TargetType) -> Decimal | TargetRangeView | None:
    if target is None:
        return None
    if target_type is TargetType.RANGE:
        return TargetRangeView(min=target.low, max=target.high)
    return target.low


def _achievement(slot: ExplainedSlot, measurement: Measurement) -> str:
    target_type, stored = slot.definition.target_type, slot.stored
    if stored is None:
        return achievement_in_words(measurement.value, measurement.target, target_type)
    return achievement_in_words(stored.value, stored.target, target_type)


def _measurable(value: Value) -> Decimal | NoData:
    """What failed or was skipped would leave no measurement: it is judged as one without data."""
    return NoData(value.reason) if isinstance(value, Failure | Skipped) else value


def _number(value: Value) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def _no_data_reason(value: Value) -> str | None:
    return value.reason if isinstance(value, NoData | Skipped) else None


def _error(value: Value) -> CalculationError | None:
    if not isinstance(value, Failure):
        return None
    return CalculationError(reason=value.reason, message=value.message)
