"""What follows when terms change: what is withdrawn, what comes back, what is calculated again."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodestar.application.assignments.assigning import AssignmentEdit
from lodestar.application.values.ports import UserDay
from lodestar.application.workflows.terms import follow_terms
from lodestar.domain.assignments import THE_COMPANY, Assignment, Subject, Terms
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.measurements import (
    CompanyTime,
    EnteredMeasurement,
    Slot,
    SlotKey,
    Standard,
    measure,
)
from lodestar.domain.periods import Cadence
from lodestar.domain.runs import NewRun, RunKind
from lodestar.domain.sources import (
    AggregationMethod,
    DataSource,
    FormulaInput,
    FormulaSource,
    KpiInput,
    ManualSource,
    RecordsSource,
)
from lodestar.domain.targets import TargetOrigin
from tests.fakes.firm import LONG_AGO, NOW, Firm, point

TODAY, YESTERDAY = date(2026, 3, 10), date(2026, 3, 9)
ONE_DAY = timedelta(days=1)
CALLS = RecordsSource("calls", AggregationMethod.COUNT)


def terms(first: date = LONG_AGO, last: date | None = None, weight: int = 1) -> Terms:
    return Terms(first, last, Decimal(weight), None)


@dataclass
class Desk:
    """Una's KPI, with what was measured of it."""

    firm: Firm
    kpi: Definition
    una: int
    given: Assignment

    def measured(self, *days: date, is_entered: bool = False) -> list[SlotKey]:
        """Measure the periods that hold these days; what they are known by."""
        return [self._measured(day, is_entered=is_entered) for day in days]

    def follow(self, *after: Terms) -> int | None:
        """Make these the terms; the run that follows."""
        before = self.firm.assignments.by_id[self.given.id]
        edit = AssignmentEdit(before, Assignment(before.id, before.definition_id, before.subject, after))
        self.firm.assignments.save_terms({before.id: after})
        return follow_terms([edit], self.kpi, self.firm.context())

    def run(self, run_id: int | None) -> NewRun:
        assert run_id is not None
        run: NewRun = self.firm.work.calculation.runs[run_id].run
        return run

    def in_force(self) -> set[SlotKey]:
        return set(self.firm.values.stored)

    def _measured(self, day: date, *, is_entered: bool) -> SlotKey:
        calendar = self.firm.company.calendar
        period = calendar.containing(self.kpi.aggregation_period, day)
        slot = Slot.at(CompanyTime(calendar, NOW), self.given.id, self.kpi, period)
        measurement = measure(slot, Decimal(5), Standard(), period.days)
        if is_entered:
            self.firm.values.enter([EnteredMeasurement(measurement)], NOW)
        else:
            self.firm.values.write_measurements([measurement], NOW, None)
        return slot.key


def desk(cadence: Cadence = Cadence.DAILY, *of_una: Terms, source: DataSource = CALLS) -> Desk:
    firm = Firm()
    kpi, una = firm.definition(key="calls", data_source=source, aggregation_period=cadence), firm.user()
    added = Assignment(0, kpi.id, Subject(user_id=una), of_una or (terms(),))
    return Desk(firm, kpi, una, firm.assignments.by_id[firm.assignments.add(added)])


# What has no terms any more


def test_periods_without_terms_are_withdrawn_and_all_others_stay() -> None:
    una = desk()
    sunday, monday, today = una.measured(YESTERDAY - ONE_DAY, YESTERDAY, TODAY)
    una.follow(terms(last=YESTERDAY - ONE_DAY))
    assert una.in_force() == {sunday}
    assert set(una.firm.values.withdrawn) == {monday, today}


def test_a_period_of_which_a_day_is_left_stays() -> None:
    una = desk(Cadence.MONTHLY)
    january, february = una.measured(date(2026, 1, 1), date(2026, 2, 1))
    una.follow(terms(last=date(2026, 2, 1)))
    assert una.in_force() == {january, february}
    una.follow(terms(last=date(2026, 1, 31)))
    assert una.in_force() == {january}


