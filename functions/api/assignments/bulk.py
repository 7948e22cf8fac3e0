"""POST /api/kpis/assignments/bulk: a manager gives a KPI to many people."""

from lodestar.application.assignments.bulk_assigning import assign_to_many
from lodestar.application.assignments.shapes import BulkAssignmentDraft, BulkAssignmentView
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint


@endpoint("POST", "/api/kpis/assignments/bulk")
def handler(draft: BulkAssignmentDraft, caller: Caller, work: UnitOfWork) -> BulkAssignmentView:
    """Assign a KPI to up to 1,000 people, or to a team's; a refusal stops no other."""
    return assign_to_many(draft, caller, work)
