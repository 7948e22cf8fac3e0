"""The shapes of an explanation: how a value came about, or would."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from lodestar.application.assignments.targets import TargetValue
from lodestar.domain.definitions import Rollup, Unit
from lodestar.domain.measurements import MeasurementState
from lodestar.domain.scoring import Status
from lodestar.domain.sources import InputSubject
from lodestar.domain.targets import TargetOrigin
from lodestar.wire.bodies import Body, View
from lodestar.wire.fields import Id, Number
from lodestar.wire.paging import QueryModel

type TargetWord = Literal["assignment_target", "assignment_default", "company_target", "none"]
TARGET_WORDS: Mapping[TargetOrigin, TargetWord] = {
    TargetOrigin.RANGE: "assignment_target",
    TargetOrigin.ASSIGNMENT_DEFAULT: "assignment_default",
    TargetOrigin.COMPANY: "company_target",
    TargetOrigin.NONE: "none",
}


class PeriodState(StrEnum):
    """Whether a period lies ahead, runs or is over."""

    NOT_BEGUN = "not_begun"
    OPEN = "open"
    CLOSED = "closed"


class PersonName(View):
    """Somebody of the company."""

    id: int
    name: str


class Dates(View):
    """Two inclusive dates."""

    start: date
    end: date


class ValueWay(StrEnum):
    """How a number comes about.

    `rolled_up`: of people's values, each counted for the team that the person counts for in the period.
    `raw_rows`: of records or rows of a query, each counted for the team that its person was in on its day.
    """

    ROLLED_UP = "rolled_up"
    RAW_ROWS = "raw_rows"
    FORMULA = "formula"
    ENTERED = "entered"
    UNKNOWN = "unknown"


class ExplainedKpi(View):
    """The KPI as it is called today; `retired_on` is null while it is in use."""

    id: int
    key: str
    name: str
    unit: Unit
    retired_on: date | None


class ExplainedPeriod(Dates):
    """A period as inclusive dates and as the instants [starts_at, ends_at) that a source is asked for.

    `timezone` is the company's on the last day; each local instant is in the one that counts there.
    """

    starts_at_utc: datetime
    ends_at_utc: datetime
    starts_at_local: datetime
    ends_at_local: datetime
    timezone: str
    state: PeriodState


class ExplainedVersion(View):
    """The version of the definition that was used. An author of null is the platform."""

    version: int
    author: PersonName | None
    created_at: datetime
    is_current: bool


class BoundParameters(View):
    """What the parameters of a query stood for; `own` are those that the definition declares."""

    user_id: int | None
    team_id: int | None
    company_id: int
    start_date: datetime
    end_date: datetime
    own: dict[str, Number | str]


class DatabaseUsed(View):
    """An admin's query and what was bound in it."""

    type: Literal["database"]
    query: str
    parameters: BoundParameters


class RecordsUsed(View):
    """Pushed records of one source, and how they became one number."""

    type: Literal["records"]
    source: str
    method: str
    field: str
    filters: dict[str, Number | bool | str]


class FormulaUsed(View):
    """A formula; its variables are the explanation's `inputs`."""

    type: Literal["formula"]
    formula: str


class OtherUsed(View):
    """Any other source, with its configuration."""

    type: str
    configuration: dict[str, Any]


class CalculationError(View):
    """Why a calculation failed: a stable reason, and a sentence that says what to mend."""

    reason: str
    message: str


class InputUsed(View):
    """One variable of a formula, as today's data give it.

    `key`, `offset`, `of` and `period` are set for another KPI's measurement. A locked input is a KPI whose
    numbers the caller may not see: it has no value, no reason and no error.
    """

    variable: str
    type: str
    key: str | None
    offset: int | None
    of: InputSubject | None
    period: Dates | None
    value: Number | None
    no_data_reason: str | None
    error: CalculationError | None
    row_count: int | None
    locked: bool


class TargetUsed(View):
    """The target and the rule that chose it; `range` are the dates of a dated target.

    Of a stored measurement it is the target in force then; `range` is null where that was changed since.
    """

    value: TargetValue | None
    origin: TargetWord
    range: Dates | None


