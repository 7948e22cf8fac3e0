"""What is known of a company: who has which KPI, who is in which team, what was entered and pushed.

All of it by single days: what holds from a day on stands under each day up to the horizon.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from lodestar.domain.periods import Cadence
from tests.histories.days import DAY, HORIZON, Days, Period, days_between

type Band = tuple[Decimal, Decimal]
"""The least and the greatest value that meet a target."""


class Who(NamedTuple):
    """Whom a KPI is measured for."""

    kind: str
    id: int = 0


COMPANY = Who("company")


class Slot(NamedTuple):
    """A KPI of somebody in a period, by its first and last day."""

    kpi: int
    who: Who
    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return days_between(self.first, self.last)


@dataclass(frozen=True, eq=False)
class Terms:
    """What holds on some days in a row; two that say the same are still two."""

    weight: Decimal
    target: Band | None
    for_people: bool = False

    def says(self, other: "Terms") -> bool:
        mine, others = (self.weight, self.target), (other.weight, other.target)
        return mine == others and self.for_people == other.for_people


class Rows(NamedTuple):
    """Records of a source, and what is made of their values."""

    source: str
    method: str


class Input(NamedTuple):
    """Another KPI in a formula: so many periods before, of the same, the team or the company."""

    key: str
    offset: int = 0
    of: str = "same"


@dataclass(frozen=True, eq=False)
class Formula:
    """Its text, its inputs by variable, and the same in Python: of what is missing it gets None."""

    text: str
    inputs: Mapping[str, Input]
    compute: Callable[..., Decimal | None]


ENTERED = "entered"
"""The source of what people enter."""


@dataclass(frozen=True)
class How:
    """A version of a KPI: what it measures, and how strictly."""

    source: Rows | Formula | str
    rollup: str = "none"
    direction: str = "higher_better"
    missing: str = "exclude"
    unit: str = "count"
    thresholds: tuple[int, int, int] = (100, 80, 60)

    @property
    def adds_up(self) -> bool:
        return self.rollup == "sum" or (
            isinstance(self.source, Rows) and self.source.method in ("sum", "count")
        )

    def measures_like(self, other: "How") -> bool:
        mine = self.source, self.unit, self.rollup
        return mine == (other.source, other.unit, other.rollup)


@dataclass(frozen=True)
class Kpi:
    """A KPI with its versions, each with the day from which it counts (None: from the beginning)."""

    id: int
    key: str
    name: str
    cadence: Cadence
    versions: tuple[tuple[date | None, How], ...]
    retired_on: date | None = None

    @property
    def how(self) -> How:
        return self.versions[-1][1]

    def number_for(self, first: date) -> int:
        """The number of the version that counts for a period which begins on that day."""
        begun = [n for n, (since, _) in enumerate(self.versions, 1) if since is None or since <= first]
        return begun[-1]

    def numbered(self, number: int) -> How:
        return self.versions[number - 1][1]

    def is_comparable(self, one: int, other: int) -> bool:
        """Whether no version from one to the other measures something else."""
        first, last = sorted((one, other))
        crossed = [self.numbered(number) for number in range(first, last + 1)]
        return all(each.measures_like(crossed[0]) for each in crossed)


class DatedTarget(NamedTuple):
    """A target for a range of dates; a later `age` is a newer one."""

    first: date
    last: date
    target: Band
    age: int


@dataclass
class Facts:
    """All that is known. What a step changes is put in anew: a copy shares what it leaves alone."""

    days: Days
    now: datetime
    kpis: dict[int, Kpi] = field(default_factory=dict)
    terms: dict[tuple[int, Who], dict[date, Terms]] = field(default_factory=dict)
    teams: dict[int, dict[date, int]] = field(default_factory=dict)
    last_days: dict[int, date] = field(default_factory=dict)
    """Of who has left and not come back."""
    rows: dict[tuple[str, str], tuple[datetime, int, Decimal]] = field(default_factory=dict)
    entered: dict[tuple[int, Who, date], tuple[Decimal, str]] = field(default_factory=dict)
    targets: dict[tuple[int, Who], tuple[DatedTarget, ...]] = field(default_factory=dict)
    score_cap: Decimal | None = None

    def copy(self) -> "Facts":
        parts = ("kpis", "terms", "teams", "last_days", "rows", "entered", "targets")
        return replace(self, **{part: dict(getattr(self, part)) for part in parts})

    @property
    def today(self) -> date:
        return self.days.day_of(self.now)

    # Terms: docs/rules/targets.md, "Weight and target from a day on".

    def give(
        self, kpi: int, who: Who, first: date, last: date | None, terms: Terms, *, renew: bool = False
    ) -> None:
        """Terms for some days. With `renew`, those that begin before or with them end the day before."""
        days = dict(self.terms.get((kpi, who), {}))
        wanted = days_between(first, last or HORIZON)
        old = days.get(first)
        if old is not None and old.says(terms) and wanted == [day for day in days if days[day] is old]:
            return
        if renew:
            older = {id(found) for day, found in days.items() if day <= first}
            days = {day: found for day, found in days.items() if day < first or id(found) not in older}
        self.terms[kpi, who] = dict(sorted((days | dict.fromkeys(wanted, terms)).items()))

    def change_terms(self, kpi: int, who: Who, since: date | None, change: Callable[[Terms], Terms]) -> None:
        """Other terms from a day on to where those of that day end; by default from the running period on."""
        days = self.terms.get((kpi, who), {})
        first = since or self._first_to_change(kpi, days)
        old = days[first]
        new = change(old)
        if not new.says(old):
            changed = {day: new for day, found in days.items() if found is old and day >= first}
            self.terms[kpi, who] = {**days, **changed}

    def _first_to_change(self, kpi: int, days: dict[date, Terms]) -> date:
        running = self.days.period(self.kpis[kpi].cadence, self.today)
        within = [day for day in days if running.first <= day <= running.last]
        if within:
            return min(day for day in within if days[day] is days[within[-1]])
        return min(day for day in days if day > running.last)

    def end_terms(self, kpi: int, who: Who, last: date) -> None:
        """What there is goes no further than a day, and the last terms go on to it."""
        kept = {day: found for day, found in self.terms[kpi, who].items() if day <= last}
        *_, newest = kept
        goes_on = dict.fromkeys(days_between(newest, last), kept[newest])
        self.terms[kpi, who] = {**kept, **goes_on}

    def open_terms(self, kpi: int, who: Who) -> None:
        """The last terms have no end."""
        self.end_terms(kpi, who, HORIZON)

    def begin_again(self, kpi: int, who: Who) -> None:
        """On the last terms from today on."""
        days = self.terms[kpi, who]
        if not days or max(days) > self.today:
            return
        last = max(days)
        if last >= self.today - DAY:
            self.open_terms(kpi, who)
        else:
            again = replace(days[last])
            self.terms[kpi, who] = {**days, **dict.fromkeys(days_between(self.today, HORIZON), again)}

    def cut_terms(self, kpi: int, who: Who, first: date | None) -> None:
        """None from a day on, or none at all."""
        days = self.terms[kpi, who]
        self.terms[kpi, who] = {day: found for day, found in days.items() if first and day < first}

    # Teams: docs/rules/teams.md.

    def move(self, user: int, team: int | None, first: date) -> None:
        """In a team, or in none, from a day on: what was there from that day on gives way."""
        kept = {day: found for day, found in self.teams.get(user, {}).items() if day < first}
        if team is not None:
            kept |= dict.fromkeys(days_between(first, HORIZON), team)
        self.teams[user] = kept

    def leave(self, user: int) -> None:
        """Terms and membership end with today, whole."""
        self.last_days.setdefault(user, self.today)
        self.move(user, None, self.today + DAY)
        for kpi, who in self.terms:
            if who == Who("user", user):
                self.cut_terms(kpi, who, self.today + DAY)

    def team_for(self, user: int, period: Period) -> int | None:
        """The team that somebody counts for: of the last day, else the last one in the period."""
        days = self.teams.get(user, {})
        found = [days[day] for day in reversed(days_between(*period)) if day in days]
        return found[0] if found else None

    # KPIs: docs/rules/targets.md, "When a KPI changes how it measures" and "… is retired".

    def change_kpi(self, kpi: int, how: How) -> None:
        """Another version, from the running period on."""
        before = self.kpis[kpi]
        if how != before.how:
            since = self.days.period(before.cadence, self.today).first
            self.kpis[kpi] = replace(before, versions=(*before.versions, (since, how)))

    def retire(self, kpi: int) -> None:
        """All its terms end with today."""
        self.kpis[kpi] = replace(self.kpis[kpi], retired_on=self.today)
        for of_kpi, who in self.terms:
            if of_kpi == kpi:
                self.cut_terms(kpi, who, self.today + DAY)

    # Targets.

    def set_target(self, kpi: int, who: Who, period: Period, target: Band) -> None:
        """A target for dates; for just these dates in place of another one, which keeps its age."""
        others = self.targets.get((kpi, who), ())
        same = [each for each in others if (each.first, each.last) == period]
        age = same[0].age if same else 1 + max((each.age for each in others), default=0)
        kept = tuple(each for each in others if each not in same)
        self.targets[kpi, who] = (*kept, DatedTarget(*period, target, age))
