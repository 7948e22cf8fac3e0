"""From what is stored and what is calculated again to an explanation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

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
    PersonName,
    RecordsUsed,
    RevisionView,
    TargetUsed,
)
from lodestar.domain.definitions import DefinitionVersion, TargetType
from lodestar.domain.measurements import Assignee, CompanyTime, Measurement, Slot, measure
from lodestar.domain.periods import Calendar, Period
from lodestar.domain.scoring import Status, achievement
from lodestar.domain.sources import DatabaseSource, FormulaSource, KpiInput, RecordsSource
from lodestar.domain.targets import DatedTarget, Target, TargetOrigin, Targets
from lodestar.domain.values import Failure, NoData, Skipped, Value
from lodestar.domain.wording import achievement_in_words

NOT_BEGUN, NOT_ASSIGNED = Skipped("not_begun"), Skipped("not_assigned")


class StoredMeasurement(BaseModel):
    """A measurement as the view `stored_slot` tells it."""

    value: Decimal | None
    no_data_reason: str | None
    target_low: Decimal | None
    target_high: Decimal | None
    target_origin: TargetOrigin
    achievement: Decimal | None
    status: Status
    state: Literal["open", "final", "restated"]
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
    """What is kept of one slot: the view `stored_slot`."""

    measurement: StoredMeasurement | None
    revisions: list[RevisionView]
    not_measured: NotMeasured | None


@dataclass(frozen=True, slots=True)
class Question:
    """A slot in a period, the version of the definition that counts there, and the measurement to explain."""

    version: DefinitionVersion
    slot: Assignee
    period: Period
    stored: StoredMeasurement | None

    @property
    def case(self) -> RecalculationRequest:
        """What is to be calculated again."""
        entered = None if self.stored is None else self.stored.value
        return RecalculationRequest(self.version.definition, self.slot, self.period, entered)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was calculated again, the measurement that it would make today, and all of it in views."""

    value: Value
    now: Measurement
    calculation: Calculation


@dataclass(frozen=True, slots=True)
class _Goals:
    """The targets of the slot's own assignment, and those of the company's."""

    own: Targets
    wide: Targets

    def dated(self, origin: TargetOrigin, period: Period) -> DatedTarget | None:
        """The target with dates that an origin speaks of."""
        match origin:
            case TargetOrigin.RANGE:
                return self.own.range_for(period)
            case TargetOrigin.COMPANY:
                return self.wide.range_for(period)
            case _:
                return None


def answer_to(question: Question, desk: RecalculationContext) -> Answer:
    """Calculate the value in question again, and tell what it is made of."""
    case, calendar = question.case, desk.caller.company.calendar
    skipped = _reason_to_skip(question, calendar, desk.work.now)
    recalculated = (
        recalculate(case, desk.caller, desk.work, desk.sources) if skipped is None else Recalculation(skipped)
    )
    goals = _goals(question, desk)
    view = CompanyTime(calendar, desk.work.now)
    slot = Slot.at(view, question.slot.assignment.id, case.definition, question.period)
    now = measure(slot, _measurable(recalculated.value), goals.own, goals.wide)
    parts: dict[str, Any] = {
        "kpi": _kpi(question),
        "period": _period(question.period, view),
        "definition_version": _version(question.version),
        "source": _source(case, desk),
        "inputs": [_input(each) for each in recalculated.inputs],
        "row_count": recalculated.row_count,
        "rollup": case.rollup,
        "value_now": _number(recalculated.value),
        "no_data_reason": _no_data_reason(recalculated.value),
        "error": _error(recalculated.value),
        "target": _target(question, now, goals),
        "achievement_formula": _achievement(question, now),
    }
    return Answer(recalculated.value, now, Calculation(**parts))


def _reason_to_skip(question: Question, calendar: Calendar, now: datetime) -> Skipped | None:
    if question.period.start > calendar.local_date(now):
        return NOT_BEGUN
    return None if question.slot.assignment.covers(question.period) else NOT_ASSIGNED


def _goals(question: Question, desk: RecalculationContext) -> _Goals:
    slots = desk.work.assignments
    own = slots.own_targets([question.slot]).get(question.slot.assignment.id, Targets())
    definition_id = question.version.definition.id
    return _Goals(own, slots.company_targets({definition_id}).get(definition_id, Targets()))


