"""PUT /api/roles/{role_id}: an admin changes what a role gives."""

from lodestar.application.caller import Caller
from lodestar.application.people.roles import change_role
from lodestar.application.people.shapes import RoleChange, RoleView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("PUT", "/api/roles/{role_id}", needs="users.manage")
def handler(role_id: PathId, change: RoleChange, caller: Caller, work: UnitOfWork) -> Json[RoleView]:
    """Change a role's description or keys; who has it holds the new ones from their next request on."""
    return change_role(role_id, change, caller, work)
