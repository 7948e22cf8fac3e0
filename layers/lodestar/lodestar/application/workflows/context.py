"""What a change takes whose consequences reach into several rooms."""

from dataclasses import dataclass
from datetime import date

from lodestar.application.calculation.ports import CalculationWork, Messages
from lodestar.application.caller import Caller
from lodestar.domain.periods import Calendar
from lodestar.domain.refusals import Contended


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

    def hold_calendar(self) -> None:
        """Nobody corrects the calendar until this transaction ends: what is written for a period has it.

        Raises:
            Contended: somebody has changed it since the caller signed in; the same call goes by the new one.
        """
        if self.work.people.company_for_share().calendar != self.calendar:
            raise Contended("The company's calendar has changed meanwhile.")
