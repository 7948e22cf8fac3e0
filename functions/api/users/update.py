"""PUT /api/users/{user_id}: an admin changes a user."""

from lodestar.application.people.shapes import ChangedUser, UserChange
from lodestar.application.workflows.moving import PersonnelContext, change_user
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("PUT", "/api/users/{user_id}", needs="users.manage")
def handler(user_id: PathId, change: UserChange, context: PersonnelContext) -> Json[ChangedUser]:
    """Change a user; what is left out stays. A team counts from a day on, all else from the next request."""
    return change_user(user_id, change, context)
