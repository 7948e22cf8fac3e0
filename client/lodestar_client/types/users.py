"""Types: users. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from typing import NotRequired, TypedDict

from lodestar_client.core import Number
from lodestar_client.types.enums import MeasurementState, Rollup, Status, ValueWay
from lodestar_client.types.shared import (
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
    RecordsUsed,
    RevisionView,
    TargetBody,
    TargetUsed,
    TargetValue,
    UserKpi,
)


class AssignmentDraft(TypedDict):
    """A KPI for a user."""

    end_date: NotRequired[dt.date | None]
    kpi_definition_id: int
    renew: NotRequired[bool]
    start_date: dt.date
    target_value: NotRequired[TargetBody | None]
    weight: NotRequired[Number]


class PlannedMoveView(TypedDict):
    """The next change of team that lies ahead; a team_id of null leaves the team."""

    effective_from: dt.date
    team_id: int | None


class ChangedUser(TypedDict):
    """A user who was changed."""

    email: str
    external_ids: dict[str, str]
    id: int
    is_active: bool
    name: str
    planned_move: PlannedMoveView | None
    role: str
    run_id: int | None
    team_id: int | None
    team_since: dt.date | None
    timezone: str | None


class EnteredValue(TypedDict):
    """A value for one period of a manual KPI; the two dates are inclusive."""

    actual_value: Number | str
    notes: NotRequired[str | None]
    period_end: dt.date
    period_start: dt.date


class Explanation(TypedDict):
    """How the stored value of one period came about."""

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
    period: ExplainedPeriod
    revisions: list[RevisionView]
    rollup: Rollup | None
    row_count: int | None
    source: DatabaseUsed | RecordsUsed | FormulaUsed | OtherUsed
    target: TargetUsed
    value_now: Number | None
    way: ValueWay


class MeasurementView(TypedDict):
    """A measurement. `covered_days` are the days on which the KPI was assigned."""

    achievement_percentage: Number | None
    actual_value: Number | None
    covered_days: int
    id: int
    is_partial: bool
    notes: str
    period_end: dt.date
    period_start: dt.date
    run_id: int | None
    state: MeasurementState
    status: Status
    target_value: TargetValue | None
    weight: Number


class ScoredKpi(TypedDict):
    """The KPI of a part."""

    id: int
    key: str
    name: str


class ScorePart(TypedDict):
    """What one assignment brought to a score; an achievement of null stayed out of it."""

    achievement_percentage: Number | None
    assignment_id: int
    kpi: ScoredKpi
    weight: Number


class ScoreView(TypedDict):
    """The score at the end of a day, and how much of the weight it rests on, both in percent."""

    coverage: Number | None
    on_date: dt.date
    overall_score: Number | None
    parts: list[ScorePart]


class Scores(TypedDict):
    """One page of snapshots, oldest first."""

    next_cursor: str | None
    scores: list[ScoreView]


class UserChange(TypedDict):
    """What to change of a user; a field that is left out stays as it is."""

    effective_from: NotRequired[dt.date | None]
    email: NotRequired[str | None]
    external_ids: NotRequired[dict[str, str] | None]
    is_active: NotRequired[bool | None]
    name: NotRequired[str | None]
    role: NotRequired[str | None]
    team_id: NotRequired[int | None]
    timezone: NotRequired[str | None]


class UserDraft(TypedDict):
    """A new user of the company; they are invited to sign in. `role` may be one of the company's own."""

    effective_from: NotRequired[dt.date | None]
    email: str
    external_ids: NotRequired[dict[str, str]]
    name: str
    role: NotRequired[str]
    team_id: NotRequired[int | None]
    timezone: NotRequired[str | None]


class UserKpis(TypedDict):
    """A person's KPIs with their score and how much of the weight it rests on."""

    coverage: Number | None
    kpis: list[UserKpi]
    overall_score: Number | None


class UserView(TypedDict):
    """A user. `role` is a built-in one or the name of one that the company made."""

    email: str
    external_ids: dict[str, str]
    id: int
    is_active: bool
    name: str
    planned_move: PlannedMoveView | None
    role: str
    team_id: int | None
    team_since: dt.date | None
    timezone: str | None


class UserList(TypedDict):
    """One page of users."""

    next_cursor: str | None
    users: list[UserView]
