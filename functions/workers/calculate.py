"""Batch queue: calculate one batch of a run."""

from lodestar.application.calculation.calculating import BatchMessage, calculate_batch
from lodestar.application.calculation.ports import Messages, Sources
from lodestar.application.unit_of_work import OpenUnitOfWork
from lodestar.runtime.worker import worker


@worker(lambda body: BatchMessage(body["company_id"], body["run_id"], body["number"]))
def handler(message: BatchMessage, open_work: OpenUnitOfWork, sources: Sources, messages: Messages) -> None:
    """Work a batch once, however often its message arrives."""
    calculate_batch(message, open_work, sources, messages)
