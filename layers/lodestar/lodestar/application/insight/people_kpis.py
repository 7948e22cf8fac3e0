"""Reading KPIs: a person's, a team's, a history."""

from datetime import date, timedelta

from lodestar.application.access import (
    require_assignment_of,
    require_found,
    require_unlocked,
    require_visible_person,
    visibility_parameters,
)
from lodestar.application.caller import Caller
from lodestar.application.insight.ports import InsightWork
from lodestar.application.insight.shapes import History, HistoryQuery, TeamKpis, UserKpis
from lodestar.domain.assignments import THE_COMPANY
from lodestar.domain.people import Team
from lodestar.domain.permissions import KPIS_ASSIGN, Actor, TeamVisibility, may_view_team
from lodestar.domain.refusals import Forbidden, NotFound
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
    team = work.people.team(team_id)
    if team is None:
        raise NotFound("There is no such team.")
    allowed_view = _visibility(team, caller.actor)
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


def _visibility(team: Team, actor: Actor) -> TeamVisibility | None:
    # Nobody leads a dissolved team any more: its past stays with whoever did last.
    if not team.is_active and team.manager_id == actor.user_id and actor.may(KPIS_ASSIGN):
        return TeamVisibility.FULL
    return may_view_team(actor, team.id)


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


def history_of_company(kpi_id: int, query: HistoryQuery, caller: Caller, work: InsightWork) -> Json[History]:
    """A page of the measurements of a KPI's company-level assignment.

    Raises:
        NotFound: there is no such KPI, or it was never assigned to the company.
        Forbidden: it is locked for the caller.
    """
    # Not `company_kpi`: the past of a retired KPI, or of an assignment that has ended, is still its history.
    definition = work.definitions.get(kpi_id)
    assignment = work.assignments.of_subject(kpi_id, THE_COMPANY)
    if definition is None or assignment is None:
        raise NotFound("There is no such KPI of the company.")
    require_unlocked(definition, caller.actor)
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
