"""The KPIs of the company and of teams: whose numbers a caller may read."""

from lodestar.application.access import require_definition, require_found_team, require_unlocked
from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.caller import Caller
from lodestar.domain.assignments import Assignment, Subject
from lodestar.domain.people import Team
from lodestar.domain.permissions import KPIS_ASSIGN, Actor, TeamVisibility, may_view_team
from lodestar.domain.refusals import Forbidden, NotFound


def require_readable_group_assignment(
    kpi_id: int, team_id: int | None, caller: Caller, work: CalculationWork
) -> Assignment:
    """The assignment of a KPI to a team, or without one to the company, if its numbers are for the caller.

    The KPI may be retired, the terms ended and the team dissolved: what was measured stays readable.

    Raises:
        NotFound: there is no such KPI or team, or it was never assigned to it.
        Forbidden: it is locked for the caller, or the team is not theirs to see in full.
    """
    definition = require_definition(work.definitions.get(kpi_id))
    if team_id is None:
        require_unlocked(definition, caller.actor)
    else:
        _require_seen_in_full(require_found_team(work.people.team(team_id)), caller)
    assignment = work.assignments.of_subject(kpi_id, Subject(team_id=team_id))
    if assignment is None:
        whom = "the company" if team_id is None else "this team"
        raise NotFound(f'"{definition.key}" was never assigned to {whom}.')
    return assignment


def _require_seen_in_full(team: Team, caller: Caller) -> None:
    if team_visibility(team, caller.actor) is not TeamVisibility.FULL:
        raise Forbidden("Only the manager of this team and admins can see its KPIs.")


def team_visibility(team: Team, actor: Actor) -> TeamVisibility | None:
    """How much of a team's numbers an actor may see; None is nothing."""
    # Nobody leads a dissolved team any more: its past stays with whoever did last.
    if not team.is_active and team.manager_id == actor.user_id and actor.may(KPIS_ASSIGN):
        return TeamVisibility.FULL
    return may_view_team(actor, team.id)
