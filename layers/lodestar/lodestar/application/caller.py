"""Who calls: the person behind the token, as the database knows them."""

from dataclasses import dataclass

from lodestar.domain.companies import Company
from lodestar.domain.periods import Calendar
from lodestar.domain.permissions import Actor


@dataclass(frozen=True, slots=True)
class Caller:
    """The signed-in person, their company and the request that they make.

    `timezone` is the person's own; None: they live by the company's.
    """

    actor: Actor
    name: str
    email: str
    timezone: str | None
    company: Company
    request_id: str

    @property
    def calendar(self) -> Calendar:
        """The company's calendar on the person's own clocks."""
        calendar = self.company.calendar
        return calendar if self.timezone is None else calendar.in_timezone(self.timezone)

    @property
    def user_id(self) -> int:
        """The person's id."""
        return self.actor.user_id