class Calculation(View):
    """What a version of a definition gives on today's data, and from what.

    `value_now` is null with a `no_data_reason` or an `error`. `way` tells how it comes about. `row_count` is
    the number of raw rows that matched (records, or rows of a plain query), of people where `rollup` says
    that their values were rolled up; null where it cannot be told.
    """

    kpi: ExplainedKpi
    period: ExplainedPeriod
    definition_version: ExplainedVersion
    source: DatabaseUsed | RecordsUsed | FormulaUsed | OtherUsed
    inputs: list[InputUsed]
    row_count: int | None
    way: ValueWay
    rollup: Rollup | None
    value_now: Number | None
    no_data_reason: str | None
    error: CalculationError | None
    target: TargetUsed
    achievement_formula: str


class ExplainedMeasurement(View):
    """What is stored. `entered_by` is null for a calculated value, `run_id` for an entered one."""

    actual_value: Number | None
    no_data_reason: str | None
    weight: Number
    covered_days: int
    is_partial: bool
    achievement_percentage: Number | None
    status: Status
    state: MeasurementState
    calculated_at: datetime
    run_id: int | None
    entered_by: PersonName | None
    notes: str


class NotMeasured(View):
    """What the last run that tried says of a period without a measurement."""

    run_id: int
    outcome: Literal["error", "skipped"]
    reason: str
    message: str | None


class RevisionView(View):
    """A change of a measurement after its period had closed. An author of null is a calculation."""

    revision: int
    old_value: Number | None
    new_value: Number | None
    reason: str
    author: PersonName | None
    run_id: int | None
    created_at: datetime
    definition_version: int


class Explanation(Calculation):
    """How the stored value of one period came about.

    It tells of the definition's version that produced the measurement; without one, of today's. `differs`:
    that version gives another value on today's data. Revisions are oldest first.
    """

    assignment_id: int
    measurement: ExplainedMeasurement | None
    not_measured: NotMeasured | None
    differs: bool
    revisions: list[RevisionView]


class BreakdownKind(StrEnum):
    """Whom a line of a breakdown is about; `others` are all who may not be seen one by one."""

    TEAM = "team"
    USER = "user"
    NO_TEAM = "no_team"
    OTHERS = "others"


class BreakdownLine(View):
    """A part of a value: of a team, a person, or all `others` together. `people` are those measured in it.

    The value is null where nothing is made of these people's values, or where there are too few of them to
    show it (`min_group_size` of the company) to somebody who may not see them.
    """

    kind: BreakdownKind
    id: int | None
    name: str | None
    value: Number | None
    people: int


class GroupExplanation(Explanation):
    """How a value of the company came about, or of a team where `team_id` is set.

    `parts` are the people's values that are rolled up; empty where none are.
    """

    team_id: int | None
    parts: list[BreakdownLine]


class BreakdownBy(StrEnum):
    """What a value is broken down by."""

    TEAM = "team"
    USER = "user"


class Breakdown(View):
    """What a value of the company, or of a team, is made of.

    Where values are rolled up (`way`), the lines are the parts of the value: everybody counts in one, and
    with those who are in no team they add up to it. Else each line is what was measured for that team or
    person of the same KPI, and the value is no sum of them.
    """

    kpi: ExplainedKpi
    team_id: int | None
    period_start: date
    period_end: date
    by: BreakdownBy
    way: ValueWay
    rollup: Rollup | None
    value: Number | None
    lines: list[BreakdownLine]


class Preview(View):
    """The value that a definition would give a person, or the company when `user_id` is null."""

    user_id: int | None
    value: Number | None
    achievement_percentage: Number | None
    status: Status
    explanation: Calculation


class PeriodQuery(QueryModel):
    """One period of the KPI by its inclusive dates."""

    period_start: date = Field(description="First day of the period.")
    period_end: date = Field(description="Last day of the period, inclusive.")


class GroupPeriodQuery(PeriodQuery):
    """One period of a KPI of the company, or of a team."""

    team_id: Id | None = Field(default=None, description="The team; without one, the company itself.")


class BreakdownQuery(GroupPeriodQuery):
    """One period, and what its value is broken down by."""

    by: BreakdownBy = Field(default=BreakdownBy.TEAM, description="team or user.")


class PreviewRequest(Body):
    """For whom and when: a person, or without `user_id` the company. The two dates are inclusive."""

    user_id: Id | None = None
    period_start: date
    period_end: date
