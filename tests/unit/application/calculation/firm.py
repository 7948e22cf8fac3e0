"""A company in memory with KPIs that are calculated every day."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from lodestar.application.calculation.calculating import BatchMessage, calculate_batch
from lodestar.application.calculation.planning import chosen_definitions, plan_batches
from lodestar.application.calculation.ports import Source
from lodestar.application.definitions.versions import all_definitions
from lodestar.application.values.ports import StoredValue
from lodestar.domain.assignments import Assignment, Subject, Terms
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import (
    CompanyTime,
    EnteredMeasurement,
    Measurement,
    Outcome,
    Slot,
    SlotKey,
    Standard,
    measure,
)
from lodestar.domain.people import Team, User
from lodestar.domain.periods import Cadence
from lodestar.domain.runs import MeasuredSubjects, NewRun, RunKind, SentBatch
from lodestar.domain.sources import AggregationMethod, FormulaInput, FormulaSource, KpiInput, RecordsSource
from lodestar.domain.targets import Target
from lodestar.domain.values import Value
from tests.fakes.calculation import FakeMessages, FakeSource
from tests.fakes.definitions import KPI
from tests.fakes.people import ACME, in_team
from tests.fakes.work import FakeWork

MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
"""Wednesday is the running day: it is noon of it."""
THURSDAY_NIGHT = datetime(2026, 3, 5, 1, tzinfo=UTC)
LONG_AGO = date(2025, 1, 1)
RECORDS = RecordsSource("calls", AggregationMethod.COUNT)


def formula_over(*inputs: KpiInput, text: str = "") -> FormulaSource:
    """A formula over KPIs that are called x, y, … in it; their sum unless it says otherwise."""
    variables = tuple(FormulaInput(name, kpi) for name, kpi in zip("xyz", inputs, strict=False))
    return FormulaSource(text or " + ".join(variable.variable for variable in variables), variables)


@dataclass
class Firm:
    """Stores, queues, and sources that tests fill; `source` answers for records."""

    work: FakeWork = field(default_factory=FakeWork)
    messages: FakeMessages = field(default_factory=FakeMessages)
    source: Source = field(default_factory=lambda: FakeSource(Decimal(5)))
    _ids: count = field(default_factory=lambda: count(1))

    def kpi(self, key: str = "calls", source: object = RECORDS, **fields: Any) -> Definition:
        plain = {"aggregation_period": Cadence.DAILY, "lookback_periods": 0}
        fields = plain | {"key": key, "name": key.title(), "data_source": source} | fields
        return self.work.definitions.add(replace(KPI, **fields))

    def team(self) -> int:
        team_id = next(self._ids)
        self.work.people.teams[team_id] = Team(team_id, f"team {team_id}", None, is_active=True)
        return team_id

    def user(self, team_id: int | None = None) -> int:
        user_id = next(self._ids)
        self.work.people.users[user_id] = User(
            user_id, f"sub {user_id}", "Una", f"{user_id}@acme.test", "user", in_team(team_id), None, {}, True
        )
        return user_id

    def assign(
        self, kpi: Definition, *, user: int | None = None, team: int | None = None, **fields: Any
    ) -> int:
        """Give the KPI, or further terms of it, to a user or a team, else to the company; the assignment's id."""
        subject = Subject(user_id=user, team_id=team)
        terms = Terms(
            **{"start_date": LONG_AGO, "end_date": None, "weight": Decimal(1), "target": None} | fields
        )
        before = self.work.assignments.of_subject(kpi.id, subject)
        if before is not None:
            self.work.assignments.save_terms({before.id: before.with_terms(terms).terms})
            return before.id
        assignment_id = self.work.assignments.add(Assignment(0, kpi.id, subject, (terms,)))
        team_of_user = None if user is None else self.work.people.users[user].memberships.team_on(MONDAY)
        self.work.values.subjects[assignment_id] = StoredValue(
            subject.type, user or team or 0, team_of_user or team, None, terms.weight
        )
        return assignment_id

    def run(
        self, first: date = MONDAY, last: date = TUESDAY, kind: RunKind = RunKind.BACKFILL, **fields: Any
    ) -> int:
        """Plan a run over everything, with its first stage sent; its id."""
        cadence = None if kind is RunKind.BACKFILL else Cadence.DAILY
        run = NewRun(kind, cadence, first, last, "test", self.work.now, **fields)
        known = all_definitions(self.work)
        definitions = chosen_definitions(run, known.newest, known.earlier)
        subjects: MeasuredSubjects = self.work.calculation.subjects(
            [kpi.id for kpi in definitions], first, last
        )
        run_id = self.work.calculation.add_run(
            run, plan_batches(run, definitions, subjects, ACME.calendar, known.earlier)
        )
        assert run_id is not None
        self.messages.batches(ACME.id, self.work.calculation.release_batches(self.work.now))
        return run_id

    def work_on(self, run_id: int, number: int = 1) -> None:
        """Take the newest message of a batch from the queue."""
        sending = self.work.calculation.runs[run_id].batches[number].sendings
        calculate_batch(
            BatchMessage(ACME.id, SentBatch(run_id, number, sending)),
            self.work.open_work,
            lambda _: {"records": self.source, "database": self.source},
            self.messages,
        )

    def calculate(self, *dates: date, **fields: Any) -> int:
        """Plan a run and work on all of its batches, stage by stage; its id."""
        run_id = self.run(*dates, **fields)
        self.work_off()
        return run_id

    def work_off(self) -> None:
        """Work on every message that was sent, and on those that are sent by it."""
        done = 0
        while done < len(self.messages.sent):
            for number in self.messages.sent[done][1]:
                self.work_on(self.messages.sent[done][0], number)
            done += 1

    def value_of(self, assignment_id: int, day: date) -> Decimal | None:
        """What is stored; a KeyError where nothing is."""
        return self.work.values.stored[on(assignment_id, day)].entered.measurement.value

    def outcomes_of(self, run_id: int) -> list[Outcome]:
        stored = self.work.calculation.runs[run_id].outcomes
        return [stored[key] for key in sorted(stored, key=lambda key: (key.assignment_id, key.period_start))]

    def enter(self, kpi: Definition, assignment_id: int, day: date, value: str) -> None:
        """Let somebody enter a value."""
        entered = EnteredMeasurement(measurement_of(kpi, assignment_id, day, Decimal(value)))
        self.work.values.enter([entered], self.work.now)


def on(assignment_id: int, day: date) -> SlotKey:
    """What the measurement of a day is known by."""
    return SlotKey(assignment_id, day, day)


def measurement_of(
    kpi: Definition, assignment_id: int, day: date, value: Value, target: str | None = None
) -> Measurement:
    """A measurement as of noon of Wednesday; the target is a plain number."""
    now = CompanyTime(ACME.calendar, FakeWork().now)
    slot = Slot.at(now, assignment_id, kpi, ACME.calendar.containing(kpi.aggregation_period, day))
    aim = None if target is None else Target.point(Decimal(target))
    return measure(slot, value, Standard(aim), slot.period.days)
