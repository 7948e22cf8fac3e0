"""DELETE /api/roles/{role_id}: an admin deletes a role that nobody has."""

from lodestar.application.caller import Caller
from lodestar.application.people.roles import delete_role
from lodestar.application.people.shapes import RoleView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("DELETE", "/api/roles/{role_id}", needs="users.manage")
def handler(role_id: PathId, caller: Caller, work: UnitOfWork) -> Json[RoleView]:
    """Delete a role; the answer is how it was."""
    return delete_role(role_id, caller, work)
