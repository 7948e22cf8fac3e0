"""POST /api/kpis/targets/bulk: a manager sets the targets of many people."""

from lodestar.application.assignments.bulk_targets import set_targets_of_many
from lodestar.application.assignments.shapes import BulkTargetDraft, BulkTargetView
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint


@endpoint("POST", "/api/kpis/targets/bulk")
def handler(draft: BulkTargetDraft, caller: Caller, work: UnitOfWork) -> BulkTargetView:
    """Set targets of a KPI for up to 1,000 people and a range of dates; a refusal stops no other."""
    return set_targets_of_many(draft, caller, work)
