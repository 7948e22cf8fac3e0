"""GET /api/runs: what was calculated."""

from lodestar.application.calculation.shapes import RunList, RunQuery
from lodestar.application.pages import read_page_and_commit
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/runs", needs="runs.manage")
def handler(query: FromQuery[RunQuery], work: UnitOfWork) -> Json[RunList]:
    """A page of runs, newest first."""
    return Json(read_page_and_commit("runs", query, work))
