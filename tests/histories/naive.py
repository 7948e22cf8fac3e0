"""What the numbers of a company have to be: everything computed anew from the facts, day by day.

No rule is shared with the code: days are counted one by one, and whatever can be looked up twice is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from lodestar.domain.periods import Cadence
from tests.histories.world import FIRST_DAY, World

ONE = timedelta(days=1)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Slot:
    """A person's KPI in a period, by its first and last day."""

    kpi: int
    user: int
    first: date
    last: date


@dataclass(frozen=True)
class Judged:
    """What a slot is judged by."""

    target: Decimal | None
    weight: Decimal


@dataclass
class Facts:
    """What is known of the company, as its tables have it, and what people entered."""

    terms: Mapping[tuple[int, int], list[Any]]
    memberships: Mapping[int, list[Any]]
    records: Mapping[tuple[int, date], Decimal]
    targets: Mapping[tuple[int, int], list[Any]]

    @classmethod
    def of(cls, world: World) -> "Facts":
        terms: dict[tuple[int, int], list[Any]] = {}
        for row in world.rows(
            "select a.definition_id, a.user_id, t.* from lodestar.terms t join lodestar.assignments a "
            "on a.company_id = t.company_id and a.id = t.assignment_id "
            "where t.company_id = :company and a.user_id is not null"
        ):
            terms.setdefault((row["definition_id"], row["user_id"]), []).append(row)
        memberships: dict[int, list[Any]] = {}
        for row in world.rows(
            "select user_id, team_id, start_date, end_date from lodestar.memberships where company_id = :company"
        ):
            memberships.setdefault(row["user_id"], []).append(row)
        records: dict[tuple[int, date], Decimal] = {}
        for row in world.rows("select * from lodestar.records where company_id = :company"):
            key = row["user_id"], row["occurred_at"].date()
            records[key] = records.get(key, Decimal(0)) + row["value"]
        targets: dict[tuple[int, int], list[Any]] = {}
        for row in world.rows(
            "select a.definition_id, a.user_id, g.* from lodestar.targets g join lodestar.assignments a "
            "on a.company_id = g.company_id and a.id = g.assignment_id where g.company_id = :company"
        ):
            targets.setdefault((row["definition_id"], row["user_id"]), []).append(row)
        return cls(terms, memberships, records, targets)

    def terms_on(self, kpi: int, user: int, day: date) -> Any:
        return _on(self.terms.get((kpi, user), []), day)

    def team_on(self, user: int, day: date) -> int | None:
        found = _on(self.memberships.get(user, []), day)
        return None if found is None else found["team_id"]


def _on(rows: list[Any], day: date) -> Any:
    found = [row for row in rows if row["start_date"] <= day <= (row["end_date"] or date.max)]
    assert len(found) <= 1, f"two at once on {day}: {found}"
    return found[0] if found else None


