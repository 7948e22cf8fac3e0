"""Types: kpis. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from enum import StrEnum
from typing import Any, Literal, NotRequired, TypedDict

from lodestar_client.core import Number
from lodestar_client.types.enums import (
    AlertType,
    Cadence,
    Category,
    Direction,
    MeasurementState,
    NotificationChannel,
    Rollup,
    Severity,
    Status,
    SubjectType,
    TargetType,
    Unit,
    ValueWay,
)
from lodestar_client.types.shared import (
    AlertView,
    AssignmentView,
    CalculationError,
    DatabaseUsed,
    ExplainedKpi,
    ExplainedMeasurement,
    ExplainedPeriod,
    ExplainedVersion,
    FormulaUsed,
    InputUsed,
    NotMeasured,
    OtherUsed,
    Percentage,
    RecordsUsed,
    RevisionView,
    TargetBody,
    TargetUsed,
    TargetValue,
)


class AlertRuleDraft(TypedDict):
    """When to alert about a KPI, and where to."""

    alert_type: AlertType
    applies_to: NotRequired[list[SubjectType]]
    consecutive_periods: NotRequired[int]
    evaluate_open: NotRequired[bool]
    notification_channels: list[NotificationChannel]
    recovery_percentage: NotRequired[Percentage | None]
    severity: NotRequired[Severity | None]
    threshold_percentage: Percentage


class AlertRuleView(TypedDict):
    """An alert rule. One of a type that values are not judged by yet is kept, and is not active."""

    alert_type: AlertType
    applies_to: list[SubjectType]
    consecutive_periods: int
    evaluate_open: bool
    id: int
    is_active: bool
    kpi_id: int
    notification_channels: list[NotificationChannel]
    recovery_percentage: Number | None
    severity: Severity | None
    threshold_percentage: Number


class AssignmentList(TypedDict):
    """One page of assignments of a KPI."""

    assignments: list[AssignmentView]
    next_cursor: str | None


class BreakdownBy(StrEnum):
    """What a value is broken down by."""

    TEAM = "team"
    USER = "user"


class BreakdownKind(StrEnum):
    """Whom a line of a breakdown is about; `others` are all who may not be seen one by one."""

    TEAM = "team"
    USER = "user"
    NO_TEAM = "no_team"
    OTHERS = "others"


class BreakdownLine(TypedDict):
    """A part of a value: of a team, a person, or all `others` together. `people` are those measured in it."""

    id: int | None
    kind: BreakdownKind
    name: str | None
    people: int
    value: Number | None


class Breakdown(TypedDict):
    """What a value of the company, or of a team, is made of."""

    by: BreakdownBy
    kpi: ExplainedKpi
    lines: list[BreakdownLine]
    period_end: dt.date
    period_start: dt.date
    rollup: Rollup | None
    team_id: int | None
    value: Number | None
    way: ValueWay


class Card(TypedDict):
    """A KPI on the dashboard; the sparkline is the shown value behind the five before it, oldest first."""

    category: Category
    change: str | None
    id: int
    locked: Literal[False]
    progress: Number | None
    sparkline: list[Number | None]
    status: Status
    target: TargetValue | None
    title: str
    unit: Unit
    value: Number | None


class ChangeInWords(TypedDict):
    """The change against the period before the shown one; `text` is `+5 from yesterday`."""

    absolute: Number
    direction: Direction
    percent: Number | None
    text: str


class CompanyKpi(TypedDict):
    """How a KPI of the company stands; `progress` is the achievement in percent."""

    aggregation_period: Cadence
    category: Category
    change: ChangeInWords | None
    description: str
    id: int
    key: str
    locked: Literal[False]
    name: str
    period_end: dt.date | None
    period_start: dt.date | None
    precision: int
    progress: Number | None
    state: MeasurementState | None
    status: Status
    target: TargetValue | None
    target_type: TargetType
    unit: Unit
    value: Number | None


class ForecastView(TypedDict):
    """What the running period may come to."""

    period_end: dt.date
    period_start: dt.date
    value: Number


class SeriesEntry(TypedDict):
    """A period of a series."""

    period_end: dt.date
    period_start: dt.date
    progress: Number | None
    state: MeasurementState
    target: TargetValue | None
    value: Number | None


class Course(StrEnum):
    """Where the values themselves go; whether that is good is another question."""

    GROWING = "growing"
    STEADY = "steady"
    FALLING = "falling"


class TrendView(TypedDict):
    """The later half of the series against the earlier one, in percent; null where that was 0."""

    label: Course
    percent: Number | None


class CompanyKpiDetail(TypedDict):
    """A KPI of the company with its series, oldest first."""

    aggregation_period: Cadence
    category: Category
    change: ChangeInWords | None
    description: str
    forecast: ForecastView | None
    id: int
    key: str
    locked: Literal[False]
    name: str
    period_end: dt.date | None
    period_start: dt.date | None
    precision: int
    progress: Number | None
    retired_on: dt.date | None
    series: list[SeriesEntry]
    state: MeasurementState | None
    status: Status
    target: TargetValue | None
    target_type: TargetType
    trend: TrendView | None
    unit: Unit
    value: Number | None


class LockedKpi(TypedDict):
    """A KPI that the caller may know of and not see."""

    category: Category
    locked: Literal[True]
    name: str


class CompanyKpiList(TypedDict):
    """One page of the company's KPIs."""

    kpis: list[CompanyKpi | LockedKpi]
    next_cursor: str | None


