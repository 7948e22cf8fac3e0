"""Who calls: the person behind the token, as the database knows them."""

from dataclasses import dataclass, replace

from lodestar.domain.companies import Company
from lodestar.domain.periods import Calendar
from lodestar.domain.permissions import Actor


@dataclass(frozen=True, slots=True)
class Caller:
    """The signed-in person, their company and the request that they make."""

    actor: Actor
    name: str
    email: str
    timezone: str
    company: Company
    request_id: str

    @property
    def calendar(self) -> Calendar:
        """The company's calendar on the person's own clocks."""
        return replace(self.company.calendar, timezone=self.timezone)

    @property
    def user_id(self) -> int:
        """The person's id."""
        return self.actor.user_id
