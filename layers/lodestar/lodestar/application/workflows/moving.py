"""People who move from team to team, from a day on; a move back over closed periods is calculated again."""

from dataclasses import dataclass
from datetime import date

from lodestar.application.access import require_found
from lodestar.application.calculation.ports import CalculationWork, Messages
from lodestar.application.calculation.running import MAX_BACKFILL, recalculate_people
from lodestar.application.caller import Caller
from lodestar.application.people.ports import Directory
from lodestar.application.people.shapes import ChangedUser, UserChange
from lodestar.application.people.users import UserEdit, edit_user
from lodestar.application.workflows.leaving import end_all_of
from lodestar.domain.assignments import Subject
from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.runs import NewRun, RunKind
from lodestar.wire.json_view import Json


@dataclass(frozen=True, slots=True)
class PersonnelContext:
    """What it takes to change a person: who asks, the database, the user pool and the queues."""

    caller: Caller
    work: CalculationWork
    directory: Directory
    messages: Messages


def change_user(user_id: int, change: UserChange, context: PersonnelContext) -> Json[ChangedUser]:
    """Change a user. Where they have moved back over closed periods, a run restates the teams.

    Raises:
        NotFound, InvalidContent, Forbidden, Conflict: as `edit_user`.
    """
    work = context.work
    edit = edit_user(user_id, change, context.caller, work, context.directory)
    if edit.before.is_active and not edit.after.is_active:
        end_all_of(Subject(user_id=user_id), context.caller.company.calendar.local_date(work.now), work)
    run = _restating_run(edit, context)
    run_id = None if run is None else recalculate_people(run, work, context.messages)
    parameters = {"id": user_id, "run_id": run_id}
    return Json(require_found(work.views.read_and_commit("changed_user", parameters), "user"))


def _restating_run(edit: UserEdit, context: PersonnelContext) -> NewRun | None:
    """The run over every closed period in which another team counts now; None where there is none."""
    work, calendar = context.work, context.caller.company.calendar
    today = calendar.local_date(work.now)
    before, after = edit.before.memberships, edit.after.memberships
    moved_on = before.first_difference(after)
    if moved_on is None or moved_on >= today:
        return None
    first = max(_first_touched(moved_on, calendar), today - MAX_BACKFILL)
    teams = before.teams_from(moved_on) | after.teams_from(moved_on)
    # The colleagues too: a formula of theirs may look at their team.
    people = {edit.after.id, *work.people.people_of_teams(teams, first, today)}
    return NewRun(
        kind=RunKind.BACKFILL,
        cadence=None,
        period_start=first,
        period_end=today,
        reason=f"{edit.after.name} moved on {moved_on}",
        at=work.now,
        user_ids=tuple(sorted(people)),
        with_groups=True,
        requested_by=context.caller.user_id,
    )


def _first_touched(day: date, calendar: Calendar) -> date:
    """The earliest first day of any period that holds a day."""
    return min(calendar.containing(cadence, day).start for cadence in Cadence)
