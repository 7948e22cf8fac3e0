"""Teams: make, read, change, dissolve."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from lodestar.application.access import require_found
from lodestar.application.caller import Caller
from lodestar.application.people.ports import PeopleWork
from lodestar.application.people.shapes import TeamChange, TeamDraft, TeamView
from lodestar.application.work import AuditObject
from lodestar.domain.people import Team
from lodestar.domain.permissions import may_see_team
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, NotFound
from lodestar.wire.changes import given_fields
from lodestar.wire.json_view import Json


def create_team(draft: TeamDraft, work: PeopleWork) -> Json[TeamView]:
    """Make a team; its manager may be named now or later.

    Raises:
        InvalidContent: the company has no such manager.
        Conflict: the company has a team of that name.
    """
    _require_manager(draft.manager_id, work)
    team_id = work.people.add_team(draft.name, draft.manager_id)
    work.audit.record("team.created", AuditObject("team", team_id), None, draft.model_dump())
    return _committed_view(team_id, work)


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
    before = _require_team(work.people.team_for_update(team_id))
    # Another team may have its name by now, and nobody could join it.
    if not before.is_active:
        raise Conflict("This team is dissolved: make a new one instead.", code="team_dissolved")
    after = replace(before, **given_fields(change, clearable={"manager_id"}))
    # Only a new manager is looked at: a team whose manager has left may still be renamed.
    if after.manager_id != before.manager_id:
        _require_manager(after.manager_id, work)
    return _saved(before, after, work)


def dissolve_team(team_id: int, work: PeopleWork) -> Json[TeamView]:
    """Dissolve a team without members: its name is free again and nothing more is calculated for it.

    Doing it again changes nothing.

    Raises:
        NotFound: the company has no such team.
        Conflict: people are in it.
    """
    before = _require_team(work.people.team_for_update(team_id))
    members = len(work.people.members(team_id))  # nobody joins meanwhile: who does waits for the team's row
    if before.is_active and members:
        has = "has a member" if members == 1 else f"has {members} members"
        message = f"This team still {has}: move them to another team or deactivate them first."
        raise Conflict(message, code="team_not_empty")
    return _saved(before, replace(before, is_active=False), work)


def _require_manager(manager_id: int | None, work: PeopleWork) -> None:
    if manager_id is None:
        return
    manager = work.people.person(manager_id)
    if manager is None:
        raise InvalidContent.of("manager_id", "manager_id must be the id of a user of your company.")
    if not manager.is_active:
        raise InvalidContent.of("manager_id", "manager_id is a user who is deactivated: activate them first.")


def _require_team(team: Team | None) -> Team:
    if team is None:
        raise NotFound("There is no such team.")
    return team


def _saved(before: Team, after: Team, work: PeopleWork) -> Json[TeamView]:
    if after != before:
        work.people.save_team(after)
        about = AuditObject("team", after.id)
        work.audit.record("team.changed", about, _for_audit(before), _for_audit(after))
    return _committed_view(after.id, work)


def _for_audit(team: Team) -> Mapping[str, Any]:
    return {name: value for name, value in asdict(team).items() if name != "id"}


def _committed_view(team_id: int, work: PeopleWork) -> Json[TeamView]:
    return Json(require_found(work.views.read_and_commit("team", {"id": team_id}), "team"))
