"""Keeping house: a company's lost batches, old answers and audit log's head; the months ahead of all."""

from collections.abc import Mapping
from datetime import timedelta

from lodestar.application.calculation.ports import Messages
from lodestar.application.calculation.running import mend_batches
from lodestar.application.operations.ports import Anchor, OperationsWork, Partitions
from lodestar.application.work import OpenWork

PARTITIONS_AHEAD = timedelta(days=400)
"""How far ahead there are partitions: a schedule that fails for months still leaves the writes a place."""
ANSWER_LIFETIME = timedelta(days=30)
"""How long a write may be repeated with its Idempotency-Key and is answered as before."""


def make_months_ahead(partitions: Partitions) -> int:
    """Make the partitions that all companies will write to; how many were missing."""
    now = partitions.now()
    return partitions.ensure(now.date(), (now + PARTITIONS_AHEAD).date())


def keep_house(
    company_id: int, open_work: OpenWork[OperationsWork], messages: Messages, anchor: Anchor
) -> Mapping[str, int]:
    """Mend what was lost of a company's work, forget old answers, note the head of its audit log."""
    return {
        "mended": mend_batches(company_id, open_work, messages),
        "forgotten": _delete_old_answers(company_id, open_work),
        "anchored": _anchor(company_id, open_work, anchor),
    }


def _delete_old_answers(company_id: int, open_work: OpenWork[OperationsWork]) -> int:
    with open_work(company_id) as work:
        deleted = work.operations.delete_answers(work.now - ANSWER_LIFETIME)
        work.commit()
        return deleted


def _anchor(company_id: int, open_work: OpenWork[OperationsWork], anchor: Anchor) -> bool:
    with open_work(company_id) as work:
        head = work.audit.head()
    if head is not None:
        anchor(company_id, head)
    return head is not None
