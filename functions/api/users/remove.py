"""DELETE /api/users/{user_id}: an admin deactivates a user."""

from lodestar.application.caller import Caller
from lodestar.application.people.ports import Directory
from lodestar.application.people.shapes import UserView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.workflows.leaving import deactivate_user
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("DELETE", "/api/users/{user_id}", needs="users.manage")
def handler(user_id: PathId, caller: Caller, work: UnitOfWork, directory: Directory) -> Json[UserView]:
    """Deactivate a user, who is let in no more and in no team from tomorrow on; what was measured stays."""
    return deactivate_user(user_id, caller, work, directory)
