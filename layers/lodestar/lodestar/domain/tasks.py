"""What is done for each company by itself, so that none waits for another, or is stopped by it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lodestar.domain.periods import Cadence


class TaskKind(StrEnum):
    """Plan the periods that are due, keep house, or send the notifications that wait in the outbox."""

    PLANNING = "planning"
    UPKEEP = "upkeep"
    RELAY = "relay"


@dataclass(frozen=True, slots=True)
class Tick:
    """The clock struck for one kind of period."""

    cadence: Cadence
    at: datetime


@dataclass(frozen=True, slots=True)
class CompanyTask:
    """One task of one company. Doing it twice does no harm. Planning has a `tick`, the others have none."""

    kind: TaskKind
    company_id: int
    tick: Tick | None = None
