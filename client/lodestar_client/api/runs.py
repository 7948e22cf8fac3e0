"""Methods: runs. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages, quoted
from lodestar_client.types.enums import RunState
from lodestar_client.types.runs import RunDraft, RunList, RunView


class RunsApi:
    """The operations of the tag `runs`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, state: RunState | None = None
    ) -> RunList:
        """A page of runs, newest first."""
        request = Request("GET", "/api/runs", query={"limit": limit, "cursor": cursor, "state": state})
        found: RunList = self._core.call(request, RunList)
        return found

    def all(self, *, limit: int | None = None, state: RunState | None = None) -> Iterator[RunView]:
        """Every row of `list`, page by page."""
        return pages(lambda cursor: self.list(limit=limit, cursor=cursor, state=state), "runs")

    def create(self, body: RunDraft, *, idempotency_key: str | None = None) -> RunView:
        """Start a backfill of every closed period in the range; its progress is at GET /api/runs/{run_id}."""
        request = Request("POST", "/api/runs", headers={"Idempotency-Key": idempotency_key}, body=body)
        found: RunView = self._core.call(request, RunView)
        return found

    def get(self, run_id: int) -> RunView:
        """A run with its batches, outcomes and failures."""
        request = Request("GET", f"/api/runs/{quoted(run_id)}")
        found: RunView = self._core.call(request, RunView)
        return found
