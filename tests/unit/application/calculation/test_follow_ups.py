"""What is made of something that changed: which KPIs, how far on, for whom; and the run over it."""

from collections import deque
from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodestar.application.calculation.follow_ups import Change, Dependents, dependents_of, start_follow_up
from lodestar.application.definitions.dependents import MAX_PERIODS_LATER
from lodestar.application.definitions.formulas import kpi_inputs
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.periods import Cadence
from lodestar.domain.runs import BatchSubjects, NewRun, RunKind
from lodestar.domain.sources import InputSubject, KpiInput, ManualSource
from tests.fakes.definitions import KPI
from tests.fakes.people import ADA
from tests.unit.application.calculation.firm import (
    MONDAY,
    RECORDS,
    TUESDAY,
    WEDNESDAY,
    Firm,
    formula_over,
)

ONE_DAY = timedelta(days=1)


def kpi(number: int, *inputs: KpiInput, is_active: bool = True) -> Definition:
    source = formula_over(*inputs) if inputs else ManualSource()
    return replace(KPI, id=number, key=f"kpi-{number}", data_source=source, is_active=is_active)


def use(number: int, offset: int = 0, of: InputSubject = InputSubject.SAME) -> KpiInput:
    return KpiInput(f"kpi-{number}", offset, of)


# What depends on what


def test_what_nothing_is_made_of_stands_alone() -> None:
    assert dependents_of([1], [kpi(1), kpi(2)]) == Dependents(frozenset([1]), 0, reach_other_people=False)


def test_formulas_over_formulas_follow_and_what_they_look_back_adds_up() -> None:
    definitions = [kpi(1), kpi(2, use(1, -1)), kpi(3, use(2, -2), use(1)), kpi(4, use(5)), kpi(5)]
    assert dependents_of([1], definitions) == Dependents(frozenset([1, 2, 3]), 3, reach_other_people=False)


def test_the_longest_of_several_ways_counts_whatever_stands_first() -> None:
    definitions = [kpi(4, use(1), use(3)), kpi(3, use(2, -4)), kpi(2, use(1, -1)), kpi(1)]
    for order in (definitions, definitions[::-1]):
        assert dependents_of([1], order).periods_later == 5


@pytest.mark.parametrize(
    "definitions",
    [
        [kpi(1), kpi(2, use(1), use(2, -1))],
        [kpi(1), kpi(2, use(1), use(3, -1)), kpi(3, use(2))],
        [kpi(1, use(1, -1))],
        [kpi(1), kpi(2, use(1, -300)), kpi(3, use(2, -300))],
    ],
    ids=["itself", "one another", "itself alone", "a long way"],
)
def test_what_is_carried_on_for_ever_or_far_ends_at_the_bound(definitions: list[Definition]) -> None:
    assert dependents_of([1], definitions).periods_later == MAX_PERIODS_LATER


def test_a_circle_that_does_not_depend_on_the_change_carries_nothing_on() -> None:
    definitions = [kpi(1), kpi(2, use(1)), kpi(3, use(3, -1))]
    assert dependents_of([1], definitions) == Dependents(frozenset([1, 2]), 0, reach_other_people=False)


def test_what_is_retired_does_not_follow_nor_what_is_made_of_it() -> None:
    definitions = [kpi(1), kpi(2, use(1), is_active=False), kpi(3, use(2))]
    assert dependents_of([1], definitions).definition_ids == {1}


@pytest.mark.parametrize("of", [InputSubject.TEAM, InputSubject.COMPANY])
def test_what_is_made_of_a_team_or_of_the_company_is_everybodys(of: InputSubject) -> None:
    definitions = [kpi(1), kpi(2, use(1)), kpi(3, use(2, of=of)), kpi(4), kpi(5, use(4, of=of))]
    assert dependents_of([1], definitions).reach_other_people
    assert not dependents_of([1], definitions[:2] + definitions[3:]).reach_other_people


BEYOND = MAX_PERIODS_LATER + 20
numbers = st.integers(1, 5)
inputs = st.builds(
    use, numbers, st.integers(-3, 0), st.sampled_from([InputSubject.SAME] * 3 + [InputSubject.COMPANY])
)
companies = st.lists(st.lists(inputs, max_size=2, unique=True), min_size=5, max_size=5).map(
    lambda of_each: [kpi(number, *given) for number, given in enumerate(of_each, 1)]
)


def walked(changed: Collection[int], definitions: list[Definition]) -> Dependents:
    """The same, slot by slot: a value of period 0 changes, and with it every slot that takes a changed one."""
    slots = {(number, 0) for number in changed}
    waiting, reach_other_people = deque(slots), False
    while waiting:
        number, period = waiting.popleft()
        for definition in definitions:
            for given_kpi in kpi_inputs(definition):
                slot = (definition.id, period - given_kpi.offset)
                if given_kpi.key == f"kpi-{number}":
                    reach_other_people |= given_kpi.of is not InputSubject.SAME
                    if slot not in slots and slot[1] <= BEYOND:
                        slots.add(slot)
                        waiting.append(slot)
    later = min(max(period for _, period in slots), MAX_PERIODS_LATER)
    return Dependents(frozenset(number for number, _ in slots), later, reach_other_people)


