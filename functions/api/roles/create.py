"""POST /api/roles: an admin makes a role of permission keys."""

from lodestar.application.caller import Caller
from lodestar.application.people.roles import create_role
from lodestar.application.people.shapes import RoleDraft, RoleView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/roles", needs="users.manage", success=201)
def handler(draft: RoleDraft, caller: Caller, work: UnitOfWork) -> Json[RoleView]:
    """Make a role of keys that the caller holds."""
    return create_role(draft, caller, work)
