"""Types: shared. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from typing import Any, Literal, NotRequired, TypedDict

from lodestar_client.core import Number
from lodestar_client.types.enums import (
    AlertState,
    CloseReason,
    Direction,
    InputSubject,
    MeasurementState,
    NotificationChannel,
    NotificationState,
    NotMeasuredOutcome,
    PeriodState,
    Severity,
    Status,
    SubjectType,
    TargetOrigin,
    TargetWord,
    Unit,
)


class NotificationView(TypedDict):
    """One message about an alert."""

    attempts: int
    channel: NotificationChannel
    delivered_at: dt.datetime | None
    error: str | None
    id: int
    sent_at: dt.datetime | None
    state: NotificationState


class TargetRangeView(TypedDict):
    """The band of a KPI of target_type range."""

    max: Number
    min: Number


type TargetValue = Number | TargetRangeView
"""The value to reach: a number, or the band of a KPI of target_type range."""


class AlertView(TypedDict):
    """An alert with its notifications. A `closed` one ended for another reason than its value."""

    assignment_id: int
    close_reason: CloseReason | None
    closed_at: dt.datetime | None
    id: int
    kpi_id: int
    kpi_key: str
    notifications: list[NotificationView]
    opened_at: dt.datetime
    period_end: dt.date
    period_start: dt.date
    resolved_at: dt.datetime | None
    severity: Severity
    state: AlertState
    target: TargetValue
    team_id: int | None
    text: str
    user_id: int | None
    user_name: str | None
    value: Number


type Percentage = Number
"""What the document calls Percentage."""


class TargetRange(TypedDict):
    """The band of a KPI of target_type range, both bounds included."""

    max: Number | str
    min: Number | str


type TargetBody = Number | str | TargetRange
"""What the document calls TargetBody."""


class AssignmentChange(TypedDict):
    """What to change; a field that is left out stays as it is."""

    dry_run: NotRequired[bool]
    effective_from: NotRequired[dt.date | None]
    end_date: NotRequired[dt.date | None]
    for_people: NotRequired[bool | None]
    is_active: NotRequired[bool | None]
    target_value: NotRequired[TargetBody | None]
    weight: NotRequired[Number | None]


class TermsView(TypedDict):
    """What holds for an assignment over a range of dates, both inclusive."""

    end_date: dt.date | None
    for_people: bool
    start_date: dt.date
    target_value: TargetValue | None
    weight: Number


class AssignmentView(TypedDict):
    """An assignment with all its terms, oldest first."""

    end_date: dt.date | None
    id: int
    is_active: bool
    kpi_definition_id: int
    run_id: int | None
    start_date: dt.date | None
    subject_type: SubjectType
    target_value: TargetValue | None
    team_id: int | None
    terms: list[TermsView]
    user_id: int | None
    version: int
    weight: Number | None
    withdrawn: int


class BoundParameters(TypedDict):
    """What the parameters of a query stood for; `own` are those that the definition declares."""

    company_id: int
    end_date: dt.datetime
    own: dict[str, Number | str]
    start_date: dt.datetime
    team_id: int | None
    user_id: int | None


class ExplainedKpi(TypedDict):
    """The KPI as it is called today; `retired_on` is null while it is in use."""

    id: int
    key: str
    name: str
    retired_on: dt.date | None
    unit: Unit


class PersonName(TypedDict):
    """Somebody of the company."""

    id: int
    name: str


class ExplainedVersion(TypedDict):
    """The version of the definition that was used. An author of null is the platform."""

    author: PersonName | None
    created_at: dt.datetime
    is_current: bool
    version: int


class CalculationError(TypedDict):
    """Why a calculation failed: a stable reason, and a sentence that says what to mend."""

    message: str
    reason: str


class Dates(TypedDict):
    """Two inclusive dates."""

    end: dt.date
    start: dt.date


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


class ExplainedPeriod(TypedDict):
    """A period as inclusive dates and as the instants [starts_at, ends_at) that a source is asked for."""

    end: dt.date
    ends_at_local: dt.datetime
    ends_at_utc: dt.datetime
    start: dt.date
    starts_at_local: dt.datetime
    starts_at_utc: dt.datetime
    state: PeriodState
    timezone: str


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


class TargetUsed(TypedDict):
    """The target and the rule that chose it; `range` are the dates of a dated target."""

    origin: TargetWord
    range: Dates | None
    value: TargetValue | None


class ChangeView(TypedDict):
    """Against the previous period; percent is null when that was 0, points for a % KPI."""

    absolute: Number
    direction: Direction
    percent: Number | None


class CurrentMeasurement(TypedDict):
    """The newest measurement: of a closed period, or of the running one when there is no closed one yet."""

    achievement_percentage: Number | None
    actual_value: Number | None
    covered_days: int
    is_partial: bool
    period_end: dt.date
    period_start: dt.date
    state: MeasurementState


class CurrentTerms(TypedDict):
    """Weight and default target of today, where they are not those of the period that is shown."""

    target_value: TargetValue | None
    weight: Number


class DeletedView(TypedDict):
    """The id that no row has any more."""

    deleted: int


class ExplainedMeasurement(TypedDict):
    """What is stored. `entered_by` is null for a calculated value, `run_id` for an entered one."""

    achievement_percentage: Number | None
    actual_value: Number | None
    calculated_at: dt.datetime
    covered_days: int
    entered_by: PersonName | None
    is_partial: bool
    no_data_reason: str | None
    notes: str
    run_id: int | None
    state: MeasurementState
    status: Status
    weight: Number


class NotMeasured(TypedDict):
    """What the last run that tried says of a period without a measurement."""

    message: str | None
    outcome: NotMeasuredOutcome
    reason: str
    run_id: int


class RevisionView(TypedDict):
    """A change of a measurement after its period had closed. An author of null is a calculation."""

    author: PersonName | None
    created_at: dt.datetime
    definition_version: int
    new_value: Number | None
    old_value: Number | None
    reason: str
    revision: int
    run_id: int | None


class HistoryEntry(TypedDict):
    """A measurement in a history."""

    achievement_percentage: Number | None
    actual_value: Number | None
    calculated_at: dt.datetime
    covered_days: int
    is_partial: bool
    notes: str
    period_end: dt.date
    period_start: dt.date
    state: MeasurementState
    status: Status
    target_origin: TargetOrigin
    target_value: TargetValue | None
    weight: Number


class History(TypedDict):
    """One page of measurements, oldest first."""

    measurements: list[HistoryEntry]
    next_cursor: str | None


class KpiOfUser(TypedDict):
    """The definition in the words of a person's list."""

    description: str
    id: int
    name: str
    unit: Unit


class OverruledRow(TypedDict):
    """A row that was written, and then changed by a later row of the same call (`by`) that has its id."""

    by: int
    index: int


class RowError(TypedDict):
    """Why one row was left out."""

    error: str
    field: str
    index: int


class RowsView(TypedDict):
    """What became of the rows, taken one after the other."""

    created: int
    errors: list[RowError]
    overruled: list[OverruledRow]
    unchanged: int
    updated: int


class UserKpi(TypedDict):
    """One KPI of a person; `id` is the assignment's. Target and weight are those of the period shown."""

    change: ChangeView | None
    current_measurement: CurrentMeasurement | None
    current_terms: CurrentTerms | None
    id: int
    kpi_definition: KpiOfUser
    status: Status
    target_origin: TargetOrigin
    target_value: TargetValue | None
    trend: list[Number | None]
    weight: Number
