"""POST /api/users: an admin makes a user, who is invited to sign in."""

from lodestar.application.caller import Caller
from lodestar.application.people.ports import Directory
from lodestar.application.people.shapes import UserDraft, UserView
from lodestar.application.people.users import create_user
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/users", needs="users.manage", success=201)
def handler(draft: UserDraft, caller: Caller, work: UnitOfWork, directory: Directory) -> Json[UserView]:
    """Make a user."""
    return create_user(draft, caller, work, directory)
