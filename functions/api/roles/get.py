"""GET /api/roles/{role_id}: one role of the company."""

from lodestar.application.people.roles import RoleView
from lodestar.application.ports import UnitOfWork
from lodestar.application.viewing import found
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/roles/{role_id}", needs="users.manage")
def handler(role_id: PathId, work: UnitOfWork) -> Json[RoleView]:
    """A role that the company made, with its keys."""
    return Json(found(work.views.last("role", {"id": role_id}), "role"))
