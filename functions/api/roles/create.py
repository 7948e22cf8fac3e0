"""POST /api/roles: an admin makes a role of permission keys."""

from lodestar.application.caller import Caller
from lodestar.application.people.roles import RoleDraft, RoleView, create_role
from lodestar.application.ports import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/roles", needs="users.manage", success=201)
def handler(draft: RoleDraft, caller: Caller, work: UnitOfWork) -> Json[RoleView]:
    """Make a role of keys that the caller holds."""
    return create_role(draft, caller, work)