def test_a_mistake_is_withdrawn_whole_and_a_run_makes_again_what_was_made_of_it() -> None:
    una = desk()
    una.firm.assignment(una.kpi)
    una.measured(YESTERDAY - ONE_DAY, YESTERDAY, TODAY)
    run = una.run(una.follow())
    assert una.in_force() == set()
    assert (run.kind, run.period_start, run.period_end) == (RunKind.FOLLOW_UP, YESTERDAY - ONE_DAY, TODAY)
    assert run.reason == "terms of calls changed"
    assert run.requested_by == una.firm.admin


def test_scores_that_a_withdrawn_value_was_part_of_are_written_again() -> None:
    una = desk(Cadence.MONTHLY)
    una.measured(date(2026, 1, 1))
    before = [
        UserDay(una.una, day)
        for day in (
            date(2026, 1, 30),
            date(2026, 1, 31),
            date(2026, 2, 14),
            date(2026, 2, 28),
            date(2026, 3, 1),
        )
    ]
    una.firm.values.scored += before
    una.follow(terms(first=date(2026, 2, 1)))
    assert una.firm.values.scored[len(before) :] == [
        UserDay(una.una, day) for day in (date(2026, 1, 31), date(2026, 2, 14), date(2026, 2, 28))
    ]


def test_what_awaited_entry_leaves_the_scores_with_its_terms() -> None:
    una = desk(source=ManualSource())
    una.firm.values.scored += [UserDay(una.una, YESTERDAY - ONE_DAY), UserDay(una.una, YESTERDAY)]
    una.follow(terms(last=YESTERDAY - ONE_DAY))
    assert una.firm.values.scored[2:] == [UserDay(una.una, YESTERDAY)]


# What has terms again


def test_an_entered_value_comes_back_with_the_terms_and_a_calculated_one_is_calculated_anew() -> None:
    una = desk()
    (entered,) = una.measured(YESTERDAY, is_entered=True)
    (calculated,) = una.measured(YESTERDAY - ONE_DAY)
    una.follow()
    assert una.in_force() == set()
    run = una.run(una.follow(terms(first=YESTERDAY - ONE_DAY)))
    assert una.in_force() == {entered}
    assert set(una.firm.values.withdrawn) == {calculated}
    assert (run.period_start, run.period_end, run.user_ids) == (YESTERDAY - ONE_DAY, YESTERDAY, (una.una,))


def test_closed_periods_that_terms_come_to_cover_are_calculated_by_a_run() -> None:
    una = desk(Cadence.MONTHLY, terms(first=date(2026, 3, 1)))
    run = una.run(una.follow(terms(first=date(2026, 1, 15))))
    assert (run.period_start, run.period_end) == (date(2026, 1, 1), date(2026, 2, 28))
    assert run.definition_ids == (una.kpi.id,)


def test_a_closed_period_that_terms_cover_in_another_part_is_calculated_again() -> None:
    una = desk(Cadence.MONTHLY)
    una.measured(date(2026, 2, 1))
    run = una.run(una.follow(terms(first=date(2026, 2, 10))))
    assert (run.period_start, run.period_end) == (date(2026, 2, 1), date(2026, 2, 28))


def test_a_run_goes_on_to_the_formulas_over_it() -> None:
    una = desk()
    source = FormulaSource("x", (FormulaInput("x", KpiInput("calls", -1)),))
    growth = una.firm.definition(key="growth", data_source=source)
    una.firm.assignment(growth, una.una)
    una.firm.assignments.save_terms({una.given.id: (terms(last=YESTERDAY - 3 * ONE_DAY),)})
    run = una.run(una.follow(terms(last=YESTERDAY - 2 * ONE_DAY)))
    assert run.definition_ids == (una.kpi.id, growth.id)
    assert (run.period_start, run.period_end) == (YESTERDAY - 2 * ONE_DAY, YESTERDAY - ONE_DAY)


# What changes nothing that is closed


