"""GET /api/runs: what was calculated."""

from lodestar.application.json_view import Json
from lodestar.application.ports import UnitOfWork
from lodestar.application.reading import list_view
from lodestar.application.running import RunList, RunState
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import Cursor, Limit, page


@endpoint("GET", "/api/runs", needs="runs.manage")
def handler(
    work: UnitOfWork, state: RunState | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Json[RunList]:
    """A page of runs, newest first."""
    return Json(list_view("runs", page(limit, cursor), work, state=state))
