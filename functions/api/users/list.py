"""GET /api/users: the users of the company."""

from lodestar.application.people.users import UserList, UserQuery
from lodestar.application.ports import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json
from lodestar.wire.paging import list_view


@endpoint("GET", "/api/users", needs="users.manage")
def handler(query: FromQuery[UserQuery], work: UnitOfWork) -> Json[UserList]:
    """A page of users."""
    return Json(list_view("users", query, work))
