"""Users: invite, list, read, change; who is in which team."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from lodestar.application.access import require_found
from lodestar.application.caller import Caller
from lodestar.application.pages import read_page_and_commit
from lodestar.application.people.ports import Directory, PeopleWork
from lodestar.application.people.roles import require_right_to_give, require_role_keys, require_role_rights
from lodestar.application.people.shapes import UserChange, UserDraft, UserList, UserQuery, UserView
from lodestar.application.people.teams import listed_teams, memberships_for_audit
from lodestar.application.work import AuditObject
from lodestar.domain.memberships import Memberships
from lodestar.domain.people import INDISPENSABLE_ROLES, User
from lodestar.domain.periods import Calendar
from lodestar.domain.permissions import (
    Rights,
    as_powerful_as,
    may_bestow,
    may_readdress,
    may_see_user,
    missing_keys,
)
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, NotFound
from lodestar.wire.changes import given_fields
from lodestar.wire.json_view import Json

CLEARABLE = frozenset({"timezone"})
"""The fields that a null clears; of others but the team, in which it is none, a null asks for nothing."""
_OF_TEAM = frozenset({"team_id", "effective_from"})


@dataclass(frozen=True, slots=True)
class UserEdit:
    """A user as they were and as they are now written."""

    before: User
    after: User


def create_user(draft: UserDraft, caller: Caller, work: PeopleWork, directory: Directory) -> Json[UserView]:
    """Make a user and their sign-in.

    Raises:
        InvalidContent: an unknown role, team or timezone, or a first day without a team.
        Forbidden: the role gives more than the caller has.
        Conflict: nobody can be invited to the address.
    """
    # All that can be refused comes before the invitation, which no rollback takes back.
    require_right_to_give(draft.role, caller.actor, work)
    memberships = _first_memberships(draft, caller.company.calendar.local_date(work.now))
    _require_team(draft.team_id, work)
    _require_timezone(draft.timezone)
    fields: dict[str, Any] = draft.model_dump(exclude=set(_OF_TEAM))
    # The row needs the pool's `sub`. A sign-in without a row lets nobody in, and a retry finds it again.
    user_id = work.people.add_user(fields, directory.invite(draft.email, draft.name))
    if memberships.all:
        work.people.save_memberships({user_id: memberships})
    audited = {**fields, "memberships": memberships_for_audit(memberships)}
    work.audit.record("user.created", AuditObject("user", user_id), None, audited)
    return _committed_view(user_id, work)


def list_users(query: UserQuery, caller: Caller, work: PeopleWork) -> Json[UserList]:
    """A page of users: all for who manages users, those of their teams today for a manager.

    Raises:
        Forbidden: the caller is neither.
    """
    return Json(read_page_and_commit("users", query, work, teams=listed_teams(caller.actor)))


def get_user(user_id: int, caller: Caller, work: PeopleWork) -> Json[UserView]:
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


def edit_user(
    user_id: int, change: UserChange, caller: Caller, work: PeopleWork, directory: Directory
) -> UserEdit:
    """Change a user, and in which team they are from when on; all else counts from their next request on.

    Raises:
        NotFound: the company has no such user.
        InvalidContent: an unknown role, team or timezone, or a day without a team.
        Forbidden: the user has more rights than the caller, or would have, or the caller could sign in as
            them by the new email address.
        Conflict: the email address cannot be used, or nobody else is an active admin.
    """
    # What somebody may not do to a user they may not do by a detour: the user's present keys count first.
    before = _require_changeable_user(user_id, caller, work)
    given = given_fields(change, CLEARABLE)
    after = replace(before, **{name: value for name, value in given.items() if name not in _OF_TEAM})
    after = _in_team(before, after, change, caller.company.calendar.local_date(work.now))
    _require_right_to_change(before, after, caller, work)
    if after.memberships != before.memberships:
        _require_team(change.team_id, work)
    _save(before, after, work)
    # The pool follows even where the database has nothing to change: so a repeat mends one that is behind.
    # Before the commit, so that a pool that refuses leaves nothing changed.
    if after.email != before.email:
        directory.change_email(after.sub, after.email)
    if change.is_active:
        directory.enable(after.sub)
    elif change.is_active is False:
        _disable(after, work, directory)
    return UserEdit(before, after)


def end_user(user_id: int, caller: Caller, work: PeopleWork, directory: Directory) -> None:
    """Let a person in no more, from their next request on; their membership ends with today, whole.

    Doing it again changes nothing.

    Raises:
        NotFound: the company has no such user.
        Forbidden: the user has more rights than the caller.
        Conflict: nobody else is an active admin.
    """
    before = _require_changeable_user(user_id, caller, work)
    after = _left(before, replace(before, is_active=False), caller.company.calendar.local_date(work.now))
    _require_another_admin(before, after, work)
    _save(before, after, work)
    _disable(after, work, directory)


def _require_changeable_user(user_id: int, caller: Caller, work: PeopleWork) -> User:
    """The user, locked, if the caller has all the keys that they have."""
    user = work.people.user_for_update(user_id)
    if user is None:
        raise NotFound("There is no such user.")
    keys = require_role_keys(user.role, work)
    if not may_bestow(caller.actor, keys):
        more = ", ".join(missing_keys(caller.actor, keys))
        raise Forbidden(f"This person holds {more}, which you do not: ask an admin to change their entry.")
    return user


def _require_right_to_change(before: User, after: User, caller: Caller, work: PeopleWork) -> None:
    if after.role != before.role:
        require_right_to_give(after.role, caller.actor, work)
    # The rights before the change count: a body that also lowers the role must not open the way.
    if after.email != before.email:
        _require_right_to_sign_in_as(before, caller, work)
    _require_timezone(after.timezone)
    _require_another_admin(before, after, work)


def _require_right_to_sign_in_as(user: User, caller: Caller, work: PeopleWork) -> None:
    """Whoever sets somebody's email address can have a password sent there: that is to become them."""
    of_role = require_role_rights(user.role, work)
    rights = Rights(of_role.permissions, (*of_role.grants, *work.people.grants_of_user(user.id)))
    if not may_readdress(caller.actor, user.id, rights):
        raise Forbidden(
            "Who has the email address can sign in as this person: only an admin can change it, or somebody "
            "who holds kpis.view_all, kpis.assign_all and all that the person holds."
        )


