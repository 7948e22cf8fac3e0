"""Keeping house: lost batches and the months ahead (spec 6.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from lodestar.application.ports import CompanyIds, Messages, OpenWork, Partitions
from lodestar.application.running import resend_stalled

MONTHS_AHEAD = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What keeping house needs from outside."""

    company_ids: CompanyIds
    open_work: OpenWork
    messages: Messages
    partitions: Partitions

    def run(self) -> Mapping[str, int]:
        """Send stalled batches again and make the partitions of the coming year."""
        now = self.partitions.now()
        return {
            "resent": resend_stalled(self.company_ids(), now, self.open_work, self.messages),
            "partitions": self.partitions.ensure(now.date(), (now + MONTHS_AHEAD).date()),
        }