class LockedCard(TypedDict):
    """A card whose numbers the caller may not see."""

    category: Category
    locked: Literal[True]
    title: str


class Dashboard(TypedDict):
    """The company's KPIs by cadence, and the newest alerts that fire."""

    alerts: list[AlertView]
    daily: list[Card | LockedCard]
    monthly: list[Card | LockedCard]
    quarterly: list[Card | LockedCard]
    weekly: list[Card | LockedCard]


class GroupAssignmentDraft(TypedDict):
    """A KPI for a team, or without `team_id` for the company itself."""

    end_date: NotRequired[dt.date | None]
    for_people: NotRequired[bool]
    renew: NotRequired[bool]
    start_date: dt.date
    target_value: NotRequired[TargetBody | None]
    team_id: NotRequired[int | None]
    weight: NotRequired[Number]


class GroupExplanation(TypedDict):
    """How a value of the company came about, or of a team where `team_id` is set."""

    achievement_formula: str
    assignment_id: int
    definition_version: ExplainedVersion
    differs: bool
    error: CalculationError | None
    inputs: list[InputUsed]
    kpi: ExplainedKpi
    measurement: ExplainedMeasurement | None
    no_data_reason: str | None
    not_measured: NotMeasured | None
    parts: list[BreakdownLine]
    period: ExplainedPeriod
    revisions: list[RevisionView]
    rollup: Rollup | None
    row_count: int | None
    source: DatabaseUsed | RecordsUsed | FormulaUsed | OtherUsed
    target: TargetUsed
    team_id: int | None
    value_now: Number | None
    way: ValueWay


class GroupValue(TypedDict):
    """A value of a manual KPI for the period that holds a date: a team's own, or the company's without one."""

    meta_data: NotRequired[dict[str, Any] | None]
    notes: NotRequired[str | None]
    period_date: dt.date
    team_id: NotRequired[int | None]
    value: Number | str


class GroupValueView(TypedDict):
    """A value of a team, or of the company where `team_id` is null; `progress` is the achievement in percent."""

    kpi_id: int
    meta_data: dict[str, Any]
    notes: str
    period_end: dt.date
    period_start: dt.date
    progress: Number | None
    run_id: int | None
    state: MeasurementState
    status: Status
    target: TargetValue | None
    team_id: int | None
    value: Number
