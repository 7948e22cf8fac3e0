"""POST /api/users: an admin makes a user, who is invited to sign in."""

from lodestar.application.caller import Caller
from lodestar.application.json_view import Json
from lodestar.application.people import UserDraft, UserView, create_user
from lodestar.application.ports import Directory, UnitOfWork
from lodestar.runtime.endpoint import endpoint


@endpoint("POST", "/api/users", needs="users.manage", success=201)
def handler(draft: UserDraft, caller: Caller, work: UnitOfWork, directory: Directory) -> Json[UserView]:
    """Make a user."""
    return create_user(draft, caller, work, directory)
