"""GET /api/roles: the roles that people may have."""

from lodestar.application.people.roles import list_roles
from lodestar.application.people.shapes import RoleList
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery


@endpoint("GET", "/api/roles", needs="users.manage")
def handler(query: FromQuery[PageQuery], work: UnitOfWork) -> Json[RoleList]:
    """A page of the company's own roles, and the built-in ones."""
    return list_roles(query, work)
