"""DELETE /api/users/{user_id}: an admin deactivates a user."""

from lodestar.application.people.shapes import UserView
from lodestar.application.people.users import UserDesk, deactivate_user
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("DELETE", "/api/users/{user_id}", needs="users.manage")
def handler(user_id: PathId, desk: UserDesk) -> Json[UserView]:
    """Deactivate a user, who is let in no more; what was measured stays."""
    return deactivate_user(user_id, desk)
