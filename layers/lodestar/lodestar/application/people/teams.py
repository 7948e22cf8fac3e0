"""Teams: make, list, read, change, dissolve."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from lodestar.application.access import require_found, require_found_team
from lodestar.application.caller import Caller
from lodestar.application.pages import read_page_and_commit
from lodestar.application.people.ports import PeopleWork
from lodestar.application.people.shapes import TeamChange, TeamDraft, TeamList, TeamView
from lodestar.application.work import AuditedChange, AuditObject
from lodestar.domain.memberships import Memberships
from lodestar.domain.people import Team
from lodestar.domain.permissions import KPIS_ASSIGN, USERS_MANAGE, Actor, may_see_team
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent
from lodestar.wire.changes import given_fields
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery


def create_team(draft: TeamDraft, work: PeopleWork) -> Json[TeamView]:
    """Make a team; its manager may be named now or later.

    Raises:
        InvalidContent: the company has no such manager.
        Conflict: the company has a team of that name.
    """
    _require_manager(draft.manager_id, work)
    team_id = work.people.add_team(draft.name, draft.manager_id)
    work.audit.record("team.created", AuditObject("team", team_id), None, draft.model_dump())
    return committed_team(team_id, work)


def get_team(team_id: int, caller: Caller, work: PeopleWork) -> Json[TeamView]:
    """A team, also a dissolved one.

    Raises:
        NotFound: the company has no such team.
        Forbidden: the caller is neither its manager nor a member, and does not manage users.
    """
    # Found before allowed: whether an id is unknown or another company's, the answer is the same 404.
    text = require_found(work.views.read("team", {"id": team_id}), "team")
    if not may_see_team(caller.actor, team_id):
        raise Forbidden("Only the manager of this team, its members and admins can see it.")
    return Json(text)


def change_team(team_id: int, change: TeamChange, work: PeopleWork) -> Json[TeamView]:
    """Change a team's name or manager: the new one sees its people from the next request on.

    Raises:
        NotFound: the company has no such team.
        InvalidContent: the company has no such manager.
        Conflict: the team is dissolved, or the company has another one of that name.
    """
    before = require_found_team(work.people.team_for_update(team_id))
    # Another team may have its name by now, and nobody could join it.
    if not before.is_active:
        raise Conflict("This team is dissolved: make a new one instead.", code="team_dissolved")
    after = replace(before, **given_fields(change, clearable={"manager_id"}))
    # Only a new manager is looked at: a team whose manager has left may still be renamed.
    if after.manager_id != before.manager_id:
        _require_manager(after.manager_id, work)
    _save(before, after, work)
    return committed_team(team_id, work)


def end_team(team_id: int, today: date, work: PeopleWork) -> None:
    """Dissolve a team: its people are in it until the end of the day, its name is free again.

    Doing it again changes nothing.

    Raises:
        NotFound: the company has no such team.
    """
    before = require_found_team(work.people.team_for_update(team_id))
    if not before.is_active:
        return
    # Nobody joins meanwhile: who wants to waits for the team's row.
    of_users = work.people.memberships_for_update(team_id, today)
    left = {user_id: each.without_team(team_id, today) for user_id, each in of_users.items()}
    if left:
        work.people.save_memberships(left)
    _save(before, replace(before, is_active=False), work)
    work.audit.record_many(
        [
            AuditedChange(
                "user.changed",
                AuditObject("user", user_id),
                {"memberships": memberships_for_audit(of_users[user_id])},
                {"memberships": memberships_for_audit(each)},
            )
            for user_id, each in left.items()
        ]
    )


def list_teams(query: PageQuery, caller: Caller, work: PeopleWork) -> Json[TeamList]:
    """A page of teams: all for who manages users, those that they manage for a manager.

    Raises:
        Forbidden: the caller is neither.
    """
    return Json(read_page_and_commit("teams", query, work, teams=listed_teams(caller.actor)))


def listed_teams(actor: Actor) -> list[int] | None:
    """The teams whose entries and people an actor lists; None is all.

    Raises:
        Forbidden: the actor neither manages users nor leads teams.
    """
    if actor.may(USERS_MANAGE):
        return None
    if not actor.may(KPIS_ASSIGN):
        raise Forbidden(
            f"This needs the permission {USERS_MANAGE}, or {KPIS_ASSIGN} for the teams that you manage; "
            "your role has neither."
        )
    return sorted(team_id for team_id in actor.managed_team_ids if actor.leads(team_id))


def _require_manager(manager_id: int | None, work: PeopleWork) -> None:
    if manager_id is None:
        return
    manager = work.people.person(manager_id)
    if manager is None:
        raise InvalidContent.of("manager_id", "manager_id must be the id of a user of your company.")
    if not manager.is_active:
        raise InvalidContent.of("manager_id", "manager_id is a user who is deactivated: activate them first.")


def _save(before: Team, after: Team, work: PeopleWork) -> None:
    if after != before:
        work.people.save_team(after)
        about = AuditObject("team", after.id)
        work.audit.record("team.changed", about, _for_audit(before), _for_audit(after))


def _for_audit(team: Team) -> Mapping[str, Any]:
    return {name: value for name, value in asdict(team).items() if name != "id"}


def memberships_for_audit(memberships: Memberships) -> list[Mapping[str, Any]]:
    """Memberships as the audit log keeps them, oldest first."""
    return [asdict(each) for each in memberships]


def committed_team(team_id: int, work: PeopleWork) -> Json[TeamView]:
    """The team as the API shows it; the transaction is committed with it."""
    return Json(require_found(work.views.read_and_commit("team", {"id": team_id}), "team"))
