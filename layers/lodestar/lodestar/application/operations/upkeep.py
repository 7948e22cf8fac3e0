"""Keeping house: lost batches, months ahead, old answers, the audit logs' heads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lodestar.application.calculation.ports import Messages
from lodestar.application.calculation.running import resend_stalled
from lodestar.application.operations.ports import Anchor, CompanyIds, OperationsWork, Partitions
from lodestar.application.work import OpenWork

PARTITIONS_AHEAD = timedelta(days=400)
"""How far ahead there are partitions: a schedule that fails for months still leaves the writes a place."""
ANSWER_LIFETIME = timedelta(days=30)
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
            "partitions": self.partitions.ensure(now.date(), (now + PARTITIONS_AHEAD).date()),
            "forgotten": sum(self._delete_old_answers(company_id, now) for company_id in companies),
            "anchored": sum(self._anchor(company_id) for company_id in companies),
        }

    def _delete_old_answers(self, company_id: int, now: datetime) -> int:
        with self.open_work(company_id) as work:
            deleted = work.operations.delete_answers(now - ANSWER_LIFETIME)
            work.commit()
            return deleted

    def _anchor(self, company_id: int) -> bool:
        with self.open_work(company_id) as work:
            head = work.audit.head()
        if head is not None:
            self.anchor(company_id, head)
        return head is not None
