"""GET /api/users: the users of the company."""

from lodestar.application.pages import read_page_and_commit
from lodestar.application.people.shapes import UserList, UserQuery
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/users", needs="users.manage")
def handler(query: FromQuery[UserQuery], work: UnitOfWork) -> Json[UserList]:
    """A page of users."""
    return Json(read_page_and_commit("users", query, work))
