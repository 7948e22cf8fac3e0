"""Keeping house: lost batches, months ahead, what is too old, the audit logs' heads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from lodestar.application.calculation.ports import Messages
from lodestar.application.calculation.running import resend_stalled
from lodestar.application.operations.ports import (
    Anchor,
    CompanyIds,
    Deleted,
    OperationsWork,
    Partitions,
)
from lodestar.application.operations.retention import delete_old
from lodestar.application.work import OpenWork

PARTITIONS_AHEAD = timedelta(days=400)
"""How far ahead there are partitions: a schedule that fails for months still leaves the writes a place."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What keeping house needs from outside."""

    company_ids: CompanyIds
    open_work: OpenWork[OperationsWork]
    messages: Messages
    partitions: Partitions
    anchor: Anchor

    def run(self) -> Mapping[str, int]:
        """Do all of it; how many of each thing it was about."""
        now = self.partitions.now()
        companies = self.company_ids()
        return {
            "resent": resend_stalled(companies, now, self.open_work, self.messages),
            "partitions": self.partitions.ensure(now.date(), (now + PARTITIONS_AHEAD).date()),
            **_sums(delete_old(company_id, self.open_work) for company_id in companies),
            "anchored": sum(self._anchor(company_id) for company_id in companies),
        }

    def _anchor(self, company_id: int) -> bool:
        with self.open_work(company_id) as work:
            head = work.audit.head()
        if head is not None:
            self.anchor(company_id, head)
        return head is not None


def _sums(deleted: Iterable[Deleted]) -> Mapping[str, int]:
    every = list(deleted)
    return {
        "outcomes_deleted": sum(each.outcomes for each in every),
        "refreshes_deleted": sum(each.refreshes for each in every),
        "answers_deleted": sum(each.answers for each in every),
    }
