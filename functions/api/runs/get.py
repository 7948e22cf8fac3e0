"""GET /api/runs/{run_id}: one run and how far it is."""

from lodestar.application.access import require_found
from lodestar.application.calculation.shapes import RunView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/runs/{run_id}", needs="runs.manage")
def handler(run_id: PathId, work: UnitOfWork) -> Json[RunView]:
    """A run with its batches, outcomes and failures."""
    return Json(require_found(work.views.read_and_commit("run", {"id": run_id}), "run"))
