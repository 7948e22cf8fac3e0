"""PUT /api/users/{user_id}: an admin changes a user."""

from lodestar.application.caller import Caller
from lodestar.application.people.ports import Directory
from lodestar.application.people.shapes import UserChange, UserView
from lodestar.application.people.users import change_user
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("PUT", "/api/users/{user_id}", needs="users.manage")
def handler(
    user_id: PathId, change: UserChange, caller: Caller, work: UnitOfWork, directory: Directory
) -> Json[UserView]:
    """Change a user: role, team and the rest count from their next request on; what is left out stays."""
    return change_user(user_id, change, caller, work, directory)
