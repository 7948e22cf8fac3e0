"""Methods: assignments. Made from the OpenAPI document by `make openapi`: change that, not this."""

from lodestar_client.core import Core, Request
from lodestar_client.types.assignments import BulkAssignmentDraft, BulkAssignmentView


class AssignmentsApi:
    """The operations of the tag `assignments`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def bulk(self, body: BulkAssignmentDraft, *, idempotency_key: str | None = None) -> BulkAssignmentView:
        """Assign a KPI to up to 1,000 people, or to a team's; a refusal stops no other."""
        request = Request(
            "POST", "/api/kpis/assignments/bulk", headers={"Idempotency-Key": idempotency_key}, body=body
        )
        found: BulkAssignmentView = self._core.call(request, BulkAssignmentView)
        return found
