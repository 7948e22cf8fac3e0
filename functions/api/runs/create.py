"""POST /api/runs: an admin has a range of periods calculated."""

from lodestar.application.calculation.running import RunDraft, RunView, start_run
from lodestar.application.caller import Caller
from lodestar.application.ports import Messages, UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/runs", needs="runs.manage", success=202)
def handler(draft: RunDraft, caller: Caller, work: UnitOfWork, messages: Messages) -> Json[RunView]:
    """Start a backfill of every closed period in the range; its progress is at GET /api/runs/{run_id}."""
    return start_run(draft, caller, work, messages)
