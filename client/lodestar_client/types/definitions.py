"""Types: definitions. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from typing import Any, Literal, NotRequired, TypedDict

from lodestar_client.core import Number
from lodestar_client.types.definitions_enums import (
    AggregationMethod,
    BoundParameter,
    EnteredBy,
    IntercomMetric,
    MissingData,
    Statistic,
)
from lodestar_client.types.enums import (
    AlertType,
    Cadence,
    CalculationType,
    Category,
    InputSubject,
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
    CalculationError,
    DatabaseUsed,
    ExplainedKpi,
    ExplainedPeriod,
    ExplainedVersion,
    FormulaUsed,
    InputUsed,
    OtherUsed,
    Percentage,
    RecordsUsed,
    TargetBody,
    TargetUsed,
)


class AllowedRange(TypedDict):
    """The values that may be entered, both bounds included; an absent bound is open."""

    max: NotRequired[Number | str | None]
    min: NotRequired[Number | str | None]


class Calculation(TypedDict):
    """What a version of a definition gives on today's data, and from what."""

    achievement_formula: str
    definition_version: ExplainedVersion
    error: CalculationError | None
    inputs: list[InputUsed]
    kpi: ExplainedKpi
    no_data_reason: str | None
    period: ExplainedPeriod
    rollup: Rollup | None
    row_count: int | None
    source: DatabaseUsed | RecordsUsed | FormulaUsed | OtherUsed
    target: TargetUsed
    value_now: Number | None
    way: ValueWay


class ManualBody(TypedDict):
    """People enter the value."""

    allowed_range: NotRequired[AllowedRange | None]
    entered_by: NotRequired[EnteredBy]
    requires_note_below: NotRequired[Number | str | None]
    type: Literal["manual"]


class DatabaseBody(TypedDict):
    """An admin's SELECT with one numeric column; `:user_id`, `:start_date` and `:end_date` are bound."""

    parameters: NotRequired[dict[str, Number | str] | list[BoundParameter]]
    query: str
    type: Literal["database"]


class RecordsBody(TypedDict):
    """Pushed records of one source, filtered and aggregated."""

    field: NotRequired[str]
    filters: NotRequired[dict[str, str | Number | bool]]
    method: NotRequired[AggregationMethod]
    source: str
    type: Literal["records"]


class KpiBody(TypedDict):
    """Another KPI's measurement, `offset` periods back (0 or negative)."""

    key: str
    of: NotRequired[InputSubject]
    offset: NotRequired[int]
    type: Literal["kpi"]


class FormulaInputBody(TypedDict):
    """One variable of a formula and where its number comes from."""

    source: DatabaseBody | RecordsBody | KpiBody
    variable: str


class FormulaBody(TypedDict):
    """An expression over named inputs."""

    formula: str
    inputs: NotRequired[list[FormulaInputBody]]
    type: Literal["formula"]


class IntercomBody(TypedDict):
    """Conversations of the company's Intercom workspace, of each person and period."""

    endpoint: NotRequired[Literal["conversations"]]
    filters: NotRequired[dict[str, str | Number | bool]]
    metric: IntercomMetric
    statistic: NotRequired[Statistic]
    type: Literal["intercom"]


type DataSourceBody = ManualBody | DatabaseBody | RecordsBody | FormulaBody | IntercomBody
"""What the document calls DataSourceBody."""


class ThresholdsBody(TypedDict):
    """The least achievement, in percent, of each status."""

    exceeds: NotRequired[Number]
    needs_attention: NotRequired[Number]
    on_track: NotRequired[Number]


class DefinitionChange(TypedDict):
    """What to change of a KPI; a field that is left out stays as it is. The key never changes."""

    aggregation_period: NotRequired[Cadence | None]
    category: NotRequired[Category | None]
    data_source: NotRequired[DataSourceBody | str | None]
    description: NotRequired[str | None]
    is_active: NotRequired[bool | None]
    lookback_periods: NotRequired[int | None]
    missing_data: NotRequired[MissingData | None]
    name: NotRequired[str | None]
    precision: NotRequired[int | None]
    rollup: NotRequired[Rollup | None]
    target_type: NotRequired[TargetType | None]
    thresholds: NotRequired[ThresholdsBody | None]
    unit: NotRequired[Unit | Literal["percentage"] | Literal["time"] | None]


class FirstAlert(TypedDict):
    """An alert rule, with `type`, `threshold` and `channels` for its longer names."""

    applies_to: NotRequired[list[SubjectType]]
    channels: list[NotificationChannel]
    consecutive_periods: NotRequired[int]
    evaluate_open: NotRequired[bool]
    recovery_percentage: NotRequired[Percentage | None]
    severity: NotRequired[Severity | None]
    threshold: Percentage
    type: AlertType


class RoleGrants(TypedDict):
    """Which roles see a new KPI, and which may change it too and enter its values."""

    edit: NotRequired[list[str]]
    view: NotRequired[list[str]]


