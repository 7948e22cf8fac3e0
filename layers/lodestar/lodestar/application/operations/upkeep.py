"""Keeping house: lost batches, months ahead, kept answers, the audit logs' heads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lodestar.application.calculation.ports import Messages
from lodestar.application.calculation.running import resend_stalled
from lodestar.application.operations.ports import Anchor, CompanyIds, OperationsWork, Partitions
from lodestar.application.work import OpenWork

MONTHS_AHEAD = timedelta(days=400)
ANSWERS_KEPT = timedelta(days=30)
"""How long a write may be repeated with its Idempotency-Key and is answered as before."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What keeping house needs from outside."""

    company_ids: CompanyIds
    open_work: OpenWork[OperationsWork]
    messages: Messages
    partitions: Partitions
    anchor: Anchor

    def run(self) -> Mapping[str, int]:
        """Do all of it; how many batches, partitions, answers and heads it was about."""
        now = self.partitions.now()
        companies = self.company_ids()
        return {
            "resent": resend_stalled(companies, now, self.open_work, self.messages),
            "partitions": self.partitions.ensure(now.date(), (now + MONTHS_AHEAD).date()),
            "forgotten": sum(self._forget(each, now) for each in companies),
            "anchored": sum(self._anchor(each) for each in companies),
        }

    def _forget(self, company_id: int, now: datetime) -> int:
        with self.open_work(company_id) as work:
            forgotten = work.operations.delete_answers(now - ANSWERS_KEPT)
            work.commit()
            return forgotten

    def _anchor(self, company_id: int) -> bool:
        with self.open_work(company_id) as work:
            head = work.audit.head()
        if head is not None:
            self.anchor(company_id, head)
        return head is not None