@pytest.mark.parametrize(
    "after",
    [
        (terms(),),
        (
            terms(last=YESTERDAY - ONE_DAY),
            terms(first=YESTERDAY, last=YESTERDAY, weight=3),
            terms(first=TODAY),
        ),
        (terms(last=TODAY),),
        (terms(last=date(2026, 12, 31)),),
    ],
    ids=["the same", "other terms, the same days", "until today", "an end that lies ahead"],
)
def test_there_is_no_run_where_no_closed_period_is_covered_otherwise(after: tuple[Terms, ...]) -> None:
    una = desk()
    closed, running = una.measured(YESTERDAY, TODAY)
    assert una.follow(*after) is None
    assert una.in_force() == {closed, running}
    assert una.firm.work.calculation.runs == {}


@pytest.mark.parametrize(
    "after",
    [
        (terms(last=YESTERDAY), terms(first=TODAY, weight=3)),
        (terms(last=YESTERDAY - ONE_DAY), terms(first=YESTERDAY, weight=3)),
        (replace(terms(), target=point(9)),),
    ],
    ids=["a weight from today", "a weight from yesterday", "a target"],
)
def test_the_running_period_is_judged_at_once_by_another_weight_or_target(after: tuple[Terms, ...]) -> None:
    una = desk()
    una.measured(TODAY)
    run = una.run(una.follow(*after))
    assert (run.period_start, run.period_end, run.user_ids) == (TODAY, TODAY, (una.una,))


def test_terms_that_begin_later_in_the_running_period_are_those_by_which_it_is_judged() -> None:
    una = desk(Cadence.MONTHLY)
    una.measured(TODAY)
    run = una.run(una.follow(terms(last=date(2026, 3, 19)), terms(first=date(2026, 3, 20), weight=3)))
    assert (run.period_start, run.period_end) == (date(2026, 3, 1), date(2026, 3, 31))


def test_other_days_of_a_running_period_are_counted_at_once() -> None:
    una = desk(Cadence.MONTHLY)
    una.measured(TODAY)
    assert una.run(una.follow(terms(last=date(2026, 3, 12)))).period_start == date(2026, 3, 1)


def test_a_closed_period_without_a_target_takes_the_first_default_and_no_second_one() -> None:
    una = desk()
    una.measured(YESTERDAY - ONE_DAY)
    run = una.run(una.follow(replace(terms(), target=point(9))))
    assert (run.period_start, run.period_end) == (YESTERDAY - ONE_DAY, YESTERDAY - ONE_DAY)
    slot = una.firm.values.stored[SlotKey(una.given.id, YESTERDAY - ONE_DAY, YESTERDAY - ONE_DAY)]
    judged = replace(slot.entered.measurement, standard=Standard(point(9)))
    slot.entered = replace(slot.entered, measurement=judged)
    assert una.follow(replace(terms(), target=point(10))) is None


def test_the_companys_default_is_followed_by_everybody_whose_goal_it_is() -> None:
    una = desk()
    firm, kpi = una.firm, replace(una.kpi, data_source=replace(CALLS, method=AggregationMethod.AVERAGE))
    firm.definitions.stored[kpi.id] = kpi
    una.kpi = kpi
    ugo, team = firm.assignment(kpi, firm.user(), target=point(3)), firm.assignment(kpi, team_id=firm.team())
    company = firm.assignment(kpi)
    una.measured(TODAY)
    for given_to in (ugo, team, company):
        Desk(firm, kpi, una.una, given_to).measured(TODAY)
    slot = firm.values.stored[SlotKey(ugo.id, TODAY, TODAY)]
    own = Standard(point(3), TargetOrigin.ASSIGNMENT_DEFAULT)
    slot.entered = replace(slot.entered, measurement=replace(slot.entered.measurement, standard=own))
    of_company = Desk(firm, kpi, una.una, company)
    run = of_company.run(of_company.follow(replace(terms(), target=point(9))))
    assert (run.user_ids, run.with_groups) == ((una.una,), True)


def test_there_is_no_run_where_only_the_running_period_begins() -> None:
    una = desk(Cadence.MONTHLY, terms(first=date(2026, 4, 1)))
    assert una.follow(terms(first=date(2026, 3, 5))) is None


# What is told


