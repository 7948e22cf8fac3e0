"""POST /api/kpis/targets/bulk: a manager sets the targets of many people."""

from lodestar.application.assignments.shapes import BulkTargetDraft, BulkTargetView
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.targets import set_targets_of_many
from lodestar.runtime.endpoint import endpoint


@endpoint("POST", "/api/kpis/targets/bulk")
def handler(draft: BulkTargetDraft, context: ChangeContext) -> BulkTargetView:
    """Set targets of a KPI for up to 1,000 people and a range of dates; a refusal stops no other."""
    return set_targets_of_many(draft, context)
