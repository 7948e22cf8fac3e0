"""Users: invite, read, change, deactivate."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from lodestar.application.access import require_found
from lodestar.application.caller import Caller
from lodestar.application.people.ports import Directory, PeopleWork
from lodestar.application.people.roles import keys_of_role, refuse_to_give, rights_of_role
from lodestar.application.people.shapes import UserChange, UserDraft, UserView
from lodestar.application.work import AuditObject
from lodestar.domain.people import User
from lodestar.domain.periods import Calendar
from lodestar.domain.permissions import (
    Rights,
    Role,
    as_powerful_as,
    may_bestow,
    may_readdress,
    may_see_user,
    missing_keys,
)
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, NotFound
from lodestar.wire.changes import asked
from lodestar.wire.json_view import Json

CLEARABLE = {"team_id", "timezone"}
KEPT_ROLES = (Role.ADMIN, Role.SUPERUSER)
"""A company never runs out of these: somebody active has them always."""


@dataclass(frozen=True, slots=True)
class UserDesk:
    """What work on users needs: who asks, the database and the user pool."""

    caller: Caller
    work: PeopleWork
    directory: Directory


def create_user(draft: UserDraft, desk: UserDesk) -> Json[UserView]:
    """Make a user and their sign-in.

    Raises:
        InvalidContent: an unknown role, team or timezone.
        Forbidden: the role gives more than the caller holds.
        Conflict: the email address is taken.
    """
    work = desk.work
    refuse_to_give(draft.role, desk.caller.actor, work)
    _check_team(draft.team_id, work)
    _check_timezone(draft.timezone)
    fields: dict[str, Any] = draft.model_dump()
    user_id = work.people.add_user(fields, desk.directory.invite(draft.email, draft.name))
    work.audit.record("user.created", AuditObject("user", user_id), None, fields)
    return _committed_view(user_id, work)


def one_user(user_id: int, caller: Caller, work: PeopleWork) -> Json[UserView]:
    """A person's entry.

    Raises:
        NotFound: the company has no such user.
        Forbidden: the caller is neither that person nor their manager, and does not manage users.
    """
    person = work.people.person(user_id)
    if person is None:
        raise NotFound("There is no such user.")
    if not may_see_user(caller.actor, user_id, person.team_id):
        raise Forbidden("Only this person, their manager and admins can see this.")
    return _committed_view(user_id, work)


def change_user(user_id: int, change: UserChange, desk: UserDesk) -> Json[UserView]:
    """Change a user; all of it counts from their next request on.

    Raises:
        NotFound: the company has no such user.
        InvalidContent: an unknown role, team or timezone.
        Forbidden: the user holds more than the caller, or would, or could be signed in as (see
            `may_readdress`).
        Conflict: the email address is taken, or nobody else is an active admin.
    """
    before = _known(user_id, desk)
    after = replace(before, **asked(change, CLEARABLE))
    if after.is_active and not before.is_active:
        after = _back_in_team(before, after, desk.work)
    _check(before, after, desk)
    _save(before, after, desk.work)
    if after.email != before.email:
        desk.directory.readdress(after.sub, after.email)
    if change.is_active:
        desk.directory.enable(after.sub)
    elif change.is_active is False:
        _disable(after, desk)
    return _committed_view(user_id, desk.work)


def deactivate_user(user_id: int, desk: UserDesk) -> Json[UserView]:
    """Let a person in no more, from their next request on; all that was measured stays.

    Doing it again changes nothing.

    Raises:
        NotFound: the company has no such user.
        Forbidden: the user holds more than the caller.
        Conflict: nobody else is an active admin.
    """
    before = _known(user_id, desk)
    after = replace(before, is_active=False)
    _refuse_last_admin(before, after, desk.work)
    _save(before, after, desk.work)
    _disable(after, desk)
    return _committed_view(user_id, desk.work)


def _known(user_id: int, desk: UserDesk) -> User:
    """The user, locked, if the caller holds as much as they do."""
    user = desk.work.people.user_for_update(user_id)
    if user is None:
        raise NotFound("There is no such user.")
    held = keys_of_role(user.role, desk.work)
    if not may_bestow(desk.caller.actor, held):
        more = ", ".join(missing_keys(desk.caller.actor, held))
        raise Forbidden(f"This person holds {more}, which you do not: ask an admin to change their entry.")
    return user


def _check(before: User, after: User, desk: UserDesk) -> None:
    work = desk.work
    if after.role != before.role:
        refuse_to_give(after.role, desk.caller.actor, work)
    if after.email != before.email:
        _refuse_take_over(before, desk)
    if after.team_id != before.team_id:
        _check_team(after.team_id, work)
    _check_timezone(after.timezone)
    _refuse_last_admin(before, after, work)


def _refuse_take_over(user: User, desk: UserDesk) -> None:
    of_role = rights_of_role(user.role, desk.work)
    rights = Rights(of_role.permissions, (*of_role.grants, *desk.work.people.grants_of_user(user.id)))
    if not may_readdress(desk.caller.actor, user.id, rights):
        raise Forbidden(
            "Who has the email address can sign in as this person: only an admin can change it, or somebody "
            "who holds kpis.view_all, kpis.assign_all and all that the person holds."
        )


def _refuse_last_admin(before: User, after: User, work: PeopleWork) -> None:
    """Race-safe: `to_change` has locked everybody who counts."""
    kept = next((each for each in KEPT_ROLES if each == before.role), None)
    if kept is None or not before.is_active:
        return
    enough = as_powerful_as(kept)
    if not (after.is_active and after.role in enough) and not work.people.has_others_with_role(
        enough, before.id
    ):
        message = f"Nobody else is an active {kept} here: make somebody else one first."
        raise Conflict(message, code="last_admin")


def _check_team(team_id: int | None, work: PeopleWork) -> None:
    if team_id is not None and not work.people.lock_team_to_join(team_id):
        raise InvalidContent.of("team_id", "team_id must be the id of a team of your company.")


def _check_timezone(timezone: str | None) -> None:
    if timezone is not None:
        Calendar(timezone)


def _back_in_team(before: User, after: User, work: PeopleWork) -> User:
    """Somebody who comes back to a team that was dissolved meanwhile comes back without one."""
    if (
        after.team_id is None
        or after.team_id != before.team_id
        or work.people.lock_team_to_join(after.team_id)
    ):
        return after
    return replace(after, team_id=None)


def _save(before: User, after: User, work: PeopleWork) -> None:
    if after != before:
        work.people.save_user(after)
        work.audit.record("user.changed", AuditObject("user", after.id), _to_json(before), _to_json(after))


def _disable(user: User, desk: UserDesk) -> None:
    """The database refuses the person from its commit on; the user pool only follows."""
    desk.work.after_commit(lambda: desk.directory.disable(user.sub))


def _to_json(user: User) -> dict[str, Any]:
    """A user as the audit log keeps it."""
    return {name: value for name, value in asdict(user).items() if name not in {"id", "sub"}}


def _committed_view(user_id: int, work: PeopleWork) -> Json[UserView]:
    return Json(require_found(work.views.read_and_commit("user", {"id": user_id}), "user"))
