"""People and teams that go: what they had ends with that day, and what was measured stays."""

from datetime import date

from lodestar.application.access import require_found
from lodestar.application.alerts.closing import close_alerts_of
from lodestar.application.assignments.assigning import end_terms
from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.caller import Caller
from lodestar.application.people.ports import Directory
from lodestar.application.people.shapes import TeamView, UserView
from lodestar.application.people.teams import committed_team, end_team
from lodestar.application.people.users import end_user
from lodestar.domain.alerts import CloseReason
from lodestar.domain.assignments import Subject
from lodestar.wire.json_view import Json


def deactivate_user(
    user_id: int, caller: Caller, work: CalculationWork, directory: Directory
) -> Json[UserView]:
    """Let a person in no more, from their next request on; what they have ends with today, whole.

    That is their membership and the terms of all their KPIs. Doing it again changes nothing.

    Raises:
        NotFound: the company has no such user.
        Forbidden: the user has more rights than the caller.
        Conflict: nobody else is an active admin.
    """
    end_user(user_id, caller, work, directory)
    end_all_of(Subject(user_id=user_id), caller.company.calendar.local_date(work.now), work)
    return Json(require_found(work.views.read_and_commit("user", {"id": user_id}), "user"))


def dissolve_team(team_id: int, caller: Caller, work: CalculationWork) -> Json[TeamView]:
    """Dissolve a team: memberships of it and its own KPIs end with today, whole; its numbers stay.

    Doing it again changes nothing.

    Raises:
        NotFound: the company has no such team.
    """
    today = caller.company.calendar.local_date(work.now)
    end_team(team_id, today, work)
    end_all_of(Subject(team_id=team_id), today, work)
    return committed_team(team_id, work)


def end_all_of(gone: Subject, last_day: date, work: CalculationWork) -> None:
    """End what a person or a team has with a day, and the alerts about it at once."""
    reason = CloseReason.TEAM_DISSOLVED if gone.user_id is None else CloseReason.PERSON_LEFT
    close_alerts_of(set(end_terms(gone, last_day, work)), reason, work)
