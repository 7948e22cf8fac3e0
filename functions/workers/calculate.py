"""Batch queue: calculate one batch of a run."""

from lodestar.application.calculation.calculating import BatchMessage, CalculationServices, calculate_batch
from lodestar.runtime.worker import worker


@worker(lambda body: BatchMessage(body["company_id"], body["run_id"], body["number"]))
def handler(message: BatchMessage, desk: CalculationServices) -> None:
    """Work a batch once, however often its message arrives."""
    calculate_batch(message, desk)
