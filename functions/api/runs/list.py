"""GET /api/runs: what was calculated."""

from lodestar.application.calculation.running import RunList, RunQuery
from lodestar.application.ports import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json
from lodestar.wire.paging import list_view


@endpoint("GET", "/api/runs", needs="runs.manage")
def handler(query: FromQuery[RunQuery], work: UnitOfWork) -> Json[RunList]:
    """A page of runs, newest first."""
    return Json(list_view("runs", query, work))