def _kpi(question: Question) -> ExplainedKpi:
    definition = question.version.definition
    return ExplainedKpi(id=definition.id, key=definition.key, name=definition.name, unit=definition.unit)


def _period(period: Period, view: CompanyTime) -> ExplainedPeriod:
    start, end = view.calendar.instants(period)
    return ExplainedPeriod(
        start=period.start,
        end=period.end,
        starts_at_utc=start,
        ends_at_utc=end,
        starts_at_local=view.calendar.local_time(start),
        ends_at_local=view.calendar.local_time(end),
        timezone=view.calendar.timezone,
        state=_state(period, view.calendar.local_date(view.at)),
    )


def _state(period: Period, today: date) -> Literal["not_begun", "open", "closed"]:
    if period.start > today:
        return "not_begun"
    return "closed" if period.end < today else "open"


def _version(made: DefinitionVersion) -> ExplainedVersion:
    author = None if made.author is None else PersonName(id=made.author[0], name=made.author[1])
    return ExplainedVersion(
        version=made.definition.version,
        author=author,
        created_at=made.created_at,
        is_current=made.is_current,
    )


def _source(
    case: RecalculationRequest, desk: RecalculationContext
) -> DatabaseUsed | RecordsUsed | FormulaUsed | OtherUsed:
    source = case.definition.data_source
    match source:
        case DatabaseSource():
            bound = _bound(case, source.parameters, desk)
            return DatabaseUsed(type="database", query=source.query, parameters=bound)
        case RecordsSource(name, method, field, filters):
            return RecordsUsed(type="records", source=name, method=method, field=field, filters=dict(filters))
        case FormulaSource(formula):
            return FormulaUsed(type="formula", formula=formula)
        case _:
            configuration = source_to_json(source)
            return OtherUsed(type=configuration.pop("type"), configuration=configuration)


def _bound(
    case: RecalculationRequest, own: Mapping[str, Decimal | str], desk: RecalculationContext
) -> BoundParameters:
    start, end = desk.caller.company.calendar.instants(case.period)
    return BoundParameters(
        user_id=case.assignee.assignment.user_id,
        company_id=desk.caller.company.id,
        start_date=start,
        end_date=end,
        own=dict(own),
    )


def _input(recalculated: RecalculatedInput) -> InputUsed:
    source = recalculated.input.source
    kpi = source if isinstance(source, KpiInput) else None
    then = recalculated.period
    return InputUsed(
        variable=recalculated.input.variable,
        type=source.kind,
        key=kpi.key if kpi else None,
        offset=kpi.offset if kpi else None,
        of=kpi.of if kpi else None,
        period=Dates(start=then.start, end=then.end) if then else None,
        value=_number(recalculated.value),
        no_data_reason=None if recalculated.locked else _no_data_reason(recalculated.value),
        error=_error(recalculated.value),
        row_count=recalculated.row_count,
        locked=recalculated.locked,
    )


def _target(question: Question, now: Measurement, goals: _Goals) -> TargetUsed:
    stored = question.stored
    target, origin = (
        (now.target, now.target_origin) if stored is None else (stored.target, stored.target_origin)
    )
    dated = goals.dated(origin, question.period)
    is_the_same = dated is not None and dated.target == target
    return TargetUsed(
        value=_target_value(target, question.version.definition.target_type),
        origin=TARGET_WORDS[origin],
        range=Dates(start=dated.first, end=dated.last) if dated and is_the_same else None,
    )


def _target_value(target: Target | None, target_type: TargetType) -> Decimal | TargetRangeView | None:
    if target is None:
        return None
    if target_type is TargetType.RANGE:
        return TargetRangeView(min=target.low, max=target.high)
    return target.low


def _achievement(question: Question, now: Measurement) -> str:
    kind, stored = question.version.definition.target_type, question.stored
    if stored is None:
        return achievement_in_words(now.value, now.target, kind)
    if achievement(stored.value, stored.target, kind) == stored.achievement:
        return achievement_in_words(stored.value, stored.target, kind)
    return f"{stored.achievement} % was calculated when this KPI had another target_type than {kind}."


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
