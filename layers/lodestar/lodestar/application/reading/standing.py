"""Reading KPIs: a person's, a team's, a history."""

from datetime import date, datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, Field

from lodestar.application.assignments.assigning import TargetRangeView, assignment_of, visible_person
from lodestar.application.caller import Caller
from lodestar.application.ports import UnitOfWork
from lodestar.application.viewing import found, refuse_locked
from lodestar.domain.periods import Calendar
from lodestar.domain.permissions import TeamView, may_view_team
from lodestar.domain.refusals import Forbidden, NotFound
from lodestar.wire.bodies import View
from lodestar.wire.fields import Number
from lodestar.wire.json_view import Json
from lodestar.wire.paging import DatesPageQuery

PERIODS_BACK = 7
"""The last 6 periods of the trend, and one more for the oldest change."""


class KpiOfUser(View):
    """The definition in the words of a person's list."""

    id: int
    name: str
    description: str
    unit: str


class CurrentMeasurement(View):
    """The newest measurement: of a closed period, or of the running one when there is no closed one yet."""

    actual_value: Number | None
    achievement_percentage: Number | None
    period_start: date
    period_end: date
    state: str


class ChangeView(View):
    """Against the previous period; percent is null when that was 0, points for a % KPI."""

    absolute: Number
    percent: Number | None
    direction: str


class UserKpi(View):
    """One KPI of a person; `id` is the assignment's."""

    id: int
    kpi_definition: KpiOfUser
    target_value: Number | TargetRangeView | None
    weight: Number
    status: str
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
    """A team's KPIs; members are left out for those who see averages only."""

    team_members: list[TeamMember]
    team_averages: TeamAverages


class HistoryEntry(View):
    """A measurement in a history."""

    period_start: date
    period_end: date
    actual_value: Number | None
    target_value: Number | TargetRangeView | None
    achievement_percentage: Number | None
    state: str
    calculated_at: datetime
    notes: str


class History(View):
    """One page of measurements, oldest first."""

    measurements: list[HistoryEntry]
    next_cursor: str | None


class HistoryQuery(DatesPageQuery):
    """Which measurements: inclusive dates, and what was believed at an instant."""

    as_of: AwareDatetime | None = Field(default=None, description="What was believed at this instant.")


def kpis_of_user(user_id: int, on: date | None, caller: Caller, work: UnitOfWork) -> Json[UserKpis]:
    """A person's KPIs as they stood on a date (today unless given).

    Raises:
        NotFound, Forbidden: as `visible_person`.
    """
    visible_person(user_id, caller, work)
    return Json(found(work.views.last("user_kpis", _as_of_day([user_id], on, caller, work)), "user"))


def kpis_of_team(team_id: int, on: date | None, caller: Caller, work: UnitOfWork) -> Json[TeamKpis]:
    """A team's KPIs: members and averages for its manager and admins, averages alone for a member.

    Raises:
        NotFound: the company has no such team.
        Forbidden: the caller has nothing to do with it.
    """
    if not work.people.team_exists(team_id):
        raise NotFound("There is no such team.")
    seen = may_view_team(caller.actor, team_id)
    if seen is None:
        raise Forbidden("Only the manager of this team, its members and admins can see its KPIs.")
    parameters = _as_of_day(work.people.members(team_id), on, caller, work)
    parameters["with_members"] = seen is TeamView.FULL
    return Json(found(work.views.last("team_kpis", parameters), "team"))


def history_of(ids: tuple[int, int], query: HistoryQuery, caller: Caller, work: UnitOfWork) -> Json[History]:
    """A page of the measurements of a user's assignment; `ids` are the user's and the assignment's.

    Raises:
        NotFound, Forbidden: as `visible_person` and `assignment_of`.
        InvalidRequest: `from` behind `to`.
    """
    user_id, assignment_id = ids
    visible_person(user_id, caller, work)
    assignment_of(user_id, assignment_id, work)
    return _history(assignment_id, query, work)


def history_of_company(kpi_id: int, query: HistoryQuery, caller: Caller, work: UnitOfWork) -> Json[History]:
    """A page of the measurements of a KPI's company-level assignment.

    Raises:
        NotFound: there is no such KPI, or it was never assigned to the company.
        Forbidden: it is locked for the caller.
    """
    definition = work.definitions.get(kpi_id)
    assignment_id = work.company_kpis.company_assignment(kpi_id)
    if definition is None or assignment_id is None:
        raise NotFound("There is no such KPI of the company.")
    refuse_locked(definition, caller.actor)
    return _history(assignment_id, query, work)


def _history(assignment_id: int, query: HistoryQuery, work: UnitOfWork) -> Json[History]:
    parameters = {**query.parameters, "id": assignment_id, "as_of": query.as_of}
    return Json(found(work.views.last("history", parameters), "history"))


def _as_of_day(user_ids: list[int], on: date | None, caller: Caller, work: UnitOfWork) -> dict[str, Any]:
    calendar: Calendar = caller.company.calendar
    today = calendar.local_date(work.now)
    day = on or today
    return {
        "users": user_ids,
        "on": day,
        "cap": caller.company.score_cap,
        "calendar": (calendar, min(day, today - timedelta(days=1)), PERIODS_BACK),
    }
