"""Types: shared. Made from the OpenAPI document by `make openapi`: change that, not this."""

from typing import Any, Literal, TypedDict

from lodestar_client.core import Number


class NotificationView(TypedDict):
    """One message about an alert."""

    attempts: int
    channel: str
    delivered_at: str | None
    error: str | None
    id: int
    sent_at: str | None
    state: str


type Severity = Literal["critical", "warning", "success"]
"""How loud an alert is."""


class AlertView(TypedDict):
    """An alert with its notifications."""

    assignment_id: int
    id: int
    kpi_id: int
    kpi_key: str
    notifications: list[NotificationView]
    opened_at: str
    period_end: str
    period_start: str
    resolved_at: str | None
    severity: Severity
    state: str
    target: Number | dict[str, Number]
    team_id: int | None
    text: str
    user_id: int | None
    user_name: str | None
    value: Number


type AlertType = Literal["below_target"]
"""The conditions that a rule can watch."""


type SubjectType = Literal["user", "team", "company"]
"""What a KPI is measured for."""


type Percentage = Number
"""See Percentage in the document."""


class TargetRange(TypedDict):
    """The band of a KPI of target_type range, both bounds included."""

    max: Number | str
    min: Number | str


type TargetBody = Number | str | TargetRange
"""See TargetBody in the document."""


class TargetRangeView(TypedDict):
    """The band of a KPI of target_type range."""

    max: Number
    min: Number


class AssignmentView(TypedDict):
    """An assignment."""

    end_date: str | None
    id: int
    is_active: bool
    kpi_definition_id: int
    start_date: str
    subject_type: SubjectType
    target_value: Number | TargetRangeView | None
    team_id: int | None
    user_id: int | None
    version: int
    weight: Number


class BoundParameters(TypedDict):
    """What the parameters of a query stood for; `own` are those that the definition declares."""

    company_id: int
    end_date: str
    own: dict[str, Number | str]
    start_date: str
    user_id: int | None


type Cadence = Literal["daily", "weekly", "monthly", "quarterly"]
"""How often a KPI is measured: its `aggregation_period`."""


class PersonName(TypedDict):
    """Somebody of the company."""

    id: int
    name: str


class ExplainedVersion(TypedDict):
    """The version of the definition that was used. An author of null is the platform."""

    author: PersonName | None
    created_at: str
    is_current: bool
    version: int


class CalculationError(TypedDict):
    """Why a calculation failed: a stable reason, and a sentence that says what to mend."""

    message: str
    reason: str


type InputSubject = Literal["same", "team", "company"]
"""Whose measurement a formula takes: its own subject's, that subject's team's, or the company's."""


class Dates(TypedDict):
    """Two inclusive dates."""

    end: str
    start: str


class InputUsed(TypedDict):
    """One variable of a formula, as today's data give it."""

    error: CalculationError | None
    key: str | None
    locked: bool
    no_data_reason: str | None
    of: InputSubject | None
    offset: int | None
    period: Dates | None
    row_count: int | None
    type: str
    value: Number | None
    variable: str


type Unit = Literal["count", "number", "currency", "%", "minutes", "hours", "days", "score"]
"""What a value counts in."""


class ExplainedKpi(TypedDict):
    """The KPI as it is called today."""

    id: int
    key: str
    name: str
    unit: Unit


class ExplainedPeriod(TypedDict):
    """A period as inclusive dates and as the instants [starts_at, ends_at) that a source is asked for."""

    end: str
    ends_at_local: str
    ends_at_utc: str
    start: str
    starts_at_local: str
    starts_at_utc: str
    state: Literal["not_begun", "open", "closed"]
    timezone: str


type Rollup = Literal["sum", "average", "weighted_average", "ratio", "last", "none"]
"""How the values of people or periods become the value of a team or a longer period."""


class DatabaseUsed(TypedDict):
    """An admin's query and what was bound in it."""

    parameters: BoundParameters
    query: str
    type: Literal["database"]


class RecordsUsed(TypedDict):
    """Pushed records of one source, and how they became one number."""

    field: str
    filters: dict[str, Number | bool | str]
    method: str
    source: str
    type: Literal["records"]


class FormulaUsed(TypedDict):
    """A formula; its variables are the explanation's `inputs`."""

    formula: str
    type: Literal["formula"]


class OtherUsed(TypedDict):
    """Any other source, with its configuration."""

    configuration: dict[str, Any]
    type: str


type TargetWord = Literal["assignment_target", "assignment_default", "company_target", "none"]
"""See TargetWord in the document."""


class TargetUsed(TypedDict):
    """The target and the rule that chose it; `range` are the dates of a dated target."""

    origin: TargetWord
    range: Dates | None
    value: Number | TargetRangeView | None


type CalculationType = Literal["manual", "query", "api", "formula", "records"]
"""How a value comes about, in one word for lists and filters; it follows from the data source."""


type Category = Literal["customer_support", "sales", "marketing", "operations", "finance", "custom"]
"""The part of the business that a KPI speaks about; permissions are given per category."""


type Status = Literal["exceeds", "on_track", "needs_attention", "critical", "no_target", "no_data"]
"""What an achievement means, in the words of the definition's thresholds."""


type TargetType = Literal["higher_better", "lower_better", "exact", "range"]
"""Which way is good."""


class ChangeView(TypedDict):
    """Against the previous period; percent is null when that was 0, points for a % KPI."""

    absolute: Number
    direction: str
    percent: Number | None


class CurrentMeasurement(TypedDict):
    """The newest measurement: of a closed period, or of the running one when there is no closed one yet."""

    achievement_percentage: Number | None
    actual_value: Number | None
    period_end: str
    period_start: str
    state: str


class DeletedView(TypedDict):
    """The id that no row has any more."""

    deleted: int


class HistoryEntry(TypedDict):
    """A measurement in a history."""

    achievement_percentage: Number | None
    actual_value: Number | None
    calculated_at: str
    notes: str
    period_end: str
    period_start: str
    state: str
    target_value: Number | TargetRangeView | None


class History(TypedDict):
    """One page of measurements, oldest first."""

    measurements: list[HistoryEntry]
    next_cursor: str | None


class KpiOfUser(TypedDict):
    """The definition in the words of a person's list."""

    description: str
    id: int
    name: str
    unit: str


class RowError(TypedDict):
    """Why one row was left out."""

    error: str
    field: str
    index: int


class RowsView(TypedDict):
    """What became of the rows."""

    created: int
    errors: list[RowError]
    unchanged: int
    updated: int


class UserKpi(TypedDict):
    """One KPI of a person; `id` is the assignment's."""

    change: ChangeView | None
    current_measurement: CurrentMeasurement | None
    id: int
    kpi_definition: KpiOfUser
    status: str
    target_value: Number | TargetRangeView | None
    trend: list[Number | None]
    weight: Number
