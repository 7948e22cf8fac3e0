"""GET /api/runs/{run_id}: one run and how far it is."""

from lodestar.application.calculation.running import RunView
from lodestar.application.ports import UnitOfWork
from lodestar.application.viewing import found
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/runs/{run_id}", needs="runs.manage")
def handler(run_id: PathId, work: UnitOfWork) -> Json[RunView]:
    """A run with its batches, outcomes and failures."""
    return Json(found(work.views.last("run", {"id": run_id}), "run"))
