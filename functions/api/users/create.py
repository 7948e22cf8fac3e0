"""POST /api/users: an admin makes a user, who is invited to sign in."""

from lodestar.application.people.shapes import UserDraft, UserView
from lodestar.application.people.users import UserDesk, create_user
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/users", needs="users.manage", success=201)
def handler(draft: UserDraft, desk: UserDesk) -> Json[UserView]:
    """Make a user."""
    return create_user(draft, desk)
