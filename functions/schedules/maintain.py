"""Every five minutes: send lost batches again, make the months ahead."""

from collections.abc import Mapping
from typing import Any

from lodestar.application.maintaining import Upkeep
from lodestar.runtime.worker import scheduled


@scheduled
def handler(event: Mapping[str, Any], upkeep: Upkeep) -> Mapping[str, Any]:
    """Reconcile the ledger with the queue and keep the partitions ahead of the calendar."""
    del event
    return upkeep.run()
