"""Which alerts there have to be: docs/rules/alerts.md, period by period."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from tests.histories.facts import Band, Slot, Who
from tests.histories.numbers import Measured, Numbers

CRITICAL_FROM = 40


class Rule(NamedTuple):
    """When to alert about a KPI: so many percent off, in so many periods in a row; until it is so near."""

    id: int
    kpi: int
    threshold: Decimal
    recovery: Decimal
    periods: int

    def is_missed(self, off: Decimal) -> bool:
        return off > 0 and off >= self.threshold

    def is_recovered(self, off: Decimal) -> bool:
        return off == 0 or off < self.recovery


@dataclass(frozen=True)
class Alert:
    """An episode: what it is about, and how it ended, if it has."""

    slot: Slot
    value: Decimal
    target: Band
    severity: str
    state: str = "firing"


@dataclass
class Watch:
    """What a rule knows of one who has its KPI: the periods that it judged, misses or not, and its alerts."""

    judged: list[tuple[date, bool]] = field(default_factory=list)
    seen: tuple[date, Measured] | None = None
    alerts: list[Alert] = field(default_factory=list)

    def copy(self) -> "Watch":
        return Watch(list(self.judged), self.seen, list(self.alerts))

    @property
    def firing(self) -> Alert | None:
        return self.alerts[-1] if self.alerts and self.alerts[-1].state == "firing" else None

    def close(self, reason: str) -> None:
        """It ends with what it is about, and no miss before counts any more."""
        if self.firing is not None:
            self.alerts[-1] = replace(self.alerts[-1], state=reason)
            self.judged = []


@dataclass
class Alerts:
    """All rules, and what each knows of everybody."""

    rules: list[Rule] = field(default_factory=list)
    watches: dict[tuple[int, Who], Watch] = field(default_factory=dict)

    def copy(self) -> "Alerts":
        return Alerts(self.rules, {key: watch.copy() for key, watch in self.watches.items()})

    def look(self, numbers: Numbers) -> None:
        """Judge the newest closed period of everybody, where it is another than before."""
        for rule in self.rules:
            for kpi, who in numbers.facts.terms:
                if kpi == rule.kpi and numbers.facts.kpis[kpi].retired_on is None:
                    self._look_at(rule, who, numbers)

    def _look_at(self, rule: Rule, who: Who, numbers: Numbers) -> None:
        kpi = numbers.facts.kpis[rule.kpi]
        newest = numbers.facts.days.newest_closed(kpi.cadence, numbers.closed_through)
        slot = Slot(kpi.id, who, *newest)
        watch = self.watches.setdefault((rule.id, who), Watch())
        found = numbers.measured.get(slot)
        if found is None or found.is_partial or watch.seen == (slot.first, found):
            return
        if found.value is None or found.standard.target is None:
            return
        watch.seen = slot.first, found
        off = shortfall(found.value, found.standard.target, numbers.how(slot).direction)
        self._judge(rule, watch, slot, found, off)

    @staticmethod
    def _judge(rule: Rule, watch: Watch, slot: Slot, found: Measured, off: Decimal) -> None:
        before = [missed for first, missed in watch.judged if first < slot.first]
        watch.judged = [(first, missed) for first, missed in watch.judged if first < slot.first]
        watch.judged.append((slot.first, rule.is_missed(off)))
        assert found.value is not None
        assert found.standard.target is not None
        severity = "critical" if off >= CRITICAL_FROM else "warning"
        alert = Alert(slot, found.value, found.standard.target, severity)
        if watch.firing is not None:
            state = "resolved" if rule.is_recovered(off) else "firing"
            watch.alerts[-1] = replace(alert, state=state)
            # While it fires every period is one of its row, however near it came.
            watch.judged[-1] = slot.first, state == "firing"
        elif rule.is_missed(off):
            in_a_row = 1
            while in_a_row <= len(before) and before[-in_a_row]:
                in_a_row += 1
            if in_a_row >= rule.periods:
                watch.alerts.append(alert)

    def close(self, reason: str, who: Who | None = None, kpi: int | None = None) -> None:
        """With a person or a KPI that is gone."""
        for (rule_id, of_whom), watch in self.watches.items():
            rule = next(rule for rule in self.rules if rule.id == rule_id)
            if who in (None, of_whom) and kpi in (None, rule.kpi):
                watch.close(reason)

    def close_withdrawn(self, numbers: Numbers) -> None:
        """With a value that is measured no more."""
        measured = {(slot.kpi, slot.who, slot.first) for slot in numbers.measured}
        for (rule_id, who), watch in self.watches.items():
            kpi = next(rule.kpi for rule in self.rules if rule.id == rule_id)
            if watch.firing is not None and watch.firing.slot not in numbers.measured:
                watch.close("withdrawn")
            if watch.seen is not None and (kpi, who, watch.seen[0]) not in measured:
                watch.seen = None  # if it comes back, it comes anew

    def close_ended(self, numbers: Numbers) -> None:
        """With the terms, when the first period without any is due."""
        for (rule_id, who), watch in self.watches.items():
            rule = next(rule for rule in self.rules if rule.id == rule_id)
            kpi = numbers.facts.kpis[rule.kpi]
            newest = numbers.facts.days.newest_closed(kpi.cadence, numbers.closed_through)
            slot = Slot(kpi.id, who, *newest)
            if watch.firing is not None and watch.firing.slot.last < slot.first and not numbers.covered(slot):
                watch.close("terms_ended")


def shortfall(value: Decimal, target: Band, direction: str) -> Decimal:
    """How many percent of its target a value is off it; a miss of 0 is 100."""
    low, high = target
    too_low, too_high = low - value, value - high
    match direction:
        case "higher_better":
            bound, distance = low, too_low
        case "lower_better":
            bound, distance = high, too_high
        case _:
            bound, distance = max((low, too_low), (high, too_high), key=lambda pair: pair[1])
    if distance <= 0:
        return Decimal(0)
    return Decimal(100) if bound == 0 else 100 * distance / abs(bound)
