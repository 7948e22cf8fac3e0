"""The tenant: a company with its calendar."""

from dataclasses import dataclass
from decimal import Decimal

from lodestar.domain.periods import Calendar

MIN_GROUP_SIZE = 3
"""Of a company that has not set its own."""


MIN_OUTCOME_DAYS, MAX_OUTCOME_DAYS = 7, 3660
"""For so many days outcomes of runs are kept: a week, so that there is time to look, to ten years."""
MIN_ANSWER_DAYS, MAX_ANSWER_DAYS = 1, 366
"""For so many days answers of repeated writes are kept: a day, so that a client can send again, to a year."""


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days a company keeps outcomes of runs, and the answers of repeated writes."""

    outcome_days: int = 35
    answer_days: int = 30


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