def test_the_assignment_tells_what_followed_from_its_last_change() -> None:
    una = desk()
    una.measured(YESTERDAY - ONE_DAY, YESTERDAY)
    una.firm.assignment(una.kpi)
    run_id = una.follow(terms(last=YESTERDAY - 2 * ONE_DAY))
    assert una.firm.assignments.effects == {una.given.id: (2, run_id)}
    assert run_id is not None
    assert una.follow(terms(last=YESTERDAY - 2 * ONE_DAY)) is None
    assert una.firm.assignments.effects == {una.given.id: (2, run_id)}


def test_one_run_follows_the_changes_of_many() -> None:
    una = desk()
    ugo = una.firm.assignment(una.kpi, una.firm.user(), start_date=TODAY)
    edits = [
        AssignmentEdit(each, Assignment(each.id, each.definition_id, each.subject, (terms(first=first),)))
        for each, first in ((una.given, LONG_AGO), (ugo, YESTERDAY - ONE_DAY))
    ]
    una.firm.assignments.save_terms({edit.after.id: edit.after.terms for edit in edits})
    run = una.run(follow_terms(edits, una.kpi, una.firm.context()))
    assert run.user_ids == (ugo.user_id,)  # nothing of Una's has changed
    assert (run.period_start, run.period_end) == (YESTERDAY - ONE_DAY, YESTERDAY)


def test_the_companys_own_value_is_withdrawn_and_no_persons_is_calculated() -> None:
    firm = Firm()
    sold = firm.definition(key="sold", data_source=CALLS, rollup=Rollup.SUM)
    given = firm.assignment(sold)
    assert given.subject == THE_COMPANY
    company = Desk(firm, sold, 0, given)
    firm.assignment(sold, firm.user())
    firm.assignment(sold, team_id=firm.team())
    (key,) = company.measured(YESTERDAY)
    run = company.run(company.follow(terms(last=YESTERDAY - ONE_DAY)))
    assert key not in company.in_force()
    assert run.user_ids == ()


days = st.integers(0, 13).map(lambda number: TODAY - timedelta(days=10) + timedelta(days=number))
drawn = st.lists(days, max_size=4, unique=True).map(sorted)


def _terms_of(ends: list[date], *, is_open: bool) -> tuple[Terms, ...]:
    """Terms from each first day to the next drawn one, with gaps between; the last may be open."""
    pairs = [(ends[at], ends[at + 1] if at + 1 < len(ends) else None) for at in range(0, len(ends), 2)]
    return tuple(terms(first, last if last or is_open else first) for first, last in pairs)


@settings(max_examples=60)
@given(drawn, drawn, st.booleans(), st.booleans())
def test_after_any_change_measured_is_what_the_terms_cover_and_a_run_covers_what_is_new(
    before: list[date], after: list[date], is_open_before: bool, is_open_after: bool
) -> None:
    old, new = _terms_of(before, is_open=is_open_before), _terms_of(after, is_open=is_open_after)
    una = desk()
    una.firm.assignments.save_terms({una.given.id: old})
    past = [TODAY - timedelta(days=number) for number in range(12)]
    una.measured(*_covered(old, past))
    run_id = una.follow(*new)
    kept = set(_covered(old, past)) & set(_covered(new, past))
    assert {key.period_start for key in una.in_force()} == kept
    begun = [day for day in _covered(new, past) if day < TODAY and day not in _covered(old, past)]
    if begun:
        run = una.run(run_id)
        assert run.period_start <= min(begun)
        assert max(begun) <= run.period_end


def _covered(of_it: Iterable[Terms], among: Iterable[date]) -> list[date]:
    return [day for day in among if any(each.has_day_in(day, day) for each in of_it)]


def test_another_weight_alone_runs_only_over_what_awaits_entry() -> None:
    for source, is_run in ((CALLS, False), (ManualSource(), True)):
        una = desk(source=source)
        una.measured(YESTERDAY - ONE_DAY)
        run_id = una.follow(terms(last=YESTERDAY - ONE_DAY), terms(YESTERDAY, weight=5))
        assert (run_id is not None) is is_run
