"""What a change takes whose consequences reach into several rooms."""

from dataclasses import dataclass
from datetime import date

from lodestar.application.calculation.ports import CalculationWork, Messages
from lodestar.application.caller import Caller
from lodestar.domain.periods import Calendar


@dataclass(frozen=True, slots=True)
class ChangeContext:
    """Who changes something, and what it takes to let the rest follow."""

    caller: Caller
    work: CalculationWork
    messages: Messages

    @property
    def calendar(self) -> Calendar:
        """The company's calendar."""
        return self.caller.company.calendar

    @property
    def today(self) -> date:
        """The company's date."""
        return self.calendar.local_date(self.work.now)