class TargetDates(TypedDict):
    """A range of dates, both inclusive."""

    end: dt.date
    start: dt.date


class FirstTarget(TypedDict):
    """What the company wants to reach. It makes the KPI one of the company's own."""

    period: NotRequired[TargetDates | dt.date | Cadence | None]
    value: TargetBody


class DefinitionDraft(TypedDict):
    """A new KPI, and what it comes with. `calculation_type` may be left out: the data source tells it."""

    aggregation_period: NotRequired[Cadence | None]
    alerts: NotRequired[list[FirstAlert]]
    calculation_type: NotRequired[CalculationType | None]
    category: NotRequired[Category]
    copy_of: NotRequired[int | None]
    data_source: NotRequired[DataSourceBody | str | None]
    description: NotRequired[str]
    key: NotRequired[str | None]
    kpi_definition_id: NotRequired[int | None]
    lookback_periods: NotRequired[int]
    missing_data: NotRequired[MissingData]
    name: NotRequired[str | None]
    permissions: NotRequired[RoleGrants | None]
    precision: NotRequired[int]
    rollup: NotRequired[Rollup]
    target: NotRequired[FirstTarget | None]
    target_type: NotRequired[TargetType]
    thresholds: NotRequired[ThresholdsBody]
    unit: NotRequired[Unit | Literal["percentage"] | Literal["time"]]


class DefinitionSummary(TypedDict):
    """A KPI in a list."""

    aggregation_period: Cadence
    calculation_type: CalculationType
    category: Category
    description: str
    id: int
    is_active: bool
    key: str
    name: str
    target_type: TargetType
    unit: Unit
    version: int


class DefinitionList(TypedDict):
    """One page of KPIs."""

    definitions: list[DefinitionSummary]
    next_cursor: str | None


class ThresholdsView(TypedDict):
    """The least achievement, in percent, of each status."""

    exceeds: Number
    needs_attention: Number
    on_track: Number


class DefinitionView(TypedDict):
    """A KPI with how it is calculated; periods that end on `retired_on` or later are none of it."""

    aggregation_period: Cadence
    calculation_type: CalculationType
    category: Category
    created_at: dt.datetime
    created_by: int | None
    data_source: dict[str, Any]
    description: str
    id: int
    is_active: bool
    key: str
    lookback_periods: int
    missing_data: MissingData
    name: str
    precision: int
    retired_on: dt.date | None
    rollup: Rollup
    target_type: TargetType
    thresholds: ThresholdsView
    unit: Unit
    updated_at: dt.datetime
    version: int


class FieldChange(TypedDict):
    """A field of a definition, before and after."""

    after: Any
    before: Any
    field: str


class NewDefinitionView(TypedDict):
    """A KPI that was just made, and the roles that were made with it because its permissions name them."""

    aggregation_period: Cadence
    calculation_type: CalculationType
    category: Category
    created_at: dt.datetime
    created_by: int | None
    created_roles: list[str]
    data_source: dict[str, Any]
    description: str
    id: int
    is_active: bool
    key: str
    lookback_periods: int
    missing_data: MissingData
    name: str
    precision: int
    retired_on: dt.date | None
    rollup: Rollup
    target_type: TargetType
    thresholds: ThresholdsView
    unit: Unit
    updated_at: dt.datetime
    version: int


class Preview(TypedDict):
    """The value that a definition would give a person, or the company when `user_id` is null."""

    achievement_percentage: Number | None
    explanation: Calculation
    status: Status
    user_id: int | None
    value: Number | None


class PreviewRequest(TypedDict):
    """For whom and when: a person, or without `user_id` the company. The two dates are inclusive."""

    period_end: dt.date
    period_start: dt.date
    user_id: NotRequired[int | None]


class RetiredKpiView(TypedDict):
    """A KPI that is retired, and how many measurements of running periods that withdraws."""

    aggregation_period: Cadence
    calculation_type: CalculationType
    category: Category
    created_at: dt.datetime
    created_by: int | None
    data_source: dict[str, Any]
    description: str
    id: int
    is_active: bool
    key: str
    lookback_periods: int
    missing_data: MissingData
    name: str
    precision: int
    retired_on: dt.date | None
    rollup: Rollup
    target_type: TargetType
    thresholds: ThresholdsView
    unit: Unit
    updated_at: dt.datetime
    version: int
    withdrawn: int


class VersionView(TypedDict):
    """One version. `diff` is against the one before, empty for the first; an author of null: the platform."""

    author_id: int | None
    author_name: str | None
    created_at: dt.datetime
    diff: list[FieldChange]
    effective_from: dt.date | None
    is_current: bool
    version: int


class VersionList(TypedDict):
    """One page of versions, newest first."""

    next_cursor: str | None
    versions: list[VersionView]
