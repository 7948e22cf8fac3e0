"""What the people of the demo company did in 90 days: the same for the same last day, on every machine."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from local.demo.people import Person

TIMEZONE = "Europe/Berlin"
DAYS = 90

# How busy each day is, Monday first: support has a rota for the weekend, sales rests.
_SUPPORT_WEEK = (1.25, 1.1, 1, 1, 0.85, 0.25, 0.15)
_SALES_WEEK = (0.9, 1.1, 1.1, 1, 0.9, 0, 0)

_PRIORITIES = {"low": 1.25, "normal": 1, "high": 0.8, "urgent": 0.5}  # with the share of the usual time
_PRIORITY_ODDS = (20, 55, 20, 5)

type Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's day of work. `progress` runs from 0 to 1 over the 90 days."""

    person: Person
    user_id: int
    day: date
    progress: float
    dice: Random

    @property
    def pace(self) -> float:
        """The person's pace on this day."""
        return self.person.pace * (1 + self.person.drift * self.progress)

    def amount(self, usual: float) -> int:
        """How many of something come about, `usual` at the usual pace; 0 on a day off."""
        return int(usual * self.pace * self.dice.uniform(0.75, 1.25) + self.dice.random())

    def about(self, usual: float) -> float:
        """A time or a sum of money near `usual`: seldom much less, sometimes much more."""
        return usual * self.dice.lognormvariate(-0.08, 0.4)  # their mean is 1: e ** (−0.08 + 0.4² / 2)

    def record(self, source: str, number: int, **fields: object) -> Record:
        """The record of the day's `number`-th happening of a kind, during office hours."""
        name = self.person.email.partition("@")[0]
        at = time(self.dice.randint(9, 17), self.dice.randint(0, 59))
        return {
            "source": source,
            "external_id": f"{name}-{self.day}-{number}",
            "occurred_at": datetime.combine(self.day, at, ZoneInfo(TIMEZONE)).isoformat(),
            "user_id": self.user_id,
            **fields,
        }


def records_of(
    person: Person, user_id: int, work: Callable[[Shift], Iterator[Record]], last_day: date
) -> Iterator[Record]:
    """90 days of somebody's records, the oldest first, through `last_day`."""
    for back in range(DAYS - 1, -1, -1):
        day = last_day - timedelta(days=back)
        yield from work(Shift(person, user_id, day, 1 - back / DAYS, _dice(person, day)))


def support_day(shift: Shift) -> Iterator[Record]:
    """The support cases that somebody closed on a day."""
    for number in range(shift.amount(7 * _SUPPORT_WEEK[shift.day.weekday()])):
        record = shift.record("support_cases", number)
        closed_at = datetime.fromisoformat(record["occurred_at"])
        yield {**record, "attributes": _support_case(shift, closed_at)}


def sales_day(shift: Shift) -> Iterator[Record]:
    """The calls that somebody made on a day, the leads they found and the deals they won or lost."""
    busy, dice = _SALES_WEEK[shift.day.weekday()], shift.dice
    for number in range(shift.amount(10 * busy)):
        outcome = dice.choices(("answered", "voicemail"), (7, 3))[0]
        yield shift.record("calls", number, value=round(shift.about(6)), attributes={"outcome": outcome})
    for number in range(shift.amount(1.5 * busy)):
        channel = dice.choice(("website", "referral", "fair"))
        yield shift.record("leads", number, attributes={"channel": channel})
    for number in range(shift.amount(4 * busy)):
        stage = "won" if dice.random() < 0.55 * shift.person.care else "lost"
        customer = f"customer-{dice.randint(1, 400)}"
        amount = 10 * round(shift.about(90 * shift.person.care))
        yield shift.record(
            "deals", number, value=amount, attributes={"stage": stage, "customer_id": customer}
        )


def reviewed(person: Person, month: date, usual: Decimal, most: Decimal) -> Decimal:
    """What the manager enters about somebody's month: near `usual`, at most `most`, one decimal."""
    percent = round(100 * person.care * _dice(person, month).uniform(0.94, 1.06))
    return min(usual * percent / 100, most).quantize(Decimal("0.1"))


def _support_case(shift: Shift, closed_at: datetime) -> dict[str, object]:
    dice = shift.dice
    priority = dice.choices(tuple(_PRIORITIES), _PRIORITY_ODDS)[0]
    patience = _PRIORITIES[priority] / shift.pace
    resolution = round(shift.about(230 * patience))
    response = min(round(shift.about(18 * patience)), resolution)
    opened_at = closed_at - timedelta(minutes=resolution)
    case = {
        "status": "closed",
        "opened_at": opened_at.isoformat(),
        "first_response_at": (opened_at + timedelta(minutes=response)).isoformat(),
        "priority": priority,
        "channel": dice.choices(("email", "chat", "phone"), (5, 3, 2))[0],
        "reopened": dice.random() < 0.06 / shift.person.care,
    }
    is_content = dice.random() < 0.87 * shift.person.care
    rating = dice.choice((4, 5, 5)) if is_content else dice.choice((1, 2, 3, 3))
    return case | ({"satisfaction": rating} if dice.random() < 0.7 else {})  # the others do not answer


def _dice(person: Person, day: date) -> Random:
    """Dice with a seed of text, which fall the same in every process."""
    return Random(f"{person.email} {day}")  # noqa: S311 — believable, not secret
