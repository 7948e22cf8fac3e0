"""A company's own roles, made of permission keys; and who may give which role.

Nobody hands out more than they have: whoever makes, changes, deletes or gives a role has all of its keys.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any

from lodestar.application.access import require_found
from lodestar.application.caller import Caller
from lodestar.application.pages import read_page_and_commit
from lodestar.application.people.ports import PeopleWork
from lodestar.application.people.shapes import RoleChange, RoleDraft, RoleList, RoleView
from lodestar.application.work import AuditObject
from lodestar.domain.people import CompanyRole
from lodestar.domain.permissions import (
    COMPANY_KEYS,
    Actor,
    Rights,
    Role,
    is_built_in,
    may_bestow,
    may_hand_out,
    missing_keys,
    notes_on,
    permissions_of,
)
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, NotFound
from lodestar.wire.changes import given_fields
from lodestar.wire.exact_json import to_json
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery

_BUILT_IN = [role for role in Role if permissions_of(role) <= COMPANY_KEYS]
"""The built-in roles that people of a company have: superusers belong to the platform."""


def list_roles(query: PageQuery, work: PeopleWork) -> Json[RoleList]:
    """A page of roles."""
    built_in = to_json([_built_in(role) for role in _BUILT_IN])
    return Json(read_page_and_commit("roles", query, work, built_in=built_in))


def create_role(draft: RoleDraft, caller: Caller, work: PeopleWork) -> Json[RoleView]:
    """Make a role.

    Raises:
        Forbidden: it would have keys that the caller does not have.
        Conflict: the company has a role of that name.
    """
    role = CompanyRole(0, draft.name, draft.description, frozenset(draft.permissions))
    _require_keys(caller.actor, role.permissions, f'the role "{role.name}"')
    return _committed_view(_add_role(role, work), work)


def add_empty_role(name: str, work: PeopleWork) -> None:
    """Insert a role that gives nothing, for whoever is to have it later; anybody may make it.

    Raises:
        Conflict: the company has a role of that name.
    """
    _add_role(CompanyRole(0, name, "", frozenset()), work)


def change_role(role_id: int, change: RoleChange, caller: Caller, work: PeopleWork) -> Json[RoleView]:
    """Change what a role gives; who has it has the new keys from the next request on.

    Raises:
        NotFound: the company has no such role.
        Forbidden: it has keys that the caller does not have, before or after.
    """
    before = _require_changeable_role(role_id, caller, work)
    after = replace(before, **given_fields(change))
    after = replace(after, permissions=frozenset(after.permissions))
    # Before and after: taking keys from those above one is as little allowed as giving more than one has.
    _require_keys(caller.actor, after.permissions, f'the role "{after.name}"')
    if after != before:
        work.people.save_role(after)
        about = AuditObject("role", role_id)
        work.audit.record("role.changed", about, _for_audit(before), _for_audit(after))
    return _committed_view(role_id, work)


def delete_role(role_id: int, caller: Caller, work: PeopleWork) -> Json[RoleView]:
    """Delete a role that nobody has and no grant names; the answer is how it was.

    Raises:
        NotFound: the company has no such role.
        Forbidden: it has keys that the caller does not have.
        Conflict: it is in use.
    """
    before = _require_changeable_role(role_id, caller, work)
    # The role is locked, so nobody gets it between this count and the delete.
    uses = work.people.role_uses(before.name)
    if uses.users or uses.grants:
        message = (
            f'The role "{before.name}" is in use, by {uses.users} user(s), deactivated ones included, and '
            f"{uses.grants} grant(s) on KPIs: give them another role and take the grants back first."
        )
        raise Conflict(message, code="role_in_use")
    text = require_found(work.views.read("role", {"id": role_id}), "role")  # read while it is there
    work.people.remove_role(role_id)
    work.audit.record("role.deleted", AuditObject("role", role_id), _for_audit(before), None)
    work.commit()
    return Json(text)


def require_role_keys(name: str, work: PeopleWork) -> frozenset[str]:
    """The keys of a role, which stays as it is until the transaction ends.

    Raises:
        InvalidContent: the company has no such role.
    """
    if is_built_in(name):
        return permissions_of(Role(name))
    # Locked: a role must not gain keys between the check of who gives it and the commit.
    role = work.people.role_for_share(name)
    if role is None:
        rule = (
            f'There is no role "{name}": choose {", ".join(_BUILT_IN)} '
            "or the name of a role that your company made."
        )
        raise InvalidContent.of("role", rule)
    return role.permissions


def require_role_rights(name: str, work: PeopleWork) -> Rights:
    """All that a role gives: its keys, and what it is granted on single KPIs.

    Raises:
        InvalidContent: the company has no such role.
    """
    return Rights(require_role_keys(name, work), work.people.grants_of_role(name))


def require_right_to_give(name: str, actor: Actor, work: PeopleWork) -> None:
    """Let the actor give a role only if they have all that it gives.

    Raises:
        InvalidContent: the company has no such role.
        Forbidden: it gives more than the actor has.
    """
    rights = require_role_rights(name, work)
    _require_keys(actor, rights.permissions, f'the role "{name}"')
    # Keys first, for their refusal names what is missing; grants are told in general, as they may be secret.
    if not may_hand_out(actor, rights):
        raise Forbidden(
            f'The role "{name}" is granted more on single KPIs than you may do with them: '
            "ask an admin to give it, or to grant you the same."
        )


def _add_role(role: CompanyRole, work: PeopleWork) -> int:
    role_id = work.people.add_role(role)
    work.audit.record("role.created", AuditObject("role", role_id), None, _for_audit(role))
    return role_id


def _require_keys(actor: Actor, permissions: Collection[str], what: str) -> None:
    if not may_bestow(actor, permissions):
        more = ", ".join(missing_keys(actor, permissions))
        raise Forbidden(f"You would need to hold {more} yourself to make, change or give {what}.")


def _require_changeable_role(role_id: int, caller: Caller, work: PeopleWork) -> CompanyRole:
    role = work.people.role_for_update(role_id)
    if role is None:
        raise NotFound("There is no such role.")
    _require_keys(caller.actor, role.permissions, f'the role "{role.name}"')
    return role


def _built_in(role: Role) -> Mapping[str, Any]:
    keys = permissions_of(role)
    return {"name": role, "permissions": sorted(keys), "notes": notes_on(keys)}


def _for_audit(role: CompanyRole) -> Mapping[str, Any]:
    return asdict(role) | {"permissions": sorted(role.permissions)}


def _committed_view(role_id: int, work: PeopleWork) -> Json[RoleView]:
    return Json(require_found(work.views.read_and_commit("role", {"id": role_id}), "role"))
