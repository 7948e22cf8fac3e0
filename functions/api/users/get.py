"""GET /api/users/{user_id}: one person's entry."""

from lodestar.application.caller import Caller
from lodestar.application.people.shapes import UserView
from lodestar.application.people.users import get_user
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/users/{user_id}")
def handler(user_id: PathId, caller: Caller, work: UnitOfWork) -> Json[UserView]:
    """A user; for themselves, their manager and admins."""
    return get_user(user_id, caller, work)