@settings(deadline=None, max_examples=60)
@given(companies, st.sets(numbers, min_size=1, max_size=2))
def test_dependents_are_those_that_a_walk_from_slot_to_slot_finds(
    definitions: list[Definition], changed: set[int]
) -> None:
    assert dependents_of(changed, definitions) == walked(changed, definitions)


# The run


@pytest.fixture
def firm() -> Firm:
    return Firm()


def follow(
    firm: Firm, changed: Definition, *users: int, first: date = MONDAY, last: date = MONDAY
) -> NewRun | None:
    """The run that a change starts."""
    change = Change(
        definition_ids=frozenset([changed.id]),
        cadence=Cadence.DAILY,
        user_ids=frozenset(users),
        first=first,
        last=last,
        reason="somebody changed it",
    )
    run_id = start_follow_up(change, ADA, firm.work, firm.messages)
    firm.work.commit()
    return None if run_id is None else firm.work.calculation.runs[run_id].run


def test_a_run_is_about_the_changed_periods_of_whom_it_changed_for(firm: Firm) -> None:
    calls, una, ugo = firm.kpi(), firm.user(), firm.user()
    for user in (una, ugo):
        firm.assign(calls, user=user)
    run = follow(firm, calls, una, last=TUESDAY)
    assert run == NewRun(
        RunKind.FOLLOW_UP,
        Cadence.DAILY,
        MONDAY,
        TUESDAY,
        "somebody changed it",
        firm.work.now,
        definition_ids=(calls.id,),
        user_ids=(una,),
        with_groups=True,
        requested_by=ADA,
    )
    assert firm.messages.sent == [(1, (1,))]


def test_a_run_goes_on_to_where_formulas_look_back_and_ends_with_the_running_period(firm: Firm) -> None:
    calls, una = firm.kpi("calls"), firm.user()
    before = firm.kpi("before", formula_over(KpiInput("calls", -1)))
    total = firm.kpi("total", formula_over(KpiInput("total", -1), KpiInput("calls")))
    for kpi_ in (calls, before, total):
        firm.assign(kpi_, user=una)
    run = follow(firm, calls, una, first=MONDAY - 2 * ONE_DAY, last=MONDAY - 2 * ONE_DAY)
    assert run is not None
    assert run.definition_ids == (calls.id, before.id, total.id)
    assert (run.period_start, run.period_end) == (MONDAY - 2 * ONE_DAY, WEDNESDAY)
    firm.work.definitions.stored.pop(total.id)
    run = follow(firm, calls, una, first=MONDAY - 2 * ONE_DAY, last=MONDAY - 2 * ONE_DAY)
    assert run is not None
    assert run.period_end == MONDAY - ONE_DAY


def test_a_run_calculates_the_running_period_too_and_leaves_it_open(firm: Firm) -> None:
    calls, una = firm.kpi(), firm.user()
    assigned = firm.assign(calls, user=una)
    follow(firm, calls, una, last=WEDNESDAY)
    firm.work_on(1)
    assert [firm.value_of(assigned, day) for day in (MONDAY, TUESDAY, WEDNESDAY)] == [5, 5, 5]
    states = [slot.state for slot in firm.work.values.stored.values()]
    assert states == ["final", "final", "open"]


def test_teams_and_the_company_follow_their_people(firm: Firm) -> None:
    sold = firm.kpi(rollup=Rollup.SUM)
    una, ugo = firm.user(), firm.user()
    for user in (una, ugo):
        firm.assign(sold, user=user)
    firm.assign(sold)
    follow(firm, sold, una)
    plans = [batch.plan for batch in firm.work.calculation.runs[1].batches.values()]
    assert [(plan.subjects, plan.user_ids) for plan in plans] == [
        (BatchSubjects.USERS, (una,)),
        (BatchSubjects.TEAMS_AND_COMPANY, ()),
    ]


def test_a_share_of_the_companys_value_is_calculated_again_for_everybody(firm: Firm) -> None:
    sold = firm.kpi("sold", RECORDS, rollup=Rollup.SUM)
    share = firm.kpi(
        "share", formula_over(KpiInput("sold"), KpiInput("sold", of=InputSubject.COMPANY), text="x / y")
    )
    una, ugo = firm.user(), firm.user()
    for user in (una, ugo):
        firm.assign(sold, user=user)
        firm.assign(share, user=user)
    firm.assign(sold)
    run = follow(firm, sold, una)
    assert run is not None
    assert run.user_ids is None


def test_there_is_no_run_where_nobody_is_measured(firm: Firm) -> None:
    assert follow(firm, firm.kpi(), firm.user()) is None
    assert firm.work.calculation.runs == {}
