"""What lists show, made of the model's numbers: docs/rules/scores.md and docs/rules/teams.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.histories.days import DAY, Period
from tests.histories.facts import COMPANY, Band, Kpi, Slot, Who
from tests.histories.numbers import STEP, Measured, Numbers, cents

TREND = 6
SEARCHED = {"user": 7, "company": 12}
"""How many closed periods a list looks back for a value."""
OPEN = "open"
"""Of what is shown of a running period, its first value is enough."""


@dataclass
class Lists:
    """What the lists of a day show; `states` says of closed slots whether they are final or restated."""

    numbers: Numbers
    on: date
    states: Mapping[Slot, str]

    def __post_init__(self) -> None:
        self.facts = self.numbers.facts
        # A day that is not over yet, or lies ahead, closes nothing.
        self.closed_through = min(self.on, self.numbers.closed_through)

    def of_person(self, who: Who) -> dict[str, Any]:
        """A person's list: their KPIs on that day, by key, and the score."""
        score, coverage = self.numbers.score(who.id, self.closed_through) or (None, None)
        return {"kpis": self.entries(who), "overall_score": score, "coverage": coverage}

    def entries(self, who: Who) -> dict[str, Any]:
        """The KPIs of a person or a team, by key."""
        return {
            kpi.key: self._entry(kpi, who)
            for kpi in self.facts.kpis.values()
            if self.on in self.facts.terms.get((kpi.id, who), ()) and not self._is_over(kpi)
        }

    def _is_over(self, kpi: Kpi) -> bool:
        return kpi.retired_on is not None and self.on >= kpi.retired_on

    def _entry(self, kpi: Kpi, who: Who) -> dict[str, Any]:
        recent = self._recent(kpi, who, SEARCHED["user"])
        shown = next((slot for slot in recent if slot in self.numbers.measured), None)
        trend = self._trend(kpi, recent[:TREND])
        base = {"trend": trend, "change": self._change(kpi, recent)}
        if shown is None:
            return base | {"measurement": OPEN}
        found = self.numbers.measured[shown]
        return base | {
            "measurement": self._measurement(shown),
            "target": found.standard.target,
            "origin": found.standard.origin,
            "weight": found.standard.weight,
            "status": found.status,
        }

    def _measurement(self, slot: Slot) -> dict[str, Any]:
        found = self.numbers.measured[slot]
        return {
            "actual_value": found.value,
            "achievement_percentage": found.achievement,
            "period_start": str(slot.first),
            "period_end": str(slot.last),
            "state": self.states[slot],
            "covered_days": found.covered_days,
            "is_partial": found.is_partial,
        }

    def _recent(self, kpi: Kpi, who: Who, count: int) -> list[Slot]:
        """The newest closed periods, newest first."""
        period = self.facts.days.newest_closed(kpi.cadence, self.closed_through)
        found = []
        for _ in range(count):
            found.append(Slot(kpi.id, who, *period))
            period = self.facts.days.before(kpi.cadence, period)
        return found

    def _value(self, slot: Slot) -> Decimal | None:
        found = self.numbers.measured.get(slot)
        return None if found is None else found.value

    def _change(self, kpi: Kpi, recent: list[Slot]) -> dict[str, Any] | None:
        """The newest closed value against that of the period before."""
        now, before = (self.numbers.measured.get(slot) for slot in recent[:2])
        if now is None or before is None or now.value is None or before.value is None:
            return None
        if not _is_comparable(kpi, before, now):
            return None
        return {
            "absolute": now.value - before.value,
            "percent": None
            if before.value == 0
            else cents(100 * (now.value - before.value) / abs(before.value)),
            "direction": _direction(
                kpi.numbered(now.standard.version).direction, now.standard.target, before.value, now.value
            ),
        }

    def _trend(self, kpi: Kpi, recent: list[Slot]) -> list[Decimal | None]:
        """The last values, oldest first, as far as they can be compared with the newest."""
        found = [self.numbers.measured.get(slot) for slot in recent]
        newest = next((each for each in found if each is not None), None)
        return [
            each.value if each and newest and _is_comparable(kpi, each, newest) else None
            for each in reversed(found)
        ]

    def of_team(self, team: int) -> dict[str, Any]:
        """A team's list: its own KPIs, who is in it on that day, and averages of who counts for it."""
        members = sorted(user for user, days in self.facts.teams.items() if days.get(self.on) == team)
        people = {user: self.of_person(Who("user", user)) for user in members}
        scores = [each["overall_score"] for each in people.values() if each["overall_score"] is not None]
        return {
            "team_kpis": self.entries(Who("team", team)),
            "members": people,
            "overall_score": cents(sum(scores, Decimal(0)) / len(scores)) if scores else None,
            "averages": {
                kpi.key: average
                for kpi in self.facts.kpis.values()
                if (average := self._average(kpi, team)) is not None
            },
        }

    def _average(self, kpi: Kpi, team: int) -> dict[str, Any] | None:
        """Of the newest closed period in which somebody is measured who counts for the team."""
        users = [who for of_kpi, who in self.facts.terms if of_kpi == kpi.id and who.kind == "user"]
        for slot in self._recent(kpi, COMPANY, SEARCHED["user"]):
            period = Period(slot.first, slot.last)
            found = [
                self.numbers.measured[of_user]
                for who in users
                if self._value(of_user := slot._replace(who=who)) is not None
                and self.facts.team_for(who.id, period) == team
            ]
            if found:
                achieved = [each.achievement for each in found if each.achievement is not None]
                values = [each.value for each in found if each.value is not None]
                return {
                    "average": (sum(values, Decimal(0)) / len(values)).quantize(STEP, ROUND_HALF_UP),
                    "achievement_percentage": cents(sum(achieved) / len(achieved)) if achieved else None,
                    "members": len(found),
                }
        return None

    def of_company(self) -> dict[str, Any]:
        """The company's list, by key."""
        return {
            kpi.key: self._of_company(kpi)
            for kpi in self.facts.kpis.values()
            if self.on in self.facts.terms.get((kpi.id, COMPANY), ()) and kpi.retired_on is None
        }

    def _of_company(self, kpi: Kpi) -> dict[str, Any]:
        running = self.facts.days.period(kpi.cadence, self.on)
        entry = self.facts.entered.get((kpi.id, COMPANY, running.first))
        recent = self._recent(kpi, COMPANY, SEARCHED["company"])
        shown = next((slot for slot in recent if slot in self.numbers.measured), None)
        if entry is not None and self.numbers.is_measured(Slot(kpi.id, COMPANY, *running)):
            return {"measurement": OPEN, "value": entry[0]}
        if shown is None:
            return {"measurement": OPEN}
        found = self.numbers.measured[shown]
        return {
            "measurement": {"period_start": str(shown.first), "period_end": str(shown.last)},
            "value": found.value,
            "target": found.standard.target,
            "progress": found.achievement,
            "status": found.status,
            "state": self.states[shown],
            "change": self._change(kpi, recent[recent.index(shown) :]),
        }


def _is_comparable(kpi: Kpi, before: Measured, now: Measured) -> bool:
    return kpi.is_comparable(before.standard.version, now.standard.version)


def _direction(direction: str, target: Band | None, before: Decimal, now: Decimal) -> str:
    """Whether a change is for the better."""
    if direction == "higher_better":
        gain = now - before
    elif direction == "lower_better":
        gain = before - now
    elif target is None:
        gain = Decimal(0)
    else:
        gain = _distance(before, target) - _distance(now, target)
    return "improving" if gain > 0 else "declining" if gain < 0 else "flat"


def _distance(value: Decimal, target: Band) -> Decimal:
    return max(target[0] - value, value - target[1], Decimal(0))


__all__ = ["DAY", "OPEN", "Lists"]