@dataclass
class Naive:
    """The model: facts of today, and what was remembered when each period was judged first."""

    world: World
    judged: dict[Slot, Judged] = field(default_factory=dict)
    entered: dict[tuple[int, date], Decimal] = field(default_factory=dict)

    def days(self, slot: Slot) -> list[date]:
        return [slot.first + ONE * number for number in range((slot.last - slot.first).days + 1)]

    def covered(self, facts: Facts, slot: Slot) -> list[date]:
        return [day for day in self.days(slot) if facts.terms_on(slot.kpi, slot.user, day)]

    def slots(self, facts: Facts, kpi: int) -> list[Slot]:
        """All slots of a KPI that have a day with terms and are over."""
        cadence = self.world.kpis[kpi].aggregation_period
        step = 1 if cadence is Cadence.DAILY else 7
        found = []
        for user in self.world.people:
            first = FIRST_DAY - timedelta(days=14)
            while first + timedelta(days=step - 1) < self.world.today:
                slot = Slot(kpi, user, first, first + timedelta(days=step - 1))
                if self.covered(facts, slot):
                    found.append(slot)
                first += timedelta(days=step)
        return found

    def standard_today(self, facts: Facts, slot: Slot) -> Judged:
        """Target and weight as they are in force now."""
        terms = facts.terms_on(slot.kpi, slot.user, self.covered(facts, slot)[-1])
        holding = [
            row
            for row in facts.targets.get((slot.kpi, slot.user), [])
            if row["period_start"] <= slot.last <= row["period_end"]
        ]
        narrowest = min(holding, key=lambda row: row["period_end"] - row["period_start"], default=None)
        target = terms["target_low"] if narrowest is None else narrowest["target_low"]
        return Judged(target, terms["weight"])

    def remember(self) -> None:
        """After a step: what was judged for the first time keeps its standard, what is gone forgets it."""
        facts = Facts.of(self.world)
        measured = self.measured("and m.state <> 'open'")
        for kpi in self.world.kpis:
            for slot in self.slots(facts, kpi):
                if slot in measured and slot not in self.judged:
                    self.judged[slot] = self.standard_today(facts, slot)
                elif slot in measured and self.judged[slot].target is None:
                    # The first target that is set for a period counts, once it is looked at again.
                    today = self.standard_today(facts, slot)
                    if measured[slot]["target_low"] is not None:
                        self.judged[slot] = Judged(today.target, self.judged[slot].weight)
        for slot in set(self.judged) - set(measured):
            del self.judged[slot]

    def measured(self, which: str = "") -> dict[Slot, Any]:
        """What the system has of people's slots."""
        rows = self.world.rows(
            "select a.definition_id, a.user_id, m.* from lodestar.measurements m join lodestar.assignments a "
            "on a.company_id = m.company_id and a.id = m.assignment_id "
            f"where m.company_id = :company and a.user_id is not null {which}"
        )
        return {
            Slot(row["definition_id"], row["user_id"], row["period_start"], row["period_end"]): row
            for row in rows
        }

    def value(self, facts: Facts, slot: Slot) -> Decimal | None:
        """The value of a slot; None where there is none."""
        if slot.kpi == self.world.mood.id:
            return self.entered.get((slot.user, slot.first))
        if slot.kpi == self.world.twice.id:
            n = Slot(self.world.sold.id, slot.user, slot.first, slot.last)
            of_n = self.value(facts, n) if self.covered(facts, n) else None
            return None if of_n is None else 2 * of_n
        found = [
            facts.records[slot.user, day] for day in self.days(slot) if (slot.user, day) in facts.records
        ]
        return sum(found, Decimal(0)) if found else None

    def achievement(self, slot: Slot, value: Decimal | None, target: Decimal | None) -> Decimal | None:
        if value is None or target is None:
            return None
        if target == 0:
            return Decimal(100 if value >= 0 else 0)
        exact = min(max(100 + 100 * (value - target) / abs(target), Decimal(0)), Decimal("999.99"))
        return exact.quantize(CENT, ROUND_HALF_EVEN)

    def team_for(self, facts: Facts, user: int, first: date, last: date) -> int | None:
        """The team that a person counts for: on the last day, else the last one in the period."""
        teams = [facts.team_on(user, first + ONE * n) for n in range((last - first).days + 1)]
        return teams[-1] or next((team for team in reversed(teams) if team is not None), None)

    def rolled_up(self, facts: Facts, kpi: int, first: date, last: date, team: int | None) -> Decimal | None:
        """A team's value, or with no team the company's."""
        found = []
        for user in self.world.people:
            slot = Slot(kpi, user, first, last)
            value = self.value(facts, slot) if self.covered(facts, slot) else None
            if value is not None and (team is None or self.team_for(facts, user, first, last) == team):
                found.append(value)
        if not found:
            return None
        if kpi == self.world.mood.id:
            return (sum(found, Decimal(0)) / len(found)).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
        return sum(found, Decimal(0))

    def score(self, facts: Facts, user: int, day: date) -> tuple[Decimal | None, Decimal | None] | None:
        """Score and coverage of a day; None where no KPI counts."""
        points = measured = total = Decimal(0)
        counts = False
        for kpi, definition in self.world.kpis.items():
            if definition.aggregation_period is Cadence.DAILY:
                slot = Slot(kpi, user, day, day)
            else:
                last = day - timedelta(days=(day.weekday() + 1) % 7)
                slot = Slot(kpi, user, last - timedelta(days=6), last)
            covered = self.covered(facts, slot)
            if not covered or 2 * len(covered) < len(self.days(slot)):
                continue
            counts = True
            judged = self.judged.get(slot) or self.standard_today(facts, slot)
            total += judged.weight
            achieved = self.achievement(slot, self.value(facts, slot), judged.target)
            if achieved is not None:
                points += judged.weight * achieved
                measured += judged.weight
        if not counts:
            return None
        score = (points / measured).quantize(CENT, ROUND_HALF_EVEN) if measured else None
        return score, (100 * measured / total).quantize(CENT, ROUND_HALF_EVEN) if total else None
