"""Keeping house: a company's lost batches, what it need not keep, its audit log's head; all months ahead."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta

from lodestar.application.calculation.ports import Messages
from lodestar.application.calculation.running import mend_batches
from lodestar.application.operations.ports import Anchor, OperationsWork, Partitions
from lodestar.application.operations.retention import delete_old
from lodestar.application.work import OpenWork

PARTITIONS_AHEAD = timedelta(days=400)
"""How far ahead there are partitions: a schedule that fails for months still leaves the writes a place."""


def make_months_ahead(partitions: Partitions) -> int:
    """Make the partitions that all companies will write to; how many were missing."""
    now = partitions.now()
    return partitions.ensure(now.date(), (now + PARTITIONS_AHEAD).date())


def keep_house(
    company_id: int, open_work: OpenWork[OperationsWork], messages: Messages, anchor: Anchor
) -> Mapping[str, int]:
    """Mend what was lost of a company's work, delete what is too old, note the head of its audit log."""
    deleted = delete_old(company_id, open_work)
    return {
        "mended": mend_batches(company_id, open_work, messages),
        **{f"{kind}_deleted": rows for kind, rows in asdict(deleted).items()},
        "anchored": _anchor(company_id, open_work, anchor),
    }


def _anchor(company_id: int, open_work: OpenWork[OperationsWork], anchor: Anchor) -> bool:
    with open_work(company_id) as work:
        head = work.audit.head()
    if head is not None:
        anchor(company_id, head)
    return head is not None
