"""Reading KPIs: a person's, a team's, a history."""

from datetime import date, timedelta

from lodestar.application.access import (
    require_assignment_of,
    require_found,
    require_found_team,
    require_visible_person,
    visibility_parameters,
)
from lodestar.application.caller import Caller
from lodestar.application.insight.groups import require_readable_group_assignment, team_visibility
from lodestar.application.insight.ports import InsightWork
from lodestar.application.insight.shapes import GroupHistoryQuery, History, HistoryQuery, TeamKpis, UserKpis
from lodestar.domain.permissions import TeamVisibility
from lodestar.domain.refusals import Forbidden
from lodestar.wire.json_view import Json

PERIODS_FOR_TREND = 7
"""The closed periods that a person's list reads: the 6 of the trend, and one more for the oldest change."""


def kpis_of_user(user_id: int, on: date | None, caller: Caller, work: InsightWork) -> Json[UserKpis]:
    """A person's KPIs as they stood on a date (today unless given).

    Raises:
        NotFound: the company has no such user.
        Forbidden: the caller is neither that person nor their manager nor an admin.
    """
    require_visible_person(user_id, caller, work.people)
    parameters = _list_parameters([user_id], on, caller, work)
    return Json(require_found(work.views.read_and_commit("user_kpis", parameters), "user"))


def kpis_of_team(team_id: int, on: date | None, caller: Caller, work: InsightWork) -> Json[TeamKpis]:
    """A team's KPIs on a day: who was in it then, with their numbers up to then, and averages.

    A member gets averages alone, those that do not tell of single colleagues: of closed periods, of KPIs that
    they have too or may see anyway, and of at least `min_group_size` people beside themselves. A dissolved
    team keeps its numbers, for admins and for who managed it last.

    Raises:
        NotFound: the company has no such team.
        Forbidden: the caller has nothing to do with it.
    """
    allowed_view = team_visibility(require_found_team(work.people.team(team_id)), caller.actor)
    if allowed_view is None:
        raise Forbidden("Only the manager of this team, its members and admins can see its KPIs.")
    day = on or caller.company.calendar.local_date(work.now)
    parameters = {
        **_list_parameters(work.people.members(team_id, day), day, caller, work),
        **visibility_parameters(caller.actor),
        "team": team_id,
        "me": caller.user_id,
        "with_members": allowed_view is TeamVisibility.FULL,
        "min_group_size": caller.company.min_group_size,
    }
    return Json(require_found(work.views.read_and_commit("team_kpis", parameters), "team"))


def history_of_user(
    user_id: int, assignment_id: int, query: HistoryQuery, caller: Caller, work: InsightWork
) -> Json[History]:
    """A page of the measurements of a user's assignment.

    Raises:
        NotFound: the company has no such user, or the user no such assignment.
        Forbidden: the caller is neither that person nor their manager nor an admin.
        InvalidRequest: `from` behind `to`.
    """
    require_visible_person(user_id, caller, work.people)
    require_assignment_of(user_id, work.assignments.get(assignment_id))
    return _history(assignment_id, query, work)


def history_of_group(
    kpi_id: int, query: GroupHistoryQuery, caller: Caller, work: InsightWork
) -> Json[History]:
    """A page of the measurements of a KPI of the company, or of a team.

    Raises:
        NotFound: there is no such KPI or team, or it was never assigned to it.
        Forbidden: it is locked for the caller, or the team is not theirs to see in full.
        InvalidRequest: `from` behind `to`.
    """
    assignment = require_readable_group_assignment(kpi_id, query.team_id, caller, work)
    return _history(assignment.id, query, work)


def _history(assignment_id: int, query: HistoryQuery, work: InsightWork) -> Json[History]:
    parameters = {**query.parameters, "id": assignment_id, "as_of": query.as_of}
    return Json(require_found(work.views.read_and_commit("history", parameters), "history"))


def _list_parameters(
    user_ids: list[int], on: date | None, caller: Caller, work: InsightWork
) -> dict[str, object]:
    calendar = caller.company.calendar
    today = calendar.local_date(work.now)
    day = on or today
    # A period counts as closed once its last day is over: today's own are still open, and a day that lies
    # ahead must not make them look closed.
    closed_through = min(day, today - timedelta(days=1))
    return {
        "users": user_ids,
        "on": day,
        "calendar": (calendar, closed_through, PERIODS_FOR_TREND),
    }
