"""Types: teams. Made from the OpenAPI document by `make openapi`: change that, not this."""

from typing import NotRequired, TypedDict

from lodestar_client.core import Number
from lodestar_client.types.shared import UserKpi


class KpiAverage(TypedDict):
    """A KPI over the members that have a value."""

    achievement_percentage: Number | None
    average: Number | None
    members: int


class TeamAverages(TypedDict):
    """The team's averages, by definition key."""

    kpi_averages: dict[str, KpiAverage]
    overall_score: Number | None


class TeamChange(TypedDict):
    """What to change of a team; a field that is left out stays as it is. A manager_id of null: nobody."""

    manager_id: NotRequired[int | None]
    name: NotRequired[str | None]


class TeamDraft(TypedDict):
    """A new team."""

    manager_id: NotRequired[int | None]
    name: str


class TeamMember(TypedDict):
    """A member's KPIs."""

    coverage: Number | None
    kpis: list[UserKpi]
    name: str
    overall_score: Number | None
    user_id: int


class TeamKpis(TypedDict):
    """A team's own KPIs, and those of its members; both are left out for those who see averages only."""

    team_averages: TeamAverages
    team_kpis: list[UserKpi]
    team_members: list[TeamMember]


class TeamView(TypedDict):
    """A team; dissolved when it is not active."""

    id: int
    is_active: bool
    manager_id: int | None
    name: str


class TeamList(TypedDict):
    """One page of teams that are not dissolved."""

    next_cursor: str | None
    teams: list[TeamView]
