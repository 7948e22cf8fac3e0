"""The tenant: a company with its calendar."""

from dataclasses import dataclass
from decimal import Decimal

from lodestar.domain.periods import Calendar

MIN_GROUP_SIZE = 3
"""Of a company that has not set its own."""


@dataclass(frozen=True, slots=True)
class Company:
    """A tenant with the calendar facts that its periods follow."""

    id: int
    name: str
    currency: str
    calendar: Calendar
    score_cap: Decimal | None = None
    min_group_size: int = MIN_GROUP_SIZE
    """How many people beside themselves an average must be made of before a member of the team sees it."""
