"""The company of a history: as it is, and as the model has it; and how steps are put to both."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Self

from lodestar.application.assignments.shapes import AssignmentChange, WithdrawalQuery
from lodestar.application.calculation.running import start_run
from lodestar.application.calculation.shapes import RunDraft
from lodestar.application.people.shapes import UserChange
from lodestar.application.values.records import push_records
from lodestar.application.values.shapes import RecordBatch
from lodestar.application.workflows.moving import PersonnelContext, change_user
from lodestar.domain.periods import Cadence
from lodestar.domain.refusals import LodestarError
from lodestar.wire.preconditions import Edit, Precondition
from tests.histories.alerts import Alerts
from tests.histories.company import at_hour
from tests.histories.days import DAY, Period
from tests.histories.facts import COMPANY, Band, Facts, Kpi, Rows, Slot, Terms, Who
from tests.histories.numbers import Measured, Memory, Numbers
from tests.histories.world import NOON, Directory, World


def band(value: Any) -> Band | None:
    """The target of one number."""
    return None if value is None else (Decimal(value), Decimal(value))


@dataclass(repr=False)
class Company:
    """The company as it is, and as the model has it."""

    world: World
    facts: Facts
    memory: Memory = field(default_factory=Memory)
    alerts: Alerts = field(default_factory=Alerts)
    states: dict[Slot, tuple[Measured, str]] = field(default_factory=dict)
    settled: Numbers = field(init=False)
    """The numbers of the last step."""

    def __repr__(self) -> str:
        """Short: a failing test would show all facts, and take minutes for it."""
        return "a company"

    def copy(self) -> Self:
        """The same, to be told on by itself; its database is undone by whoever tells it."""
        self.world.now = NOON + timedelta(minutes=30)
        self.world.company = self.world.tenant.company
        copies = self.facts.copy(), self.memory.copy(), self.alerts.copy(), dict(self.states)
        return type(self)(self.world, *copies)

    def tell(self, step: tuple[Any, ...]) -> None:
        """One step, if the system allows it."""
        name, *arguments = step
        with suppress(LodestarError):
            getattr(self, name)(*arguments)
        self.settle()

    def settle(self) -> None:
        """What follows at once from what has changed."""
        self.facts.now = self.world.now
        numbers = self.numbers
        self.alerts.close_withdrawn(numbers)
        self.settled = numbers = numbers.remembered()
        self.alerts.look(numbers)
        self.states = {slot: self._state(slot, found) for slot, found in numbers.measured.items()}

    def _state(self, slot: Slot, found: Measured) -> tuple[Measured, str]:
        """What is closed is final, until something of it is another."""
        before = self.states.get(slot, (found, "final"))
        return (found, before[1]) if before[0] == found else (found, "restated")

    @property
    def numbers(self) -> Numbers:
        return Numbers(self.facts, self.memory)

    # How steps are put.

    def kpi(self, key: str) -> Kpi:
        found = next(kpi for kpi in self.facts.kpis.values() if kpi.key == key)
        if found.retired_on is not None:
            raise LodestarError("Of a KPI that is retired a history tells no more.")
        return found

    def _who(self, number: int) -> Who:
        return Who("user", self.world.people[number])

    def _group(self, number: int) -> Who:
        return COMPANY if number == 2 else Who("team", self.world.teams[number])

    def day(self, offset: int) -> date:
        return self.facts.today + timedelta(days=offset)

    def _range(self, start: int, days: int | None) -> tuple[date, date | None]:
        return self.day(start), None if days is None else self.day(start + days)

    def _dates(self, start: int, days: int) -> Period:
        return Period(self.day(start), self.day(start + days))

    def _assignment(self, kpi: Kpi, who: Who) -> int:
        return self.world.assignment_ids().get((kpi.id, who), 0)

    def _edit(self, fields: Mapping[str, Any]) -> Edit[AssignmentChange]:
        days = {
            name: None if fields[name] is None else self.day(fields[name])
            for name in ("effective_from", "end_date")
            if name in fields
        }
        return Edit(AssignmentChange(**{**fields, **days}), Precondition(None))

    def _change_facts(self, kpi: Kpi, who: Who, change: AssignmentChange) -> None:
        sent = change.model_fields_set
        if change.terms_change_is_asked:
            self.facts.change_terms(kpi.id, who, change.effective_from, lambda old: _changed(old, change))
        if "end_date" in sent:
            if change.end_date is None:
                self.facts.open_terms(kpi.id, who)
            else:
                self.facts.end_terms(kpi.id, who, change.end_date)
        if change.is_active is not None:
            if change.is_active:
                self.facts.begin_again(kpi.id, who)
            else:
                self.facts.cut_terms(kpi.id, who, self.day(1))

    def _withdrawal(self, start: int | None) -> tuple[WithdrawalQuery, date | None]:
        first = None if start is None else self.day(start)
        return WithdrawalQuery.model_validate({} if first is None else {"from": first}), first

    def _change_person(self, who: Who, change: UserChange) -> None:
        self.world.do(
            lambda c: change_user(who.id, change, PersonnelContext(c.caller, c.work, Directory(), c.messages))
        )

    def push(self, who: int, source: str, start: int, number: int, value: int, hour: int = 12) -> None:
        key = f"{who}-{number}-{self.day(start)}"
        at = min(at_hour(self.day(start), hour), self.world.now)
        fact = {
            "source": source,
            "external_id": key,
            "occurred_at": at,
            "user_id": self.world.people[who],
            "value": value,
        }
        self.world.do(lambda c: push_records(RecordBatch(records=[fact]), c.work))
        self.facts.rows = {**self.facts.rows, (source, key): (at, self.world.people[who], Decimal(value))}

    def _run_over(self, source: str, near: date, cadences: list[Cadence]) -> None:
        """Runs over the closed periods around a day, of the KPIs that are made of a source."""
        for kpi in self.facts.kpis.values():
            is_made_of_it = any(
                isinstance(how.source, Rows) and how.source.source == source for _, how in kpi.versions
            )
            if is_made_of_it and kpi.retired_on is None and kpi.cadence in cadences:
                self._run_of(kpi, near)

    def _run_of(self, kpi: Kpi, near: date) -> None:
        # By its hour a row may lie on the day before, or behind.
        first, last = (self.facts.days.period(kpi.cadence, day) for day in (near - DAY, near + DAY))
        draft = RunDraft(
            period_start=first.first, period_end=last.last, definition_ids=[kpi.id], reason="a row came late"
        )
        self.world.do(lambda c: start_run(draft, c.caller, c.work, c.messages))

    def _note(self, kpi: Kpi, who: Who, first: date, value: Decimal, notes: str | None) -> None:
        """What was entered; without notes those before stay."""
        before = self.facts.entered.get((kpi.id, who, first), (None, ""))
        self.facts.entered[kpi.id, who, first] = value, before[1] if notes is None else notes

    def _set_target(self, kpi: Kpi, who: Who, dates: Period, value: int, restate: bool) -> None:
        target = band(value)
        assert target is not None
        self.facts.set_target(kpi.id, who, dates, target)
        if restate:
            numbers = self.numbers
            numbers.judge_anew([slot for slot in numbers.measured if self._follows(slot, kpi, who, dates)])

    def _follows(self, slot: Slot, kpi: Kpi, who: Who, dates: Period) -> bool:
        """Whether a target that is restated makes another one of a closed period's."""
        if slot.kpi != kpi.id or who not in (slot.who, COMPANY) or not dates.first <= slot.last <= dates.last:
            return False
        today = self.numbers.standard_today(slot, len(kpi.versions))
        counts = today.origin == "range" if who == slot.who else today.origin == "company"
        return counts and today.target != self.numbers.standard(slot).target

    def _running(self, kpi: Kpi) -> list[Slot]:
        running = self.facts.days.period(kpi.cadence, self.facts.today)
        return [
            Slot(kpi.id, who, *running)
            for of, who, first in self.facts.entered
            if of == kpi.id and first == running.first
        ]

    def _give_way(self, slots: list[Slot]) -> None:
        """What was entered, where something calculated takes its place."""
        for slot in slots:
            self.facts.entered.pop((slot.kpi, slot.who, slot.first), None)


def _changed(old: Terms, change: AssignmentChange) -> Terms:
    """The terms with what a change names."""
    target = band(change.target_value) if "target_value" in change.model_fields_set else old.target
    return Terms(
        old.weight if change.weight is None else change.weight,
        target,
        old.for_people if change.for_people is None else change.for_people,
    )
