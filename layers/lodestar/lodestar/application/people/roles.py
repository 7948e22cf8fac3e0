"""A company's own roles, made of permission keys; and who may give which role.

Nobody hands out more than they hold: whoever makes, changes, deletes or gives a role holds all of its keys.
"""

from collections.abc import Collection
from dataclasses import asdict, replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema

from lodestar.application.caller import Caller
from lodestar.application.ports import UnitOfWork
from lodestar.application.viewing import found
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
    permissions_of,
)
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, NotFound
from lodestar.wire.bodies import Body, View
from lodestar.wire.changes import asked
from lodestar.wire.exact_json import to_json
from lodestar.wire.fields import ROLE_NAME, Text
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery, list_view

_KEYS = sorted(COMPANY_KEYS)
_BUILT_IN = [each for each in Role if permissions_of(each) <= COMPANY_KEYS]


def _own_name(name: str) -> str:
    if is_built_in(name):
        raise ValueError(f'"{name}" is a built-in role: choose another name')
    return name


def _known_key(key: str) -> str:
    if key not in COMPANY_KEYS:
        raise ValueError(f'There is no permission key "{key}": choose from {", ".join(_KEYS)}')
    return key


RoleName = Annotated[str, Field(pattern=ROLE_NAME), AfterValidator(_own_name)]
PermissionKey = Annotated[
    str, AfterValidator(_known_key), WithJsonSchema({"type": "string", "enum": list(_KEYS)})
]
PermissionKeys = Annotated[list[PermissionKey], Field(max_length=100)]


class RoleDraft(Body):
    """A new role. Without keys it gives nothing but what is granted to it on single KPIs."""

    name: RoleName
    description: Text = ""
    permissions: PermissionKeys


class RoleChange(Body):
    """What to change of a role; a field that is left out stays as it is. The name never changes."""

    description: Text | None = None
    permissions: PermissionKeys | None = None


class RoleView(View):
    """A role that the company made."""

    id: int
    name: str
    description: str
    permissions: list[str]


class BuiltInRole(View):
    """A role that every company has."""

    name: Role
    permissions: list[str]


class RoleList(View):
    """One page of the company's own roles, and on each the built-in ones beside which they stand."""

    roles: list[RoleView]
    next_cursor: str | None
    built_in: list[BuiltInRole]


def list_roles(query: PageQuery, work: UnitOfWork) -> Json[RoleList]:
    """A page of roles."""
    built_in = [{"name": each, "permissions": sorted(permissions_of(each))} for each in _BUILT_IN]
    return Json(list_view("roles", query, work, built_in=to_json(built_in)))


def create_role(draft: RoleDraft, caller: Caller, work: UnitOfWork) -> Json[RoleView]:
    """Make a role.

    Raises:
        Forbidden: it would hold more than the caller.
        Conflict: the company has a role of that name.
    """
    role = CompanyRole(0, draft.name, draft.description, frozenset(draft.permissions))
    _refuse_more(caller.actor, role.permissions, f'the role "{role.name}"')
    role_id = work.roles.add(role)
    work.audit.record("role.created", ("role", role_id), None, _to_json(role))
    return _committed_view(role_id, work)


def change_role(role_id: int, change: RoleChange, caller: Caller, work: UnitOfWork) -> Json[RoleView]:
    """Change what a role gives; who has it holds the new keys from the next request on.

    Raises:
        NotFound: the company has no such role.
        Forbidden: it holds more than the caller, before or after.
    """
    before = _known(role_id, caller, work)
    after = replace(before, **asked(change))
    after = replace(after, permissions=frozenset(after.permissions))
    _refuse_more(caller.actor, after.permissions, f'the role "{after.name}"')
    if after != before:
        work.roles.save(after)
        work.audit.record("role.changed", ("role", role_id), _to_json(before), _to_json(after))
    return _committed_view(role_id, work)


def delete_role(role_id: int, caller: Caller, work: UnitOfWork) -> Json[RoleView]:
    """Delete a role that nobody has and no grant names; the answer is how it was.

    Raises:
        NotFound: the company has no such role.
        Forbidden: it holds more than the caller.
        Conflict: it is in use.
    """
    before = _known(role_id, caller, work)
    users, grants = work.roles.uses(before.name)
    if users or grants:
        message = (
            f'The role "{before.name}" is in use, by {users} user(s), deactivated ones included, and '
            f"{grants} grant(s) on KPIs: give them another role and take the grants back first."
        )
        raise Conflict(message, code="role_in_use")
    text = found(work.views.one("role", {"id": role_id}), "role")
    work.roles.remove(role_id)
    work.audit.record("role.deleted", ("role", role_id), _to_json(before), None)
    work.commit()
    return Json(text)


def keys_of_role(name: str, work: UnitOfWork) -> frozenset[str]:
    """The keys of a role, which stays as it is until the transaction ends.

    Raises:
        InvalidContent: the company has no such role.
    """
    if is_built_in(name):
        return permissions_of(Role(name))
    role = work.roles.to_give(name)
    if role is None:
        rule = (
            f'There is no role "{name}": choose {", ".join(_BUILT_IN)} '
            "or the name of a role that your company made."
        )
        raise InvalidContent.of("role", rule)
    return role.permissions


def rights_of_role(name: str, work: UnitOfWork) -> Rights:
    """All that a role gives: its keys, and what it is granted on single KPIs.

    Raises:
        InvalidContent: as `keys_of_role`.
    """
    return Rights(keys_of_role(name, work), work.roles.grants_of_role(name))


def refuse_to_give(name: str, actor: Actor, work: UnitOfWork) -> None:
    """Let the actor give a role only if they hold as much.

    Raises:
        InvalidContent: the company has no such role.
        Forbidden: it gives more than the actor holds.
    """
    rights = rights_of_role(name, work)
    _refuse_more(actor, rights.permissions, f'the role "{name}"')
    if not may_hand_out(actor, rights):
        raise Forbidden(
            f'The role "{name}" is granted more on single KPIs than you may do with them: '
            "ask an admin to give it, or to grant you the same."
        )


def _refuse_more(actor: Actor, permissions: Collection[str], what: str) -> None:
    if not may_bestow(actor, permissions):
        more = ", ".join(missing_keys(actor, permissions))
        raise Forbidden(f"You would need to hold {more} yourself to make, change or give {what}.")


def _known(role_id: int, caller: Caller, work: UnitOfWork) -> CompanyRole:
    role = work.roles.to_change(role_id)
    if role is None:
        raise NotFound("There is no such role.")
    _refuse_more(caller.actor, role.permissions, f'the role "{role.name}"')
    return role


def _to_json(role: CompanyRole) -> dict[str, Any]:
    """A role as the audit log keeps it."""
    return asdict(role) | {"permissions": sorted(role.permissions)}


def _committed_view(role_id: int, work: UnitOfWork) -> Json[RoleView]:
    return Json(found(work.views.last("role", {"id": role_id}), "role"))
