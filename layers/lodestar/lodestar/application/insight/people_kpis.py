"""Reading KPIs: a person's, a team's, a history."""

from datetime import date, timedelta
from typing import Any

from lodestar.application.access import (
    require_assignment_of,
    require_found,
    require_unlocked,
    require_visible_person,
)
from lodestar.application.caller import Caller
from lodestar.application.insight.ports import InsightWork
from lodestar.application.insight.shapes import History, HistoryQuery, TeamKpis, UserKpis
from lodestar.domain.periods import Calendar
from lodestar.domain.permissions import TeamView, may_view_team
from lodestar.domain.refusals import Forbidden, NotFound
from lodestar.wire.json_view import Json

PERIODS_BACK = 7
"""The last 6 periods of the trend, and one more for the oldest change."""


def kpis_of_user(user_id: int, on: date | None, caller: Caller, work: InsightWork) -> Json[UserKpis]:
    """A person's KPIs as they stood on a date (today unless given).

    Raises:
        NotFound, Forbidden: as `require_visible_person`.
    """
    require_visible_person(user_id, caller, work.people)
    return Json(
        require_found(
            work.views.read_and_commit("user_kpis", _as_of_day([user_id], on, caller, work)), "user"
        )
    )


def kpis_of_team(team_id: int, on: date | None, caller: Caller, work: InsightWork) -> Json[TeamKpis]:
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
    return Json(require_found(work.views.read_and_commit("team_kpis", parameters), "team"))


def history_of(ids: tuple[int, int], query: HistoryQuery, caller: Caller, work: InsightWork) -> Json[History]:
    """A page of the measurements of a user's assignment; `ids` are the user's and the assignment's.

    Raises:
        NotFound, Forbidden: as `require_visible_person` and `require_assignment_of`.
        InvalidRequest: `from` behind `to`.
    """
    user_id, assignment_id = ids
    require_visible_person(user_id, caller, work.people)
    require_assignment_of(user_id, work.assignments.get(assignment_id))
    return _history(assignment_id, query, work)


def history_of_company(kpi_id: int, query: HistoryQuery, caller: Caller, work: InsightWork) -> Json[History]:
    """A page of the measurements of a KPI's company-level assignment.

    Raises:
        NotFound: there is no such KPI, or it was never assigned to the company.
        Forbidden: it is locked for the caller.
    """
    definition = work.definitions.get(kpi_id)
    assignment_id = work.assignments.newest_company_assignment(kpi_id)
    if definition is None or assignment_id is None:
        raise NotFound("There is no such KPI of the company.")
    require_unlocked(definition, caller.actor)
    return _history(assignment_id, query, work)


def _history(assignment_id: int, query: HistoryQuery, work: InsightWork) -> Json[History]:
    parameters = {**query.parameters, "id": assignment_id, "as_of": query.as_of}
    return Json(require_found(work.views.read_and_commit("history", parameters), "history"))


def _as_of_day(user_ids: list[int], on: date | None, caller: Caller, work: InsightWork) -> dict[str, Any]:
    calendar: Calendar = caller.company.calendar
    today = calendar.local_date(work.now)
    day = on or today
    return {
        "users": user_ids,
        "on": day,
        "cap": caller.company.score_cap,
        "calendar": (calendar, min(day, today - timedelta(days=1)), PERIODS_BACK),
    }
