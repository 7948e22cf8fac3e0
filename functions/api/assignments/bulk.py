"""POST /api/kpis/assignments/bulk: a manager gives a KPI to many people."""

from lodestar.application.assignments.shapes import BulkAssignmentDraft, BulkAssignmentView
from lodestar.application.workflows.bulk_assigning import assign_to_many
from lodestar.application.workflows.context import ChangeContext
from lodestar.runtime.endpoint import endpoint


@endpoint("POST", "/api/kpis/assignments/bulk")
def handler(draft: BulkAssignmentDraft, context: ChangeContext) -> BulkAssignmentView:
    """Assign a KPI to up to 1,000 people, or to a team's; a refusal stops no other."""
    return assign_to_many(draft, context)
