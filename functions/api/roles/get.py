"""GET /api/roles/{role_id}: one role of the company."""

from lodestar.application.access import require_found
from lodestar.application.people.shapes import RoleView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/roles/{role_id}", needs="users.manage")
def handler(role_id: PathId, work: UnitOfWork) -> Json[RoleView]:
    """A role that the company made, with its keys."""
    return Json(require_found(work.views.read_and_commit("role", {"id": role_id}), "role"))
