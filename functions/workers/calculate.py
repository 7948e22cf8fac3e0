"""Batch queue: calculate one batch of a run."""

from collections.abc import Mapping
from typing import Any

from lodestar.application.calculation.calculating import BatchMessage, calculate_batch
from lodestar.application.calculation.ports import Messages, Sources
from lodestar.application.unit_of_work import OpenUnitOfWork
from lodestar.domain.runs import SentBatch
from lodestar.runtime.worker import worker


def _message(body: Mapping[str, Any]) -> BatchMessage:
    return BatchMessage(body["company_id"], SentBatch(body["run_id"], body["number"], body["sending"]))


@worker(_message)
def handler(message: BatchMessage, open_work: OpenUnitOfWork, sources: Sources, messages: Messages) -> None:
    """Work a batch once, however often its message arrives."""
    calculate_batch(message, open_work, sources, messages)
