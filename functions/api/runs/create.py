"""POST /api/runs: an admin has a range of periods calculated."""

from lodestar.application.calculation.ports import Messages
from lodestar.application.calculation.running import start_run
from lodestar.application.calculation.shapes import RunDraft, RunView
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/runs", needs="runs.manage", success=202)
def handler(draft: RunDraft, caller: Caller, work: UnitOfWork, messages: Messages) -> Json[RunView]:
    """Start a backfill of every closed period in the range; its progress is at GET /api/runs/{run_id}."""
    return start_run(draft, caller, work, messages)
