"""Keeping house: a company's lost batches, what it need not keep, and its audit log's head."""

from collections.abc import Mapping
from dataclasses import asdict

from lodestar.application.calculation.ports import Messages
from lodestar.application.calculation.running import mend_batches
from lodestar.application.operations.ports import Anchor, OperationsWork
from lodestar.application.operations.retention import delete_old
from lodestar.application.work import OpenWork


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
