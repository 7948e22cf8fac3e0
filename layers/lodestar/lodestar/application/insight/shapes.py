"""The bodies and answers of this room."""

from datetime import date, datetime

from pydantic import AwareDatetime, Field

from lodestar.application.assignments.targets import TargetValue
from lodestar.domain.definitions import Unit
from lodestar.domain.measurements import MeasurementState
from lodestar.domain.scoring import Status
from lodestar.domain.targets import TargetOrigin
from lodestar.domain.trends import Direction
from lodestar.wire.bodies import View
from lodestar.wire.fields import Id, Number
from lodestar.wire.paging import DatesPageQuery


class ChangeView(View):
    """Against the previous period; percent is null when that was 0, points for a % KPI."""

    absolute: Number
    percent: Number | None
    direction: Direction


class ScoredKpi(View):
    """The KPI of a part."""

    id: int
    key: str
    name: str


class ScorePart(View):
    """What one assignment brought to a score; an achievement of null stayed out of it."""

    assignment_id: int
    kpi: ScoredKpi
    weight: Number
    achievement_percentage: Number | None


class ScoreView(View):
    """The score at the end of a day, and how much of the weight it rests on, both in percent."""

    on_date: date
    overall_score: Number | None
    coverage: Number | None
    parts: list[ScorePart]


class Scores(View):
    """One page of snapshots, oldest first."""

    scores: list[ScoreView]
    next_cursor: str | None


class ScoresQuery(DatesPageQuery):
    """Which days, and what was believed of them at an instant."""

    as_of: AwareDatetime | None = Field(default=None, description="What was believed at this instant.")


class KpiOfUser(View):
    """The definition in the words of a person's list."""

    id: int
    name: str
    description: str
    unit: Unit


class CurrentMeasurement(View):
    """The newest measurement: of a closed period, or of the running one when there is no closed one yet.

    `covered_days` are the days of the period on which the KPI was assigned. `is_partial`: they are less than
    half of it, so that it counts in no score and raises no alert.
    """

    actual_value: Number | None
    achievement_percentage: Number | None
    period_start: date
    period_end: date
    state: MeasurementState
    covered_days: int
    is_partial: bool


class CurrentTerms(View):
    """Weight and default target of today, where they are not those of the period that is shown."""

    weight: Number
    target_value: TargetValue | None


class UserKpi(View):
    """One KPI of a person; `id` is the assignment's. Target and weight are those of the period shown."""

    id: int
    kpi_definition: KpiOfUser
    target_value: TargetValue | None
    target_origin: TargetOrigin
    weight: Number
    current_terms: CurrentTerms | None
    status: Status
    current_measurement: CurrentMeasurement | None
    trend: list[Number | None]
    change: ChangeView | None


class UserKpis(View):
    """A person's KPIs with their score and how much of the weight it rests on."""

    kpis: list[UserKpi]
    overall_score: Number | None
    coverage: Number | None


class TeamMember(UserKpis):
    """A member's KPIs."""

    user_id: int
    name: str


class KpiAverage(View):
    """A KPI over the members that have a value."""

    average: Number | None
    achievement_percentage: Number | None
    members: int


class TeamAverages(View):
    """The team's averages, by definition key."""

    overall_score: Number | None
    kpi_averages: dict[str, KpiAverage]


class TeamKpis(View):
    """A team's own KPIs, and those of its members; both are left out for those who see averages only."""

    team_kpis: list[UserKpi]
    team_members: list[TeamMember]
    team_averages: TeamAverages


class HistoryEntry(View):
    """A measurement in a history."""

    period_start: date
    period_end: date
    actual_value: Number | None
    target_value: TargetValue | None
    target_origin: TargetOrigin
    weight: Number
    achievement_percentage: Number | None
    status: Status
    state: MeasurementState
    covered_days: int
    is_partial: bool
    calculated_at: datetime
    notes: str


class History(View):
    """One page of measurements, oldest first."""

    measurements: list[HistoryEntry]
    next_cursor: str | None


class HistoryQuery(DatesPageQuery):
    """Which measurements: inclusive dates, and what was believed at an instant."""

    as_of: AwareDatetime | None = Field(default=None, description="What was believed at this instant.")


class GroupHistoryQuery(HistoryQuery):
    """Which measurements of a KPI of the company, or of a team."""

    team_id: Id | None = Field(default=None, description="The team; without one, the company itself.")
