"""Every five minutes: send lost batches again, make the months ahead, note the heads of the audit logs."""

from collections.abc import Mapping
from typing import Any

from lodestar.application.operations.upkeep import Upkeep
from lodestar.runtime.worker import job


@job
def handler(event: Mapping[str, Any], upkeep: Upkeep) -> Mapping[str, Any]:
    """Reconcile the ledger, keep the partitions ahead, forget old answers, note the audit logs' heads."""
    del event
    return upkeep.run()
