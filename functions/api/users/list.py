"""GET /api/users: the users of the company."""

from lodestar.application.json_view import Json
from lodestar.application.people import UserList
from lodestar.application.ports import UnitOfWork
from lodestar.application.reading import list_view
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import Cursor, Limit, QueryId, page


@endpoint("GET", "/api/users", needs="users.manage")
def handler(
    work: UnitOfWork,
    team_id: QueryId = None,
    is_active: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Json[UserList]:
    """A page of users."""
    return Json(list_view("users", page(limit, cursor), work, team_id=team_id, is_active=is_active))
