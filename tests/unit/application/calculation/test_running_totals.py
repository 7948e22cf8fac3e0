"""KPIs that are made of earlier values of themselves and of one another, held to a naive evaluator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodestar.application.calculation.ports import SourceRequest
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.measurements import SlotOutcome
from lodestar.domain.runs import RunKind, RunState
from lodestar.domain.sources import FormulaInput, FormulaSource, InputSubject, KpiInput
from lodestar.domain.values import Value
from tests.fakes.people import ACME
from tests.unit.application.calculation.firm import (
    MONDAY,
    RECORDS,
    TUESDAY,
    WEDNESDAY,
    Firm,
    formula_over,
    on,
)

ONE_DAY = timedelta(days=1)
DAYS = [MONDAY + number * ONE_DAY for number in range(5)]
ME_BEFORE = KpiInput("total", offset=-1)


class Counted:
    """A source whose value is told by who is measured and when."""

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        day = ACME.calendar.local_date(request.instants[0])
        return {subject: counted(subject, day) for subject in request.subjects}


def counted(subject: int, day: date) -> Decimal:
    return Decimal(10 * subject + day.day)


def firm_of(*, days_later: int = 7) -> Firm:
    firm = Firm(source=Counted())
    firm.work.now += timedelta(days=days_later)
    return firm


def test_a_running_total_adds_to_its_own_value_of_the_period_before() -> None:
    firm = firm_of()
    una = firm.user()
    total = firm.kpi("total", formula_over(ME_BEFORE, text="coalesce(x, 0) + 1"))
    assigned = firm.assign(total, user=una)
    firm.calculate(DAYS[0], DAYS[-1])
    assert [firm.value_of(assigned, day) for day in DAYS] == [1, 2, 3, 4, 5]
    firm.calculate(DAYS[-1] + ONE_DAY, DAYS[-1] + ONE_DAY, kind=RunKind.SCHEDULED)
    assert firm.value_of(assigned, DAYS[-1] + ONE_DAY) == 6


def test_a_running_total_begins_anew_where_it_was_not_assigned() -> None:
    firm = firm_of()
    total = firm.kpi("total", formula_over(ME_BEFORE, text="coalesce(x, 0) + 1"))
    una = firm.user()
    assigned = firm.assign(total, user=una, end_date=MONDAY)
    assert firm.assign(total, user=una, start_date=WEDNESDAY) == assigned
    firm.calculate(DAYS[0], DAYS[-1])
    assert firm.value_of(assigned, MONDAY) == 1
    assert on(assigned, TUESDAY) not in firm.work.values.stored
    assert [firm.value_of(assigned, day) for day in DAYS[2:]] == [1, 2, 3]


def test_a_total_whose_windows_follow_one_another_goes_on_from_window_to_window() -> None:
    firm = firm_of()
    total = firm.kpi("total", formula_over(ME_BEFORE, text="coalesce(x, 0) + 1"))
    assigned = firm.assign(total, user=firm.user())
    run_id = firm.calculate(DAYS[-1] - 99 * ONE_DAY, DAYS[-1])
    assert len(firm.work.calculation.runs[run_id].batches) == 2
    assert firm.value_of(assigned, DAYS[-1]) == 100


def test_a_total_that_is_caught_up_by_many_runs_of_the_clock_goes_on_from_run_to_run() -> None:
    firm = firm_of()
    total = firm.kpi("total", formula_over(ME_BEFORE, text="coalesce(x, 0) + 1"))
    assigned = firm.assign(total, user=firm.user())
    runs = [firm.run(day, day, kind=RunKind.SCHEDULED) for day in DAYS]
    assert firm.messages.sent == [(runs[0], (1,))]  # the others wait for it
    firm.work_off()
    assert [firm.value_of(assigned, day) for day in DAYS] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("kind", [RunKind.BACKFILL, RunKind.SCHEDULED])
def test_a_kpi_that_uses_itself_in_one_period_is_an_error_of_its_own_slots(kind: RunKind) -> None:
    firm, calls = firm_of(days_later=0), "calls"
    una = firm.user()
    circle = [
        firm.assign(firm.kpi(key, formula_over(KpiInput(other))), user=una)
        for key, other in (("a", "b"), ("b", "a"))
    ]
    healthy = firm.assign(firm.kpi(calls), user=una)
    run_id = firm.calculate(TUESDAY, TUESDAY, kind=kind)
    outcomes = {outcome.key.assignment_id: outcome for outcome in firm.outcomes_of(run_id)}
    assert [outcomes[each].reason for each in circle] == ["formula_cycle"] * 2
    assert outcomes[circle[0]].message == (
        "The KPI is computed from its own value of the same period: a → b → a. "
        "Remove one of these inputs, or let it look back."
    )
    assert outcomes[healthy].outcome is SlotOutcome.COMPUTED
    assert firm.work.calculation.runs[run_id].state is RunState.COMPLETED_WITH_FAILURES


# Any graph: what the batches give, whatever their stages and windows, is what the definition says.


@st.composite
def sources(draw: st.DrawFn) -> list[FormulaSource | None]:
    """Formulas over one another; in the same period only over those before them. None: records."""
    made: list[FormulaSource | None] = []
    count = draw(st.integers(1, 4))
    for position in range(count):
        inputs = draw(st.lists(kpi_inputs(position, count), max_size=3))
        variables = tuple(FormulaInput(f"x{number}", kpi) for number, kpi in enumerate(inputs))
        text = " + ".join(f"coalesce(x{number}, {number + 1})" for number in range(len(inputs)))
        made.append(FormulaSource(text, variables) if variables else None)
    return made


@st.composite
def kpi_inputs(draw: st.DrawFn, position: int, count: int) -> KpiInput:
    offset = draw(st.sampled_from([0, -1, -1, -2])) if position else draw(st.sampled_from([-1, -2]))
    of = draw(st.sampled_from(InputSubject))
    return KpiInput(f"k{draw(st.integers(0, (position if offset == 0 else count) - 1))}", offset, of)


@dataclass
class Naive:
    """What each value is, by its definition alone: asked day by day, from what it is made of."""

    kpis: Mapping[str, Definition]
    starts: Mapping[tuple[str, int], date]
    """From when on each subject has each KPI."""
    team_of: Mapping[int, int | None]
    """Of each person."""
    known: dict[tuple[str, int, date], Decimal | None] = field(default_factory=dict)

    def value(self, key: str, subject: int | None, day: date) -> Decimal | None:
        if subject is None or not self.starts[key, subject] <= day <= DAYS[-1]:
            return None
        place = (key, subject, day)
        if place not in self.known:
            self.known[place] = self._value(self.kpis[key], subject, day)
        return self.known[place]

    def _value(self, kpi: Definition, subject: int, day: date) -> Decimal | None:
        if subject not in self.team_of and kpi.rollup is Rollup.SUM:
            members = [who for who, team in self.team_of.items() if subject in (0, team)]
            found = [self.value(kpi.key, who, day) for who in members]
            values = [value for value in found if value is not None]
            return sum(values, Decimal(0)) if values else None
        if not isinstance(kpi.data_source, FormulaSource):
            return counted(subject, day)
        inputs = [self._input(given.source, subject, day) for given in kpi.data_source.inputs]
        return sum(
            (number + 1 if value is None else value for number, value in enumerate(inputs)), Decimal(0)
        )

    def _input(self, source: object, subject: int, day: date) -> Decimal | None:
        assert isinstance(source, KpiInput)
        of: int | None = subject
        if source.of is InputSubject.COMPANY:
            of = 0
        elif source.of is InputSubject.TEAM and (subject == 0 or subject in self.team_of):
            of = self.team_of.get(subject)
        return self.value(source.key, of, day + source.offset * ONE_DAY)


@settings(deadline=None, max_examples=100)
@given(sources(), st.lists(st.sampled_from([Rollup.NONE, Rollup.SUM]), min_size=4, max_size=4), st.data())
def test_batches_give_what_the_formulas_say(
    formulas: list[FormulaSource | None], rollups: list[Rollup], data: st.DataObject
) -> None:
    firm = firm_of()
    team = firm.team()
    team_of = {firm.user(team): team, firm.user(team): team, firm.user(): None}
    kpis = {
        f"k{number}": firm.kpi(f"k{number}", formula or RECORDS, rollup=rollup)
        for number, (formula, rollup) in enumerate(zip(formulas, rollups, strict=False))
    }
    starts: dict[tuple[str, int], date] = {}
    assigned: dict[tuple[str, int], int] = {}
    for key, kpi in kpis.items():
        for subject in (*team_of, team, 0):
            whose = {"user": subject} if subject in team_of else {"team": subject} if subject else {}
            starts[key, subject] = start = data.draw(st.sampled_from([DAYS[0], DAYS[0], DAYS[2]]))
            assigned[key, subject] = firm.assign(kpi, **whose, start_date=start)
    firm.calculate(DAYS[0], DAYS[-1])
    naive = Naive(kpis, starts, team_of)
    for (key, subject), assignment_id in assigned.items():
        for day in DAYS:
            if starts[key, subject] <= day:
                assert firm.value_of(assignment_id, day) == naive.value(key, subject, day), (
                    key,
                    subject,
                    day,
                )
