"""The tenant: a company with its calendar."""

from dataclasses import dataclass
from decimal import Decimal

from lodestar.domain.periods import Calendar


@dataclass(frozen=True, slots=True)
class Company:
    """A tenant with the calendar facts that its periods follow."""

    id: int
    name: str
    currency: str
    calendar: Calendar
    score_cap: Decimal | None = None