def _require_another_admin(before: User, after: User, work: PeopleWork) -> None:
    # No race: with the user, everybody who may be the last admin was locked, so of two admins who dismiss
    # each other the second finds the first one gone.
    role = next((role for role in INDISPENSABLE_ROLES if role == before.role), None)
    if role is None or not before.is_active:
        return
    enough = as_powerful_as(role)
    stays = after.is_active and after.role in enough
    if not stays and not work.people.has_others_with_role(enough, before.id):
        message = f"Nobody else is an active {role} here: make somebody else one first."
        raise Conflict(message, code="last_admin")


def _require_team(team_id: int | None, work: PeopleWork) -> None:
    if team_id is not None and work.people.active_team_for_share(team_id) is None:
        raise InvalidContent.of("team_id", "team_id must be the id of a team of your company.")


def _require_timezone(timezone: str | None) -> None:
    if timezone is not None:
        Calendar(timezone)


def _first_memberships(draft: UserDraft, today: date) -> Memberships:
    if draft.team_id is None:
        _require_no_day(draft.effective_from)
        return Memberships()
    return Memberships().moved(draft.team_id, draft.effective_from or today)


def _in_team(before: User, after: User, change: UserChange, today: date) -> User:
    """The user after the move that a change asks for, and without a team where they leave."""
    memberships = after.memberships
    if "team_id" not in change.model_fields_set:
        _require_no_day(change.effective_from)
    elif _asks_for_a_move(before, change, today):
        if change.team_id is not None and not after.is_active:
            raise InvalidContent.of(
                "team_id",
                "This user is deactivated and joins no team: set is_active to true as well.",
            )
        memberships = memberships.moved(change.team_id, change.effective_from or today)
    return _left(before, replace(after, memberships=memberships), today)


def _left(before: User, after: User, today: date) -> User:
    """The user with their last day, if they have left: out of all teams from tomorrow on."""
    if after.is_active:
        return replace(after, last_day=None)
    if not before.is_active:
        return after
    return replace(after, memberships=after.memberships.ended(today), last_day=today)


def _asks_for_a_move(before: User, change: UserChange, today: date) -> bool:
    # An entry that is sent back whole names the team of today: that must not undo a move that is planned.
    is_the_same = change.team_id == before.memberships.team_on(today)
    comes_back = not before.is_active and change.is_active is True
    return change.effective_from is not None or not is_the_same or comes_back


def _require_no_day(effective_from: date | None) -> None:
    if effective_from is not None:
        rule = "effective_from is the first day in the team of team_id: send both, or neither."
        raise InvalidContent.of("effective_from", rule)


def _save(before: User, after: User, work: PeopleWork) -> None:
    if after == before:
        return
    work.people.save_user(after)
    if after.memberships != before.memberships:
        work.people.save_memberships({after.id: after.memberships})
    about = AuditObject("user", after.id)
    work.audit.record("user.changed", about, _for_audit(before), _for_audit(after))


def _disable(user: User, work: PeopleWork, directory: Directory) -> None:
    """After the commit, from which on the database refuses the person: the user pool only follows."""
    work.after_commit(lambda: directory.disable(user.sub))


def _for_audit(user: User) -> Mapping[str, Any]:
    fields = {name: value for name, value in asdict(user).items() if name not in {"id", "sub"}}
    return {**fields, "memberships": memberships_for_audit(user.memberships)}


def _committed_view(user_id: int, work: PeopleWork) -> Json[UserView]:
    return Json(require_found(work.views.read_and_commit("user", {"id": user_id}), "user"))
