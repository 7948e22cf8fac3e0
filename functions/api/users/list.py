"""GET /api/users: the users of the company."""

from lodestar.application.caller import Caller
from lodestar.application.people.shapes import UserList, UserQuery
from lodestar.application.people.users import list_users
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/users")
def handler(query: FromQuery[UserQuery], caller: Caller, work: UnitOfWork) -> Json[UserList]:
    """A page of users: all for admins, the people of their teams for a manager."""
    return list_users(query, caller, work)
