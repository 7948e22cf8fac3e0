"""What every number of a company has to be, by its facts and by what closed periods were judged by at first.

Each rule is that of docs/rules, in the plainest form: nothing is kept that can be counted again.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from typing import NamedTuple

from tests.histories.days import DAY, Period
from tests.histories.facts import COMPANY, ENTERED, Band, Facts, Formula, How, Kpi, Rows, Slot, Terms, Who

CENT, STEP = Decimal("0.01"), Decimal("0.0001")


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Standard:
    """What a slot is judged by."""

    version: int
    target: Band | None
    origin: str
    weight: Decimal
    cap: Decimal | None


class Measured(NamedTuple):
    """What there is to know of a measured slot."""

    value: Decimal | None
    standard: Standard
    achievement: Decimal | None
    status: str
    covered_days: int
    is_partial: bool
    notes: str


@dataclass
class Memory:
    """What facts alone do not tell: by what closed periods were judged, and what a retired KPI had been."""

    kept: dict[Slot, Standard] = field(default_factory=dict)
    frozen: dict[Slot, Decimal | None] = field(default_factory=dict)

    def copy(self) -> "Memory":
        return Memory(dict(self.kept), dict(self.frozen))


@dataclass
class Numbers:
    """The numbers of a company on a day."""

    facts: Facts
    memory: Memory

    def __post_init__(self) -> None:
        self.today = self.facts.today
        self._values: dict[Slot, Decimal | None] = {}
        self._terms: dict[Slot, list[Terms]] = {}

    @property
    def closed_through(self) -> date:
        """The last day that is over."""
        return self.today - DAY

    # Which slots there are: docs/rules/time.md, "Whose periods".

    def slots_of(self, kpi: Kpi, who: Who) -> list[Slot]:
        """The slots of closed periods that have a day with terms, oldest first."""
        periods = {
            self.facts.days.period(kpi.cadence, day)
            for day in self.facts.terms.get((kpi.id, who), ())
            if day < self.today
        }
        return [Slot(kpi.id, who, *period) for period in sorted(periods) if period.last < self.today]

    @cached_property
    def slots(self) -> list[Slot]:
        """All slots of closed periods that have terms."""
        return [slot for kpi, who in self.facts.terms for slot in self.slots_of(self.facts.kpis[kpi], who)]

    @cached_property
    def measured(self) -> dict[Slot, Measured]:
        """Those that are measured, with what they are judged to be."""
        return {slot: self.judged(slot) for slot in self.slots if self.is_measured(slot)}

    def is_measured(self, slot: Slot) -> bool:
        """Whether a slot that has terms is measured: what is to be entered is once somebody has."""
        kpi = self.facts.kpis[slot.kpi]
        if kpi.retired_on is not None:
            return slot in self.memory.frozen
        how = self.how(slot)
        return how.source != ENTERED or self._is_rolled_up(how, slot.who) or self._entry(slot) is not None

    def covered(self, slot: Slot) -> list[Terms]:
        """The terms of each day of the period that has some."""
        found = self._terms.get(slot)
        if found is None:
            days = self.facts.terms.get((slot.kpi, slot.who), {})
            found = self._terms[slot] = [days[day] for day in slot.days if day in days]
        return found

    def is_partial(self, slot: Slot) -> bool:
        """Whether terms cover less than half of what the period would have uncut."""
        cadence = self.facts.kpis[slot.kpi].cadence
        full = self.facts.days.full_days(cadence, Period(slot.first, slot.last))
        return 2 * len(self.covered(slot)) < full

    # By what they are judged: docs/rules/targets.md.

    def version(self, slot: Slot) -> int:
        """The version of a closed period's measurement; of one that has none, that of its first day."""
        kept = self.memory.kept.get(slot)
        kpi = self.facts.kpis[slot.kpi]
        if slot.last >= self.today:
            return len(kpi.versions)
        return kpi.number_for(slot.first) if kept is None else kept.version

    def how(self, slot: Slot) -> How:
        return self.facts.kpis[slot.kpi].numbered(self.version(slot))

    def standard(self, slot: Slot) -> Standard:
        """What it was judged by at first, else what is in force."""
        return self.memory.kept.get(slot) or self.standard_today(slot, self.version(slot))

    def standard_today(self, slot: Slot, version: int) -> Standard:
        terms = self.covered(slot)[-1]
        target, origin = self._target_today(slot, self.facts.kpis[slot.kpi].numbered(version))
        return Standard(version, target, origin, terms.weight, self.facts.score_cap)

    def _target_today(self, slot: Slot, how: How) -> tuple[Band | None, str]:
        own, default = self._dated(slot, slot.who), self.covered(slot)[-1].target
        if own is not None or default is not None:
            return (own, "range") if own is not None else (default, "assignment_default")
        if slot.who == COMPANY:
            return None, "none"
        of_company = self.covered(slot._replace(who=COMPANY))
        if how.adds_up and not (of_company and of_company[-1].for_people):
            return None, "none"
        goal = self._dated(slot, COMPANY)
        if goal is None and of_company:
            goal = of_company[-1].target
        return goal, "none" if goal is None else "company"

    def _dated(self, slot: Slot, who: Who) -> Band | None:
        holding = [
            each
            for each in self.facts.targets.get((slot.kpi, who), ())
            if each.first <= slot.last <= each.last
        ]
        narrowest = min(holding, key=lambda each: (each.last - each.first, -each.age), default=None)
        return None if narrowest is None else narrowest.target

    # Values: docs/rules/formulas.md, docs/rules/teams.md, docs/rules/rounding.md.

    def value(self, slot: Slot) -> Decimal | None:
        """The value of a measured slot, as it is stored; None for none."""
        if slot in self.memory.frozen:
            return self.memory.frozen[slot]
        if slot not in self._values:
            exact = self._exact(slot, self.how(slot))
            self._values[slot] = None if exact is None else exact.quantize(STEP, ROUND_HALF_EVEN) + 0
        return self._values[slot]

    def _exact(self, slot: Slot, how: How) -> Decimal | None:
        if self._is_rolled_up(how, slot.who):
            return self._rolled_up(slot, how)
        if isinstance(how.source, Rows):
            return _aggregate(how.source.method, self._rows(how.source, slot))
        if isinstance(how.source, Formula):
            return how.source.compute(
                **{
                    variable: self.input(slot, used.key, used.offset, used.of)
                    for variable, used in how.source.inputs.items()
                }
            )
        return self._entry(slot)

    @staticmethod
    def _is_rolled_up(how: How, who: Who) -> bool:
        return who.kind != "user" and how.rollup != "none"

    def _rolled_up(self, slot: Slot, how: How) -> Decimal | None:
        values = [
            self.value(of_user)
            for of_user in self._of_everybody(slot)
            if slot.who == COMPANY or self._team_of(of_user) == slot.who
        ]
        found = [value for value in values if value is not None]
        if not found:
            return None
        return sum(found, Decimal(0)) / (len(found) if how.rollup == "average" else 1)

    def _of_everybody(self, slot: Slot) -> list[Slot]:
        """The measured slots of people in the same period."""
        users = [who for kpi, who in self.facts.terms if kpi == slot.kpi and who.kind == "user"]
        slots = [slot._replace(who=who) for who in users]
        return [each for each in slots if self.covered(each) and self.is_measured(each)]

    def _team_of(self, slot: Slot) -> Who:
        return Who("team", self.facts.team_for(slot.who.id, Period(slot.first, slot.last)) or 0)

    def _rows(self, source: Rows, slot: Slot) -> list[Decimal]:
        return [
            value
            for user, day, value in self._rows_by_source[source.source]
            if self._is_row_of(slot, user, day)
        ]

    @cached_property
    def _rows_by_source(self) -> dict[str, list[tuple[int, date, Decimal]]]:
        found: dict[str, list[tuple[int, date, Decimal]]] = defaultdict(list)
        for (source, _), (instant, user, value) in self.facts.rows.items():
            found[source].append((user, self.facts.days.day_of(instant), value))
        return found

    def _is_row_of(self, slot: Slot, user: int, day: date) -> bool:
        if not slot.first <= day <= slot.last:
            return False
        match slot.who.kind:
            case "user":
                return user == slot.who.id
            case "team":
                return self.facts.teams.get(user, {}).get(day) == slot.who.id
            case _:
                return True

    def _entry(self, slot: Slot) -> Decimal | None:
        found = self.facts.entered.get((slot.kpi, slot.who, slot.first))
        return None if found is None else found[0]

    def input(self, slot: Slot, key: str, offset: int, of: str) -> Decimal | None:
        """What another KPI is to a formula: None where it has no value, or was not assigned."""
        kpi = next(kpi for kpi in self.facts.kpis.values() if kpi.key == key)
        period = Period(slot.first, slot.last)
        for _ in range(-offset):
            period = self.facts.days.before(kpi.cadence, period)
        looked_at = Slot(kpi.id, slot.who, *period)
        if of == "company":
            looked_at = looked_at._replace(who=COMPANY)
        elif of == "team" and slot.who.kind == "user":
            looked_at = looked_at._replace(who=self._team_of(looked_at))
        if not self.covered(looked_at) or not self.is_measured(looked_at):
            return None
        return self.value(looked_at)

    # Achievement, status, score: docs/rules/scores.md.

    def judged(self, slot: Slot) -> Measured:
        standard, value = self.standard(slot), self.value(slot)
        how = self.facts.kpis[slot.kpi].numbered(standard.version)
        exact = achievement(value, standard.target, how.direction)
        notes = self.facts.entered.get((slot.kpi, slot.who, slot.first), (None, ""))[1]
        return Measured(
            value,
            standard,
            None if exact is None else cents(exact),
            _status(value, standard.target, exact, how.thresholds),
            len(self.covered(slot)),
            self.is_partial(slot),
            notes if how.source == ENTERED else "",
        )

    def score(self, user: int, day: date) -> tuple[Decimal | None, Decimal | None] | None:
        """Score and coverage at the end of a day; None where no KPI counts, and after a person's last day."""
        if day > self.facts.last_days.get(user, day):
            return None
        who = Who("user", user)
        kpis = [kpi for kpi in self.facts.kpis.values() if (kpi.id, who) in self.facts.terms]
        parts = [part for kpi in kpis if (part := self._part(kpi, who, day)) is not None]
        if not parts:
            return None
        counted = [(achieved, weight) for achieved, weight in parts if achieved is not None]
        measured, total = (sum((weight for _, weight in some), Decimal(0)) for some in (counted, parts))
        points = sum((achieved * weight for achieved, weight in counted), Decimal(0))
        return cents(points / measured) if measured else None, cents(
            100 * measured / total
        ) if total else None

    def closes(self, user: int, day: date) -> bool:
        """Whether a period of a KPI that somebody has ends on a day, and they had not left before."""
        if day > self.facts.last_days.get(user, day):
            return False
        who = Who("user", user)
        ending = [
            Slot(kpi.id, who, *self.facts.days.newest_closed(kpi.cadence, day))
            for kpi in self.facts.kpis.values()
            if (kpi.id, who) in self.facts.terms and (kpi.retired_on is None or day < kpi.retired_on)
        ]
        return any(slot.last == day and self.covered(slot) for slot in ending)

    def _part(self, kpi: Kpi, who: Who, day: date) -> tuple[Decimal | None, Decimal] | None:
        """What a KPI brings to a score: its achievement, if there is one, and its weight."""
        slot = Slot(kpi.id, who, *self.facts.days.newest_closed(kpi.cadence, day))
        is_retired = kpi.retired_on is not None and slot.last >= kpi.retired_on
        if is_retired or not self.covered(slot) or self.is_partial(slot):
            return None
        how, standard = self.how(slot), self.standard(slot)
        exact = achievement(self._value_that_counts(slot), standard.target, how.direction)
        if exact is None:
            is_zero = how.missing == "zero" and standard.target is not None and self.is_measured(slot)
            return (Decimal(0) if is_zero else None), standard.weight
        return min(cents(exact), standard.cap or Decimal(1000)), standard.weight

    def _value_that_counts(self, slot: Slot) -> Decimal | None:
        """Its own, or where that is missing and carried, the newest one of the year before."""
        value = self.value(slot) if self.is_measured(slot) else None
        if value is None and self.how(slot).missing == "carry":
            kpi = self.facts.kpis[slot.kpi]
            for earlier in reversed(self.slots_of(kpi, slot.who)):
                is_near = slot.first - timedelta(days=366) <= earlier.first < slot.first
                if not is_near or not self.is_measured(earlier) or self.value(earlier) is None:
                    continue
                if kpi.is_comparable(self.version(earlier), self.version(slot)):
                    return self.value(earlier)
        return value

    # What is remembered.

    def remembered(self) -> "Numbers":
        """What is measured for the first time keeps its standard; what is not measured any more forgets it.

        One without a target takes the first that there is.
        """
        kept = {}
        for slot, found in self.measured.items():
            standard = found.standard
            if standard.target is None:
                today = self.standard_today(slot, standard.version)
                standard = replace(standard, target=today.target, origin=today.origin)
            kept[slot] = standard
        is_news = any(found.standard != kept[slot] for slot, found in self.measured.items())
        self.memory.kept = kept
        return Numbers(self.facts, self.memory) if is_news else self

    def judge_anew(self, slots: list[Slot]) -> None:
        """Closed periods take what is in force now, and the newest version."""
        for slot in slots:
            kpi = self.facts.kpis[slot.kpi]
            # What the newest version lets people enter stays as it is until somebody does.
            is_entered = kpi.how.source == ENTERED and not self._is_rolled_up(kpi.how, slot.who)
            awaits = is_entered and self._entry(slot) is None
            if kpi.retired_on is None and not awaits:
                self.memory.kept[slot] = self.standard_today(slot, len(kpi.versions))

    def freeze(self, kpi: int) -> None:
        """What is measured of a KPI that is retired stays as it is."""
        self.memory.frozen |= {slot: found.value for slot, found in self.measured.items() if slot.kpi == kpi}


def achievement(value: Decimal | None, target: Band | None, direction: str) -> Decimal | None:
    """How far a value meets a target, in percent, before it is rounded."""
    if value is None or target is None:
        return None
    low, high = target
    match direction:
        case "higher_better":
            aim, gain = low, value - low
        case "lower_better":
            aim, gain = high, high - value
        case _:
            aim = min(max(value, low), high)
            gain = -abs(value - aim)
    if aim == 0:
        return Decimal(100 if gain >= 0 else 0)
    return min(max(100 + 100 * gain / abs(aim), Decimal(0)), Decimal("999.99"))


def _status(
    value: Decimal | None, target: Band | None, exact: Decimal | None, thresholds: tuple[int, int, int]
) -> str:
    if value is None or exact is None:
        return "no_data" if value is None else "no_target"
    names = zip(("exceeds", "on_track", "needs_attention"), thresholds, strict=True)
    return next((name for name, least in names if exact >= least), "critical")


def _aggregate(method: str, values: list[Decimal]) -> Decimal | None:
    if method == "count":
        return Decimal(len(values))
    if not values:
        return None
    return sum(values, Decimal(0)) / (len(values) if method == "average" else 1)
