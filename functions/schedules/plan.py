"""Every hour for each cadence: plan what is due."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lodestar.application.calculation.ports import Messages
from lodestar.application.calculation.running import Tick, plan_due
from lodestar.application.operations.ports import CompanyIds
from lodestar.application.unit_of_work import OpenUnitOfWork
from lodestar.domain.periods import Cadence
from lodestar.runtime.worker import job


@job
def handler(
    event: Mapping[str, Any], company_ids: CompanyIds, open_work: OpenUnitOfWork, messages: Messages
) -> Mapping[str, Any]:
    """Plan every closed period of the event's `cadence` that is due at its instant `at`."""
    tick = Tick(Cadence(event["cadence"]), datetime.fromisoformat(event["at"]))
    report = plan_due(tick, company_ids(), open_work, messages)
    return {"companies": report.companies, "runs": report.runs, "batches": report.batches}
