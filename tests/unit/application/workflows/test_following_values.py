"""What is made of an entered value follows it at once, in the same transaction; a plain value costs no run."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodestar.application.caller import Caller
from lodestar.application.values.shapes import EnteredValue, GroupValue
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.entering import enter_group_value, enter_value
from lodestar.application.workflows.importing import import_values
from lodestar.domain.assignments import UserKpiIds
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Actor, Role, permissions_of
from lodestar.domain.runs import NewRun, RunKind
from lodestar.domain.sources import InputSubject, KpiInput, ManualSource
from tests.fakes.people import ACME, ADA
from tests.fakes.work import shown
from tests.unit.application.calculation.firm import MONDAY, TUESDAY, WEDNESDAY, Firm, formula_over

MANUAL = ManualSource()
ONE_DAY = timedelta(days=1)


@pytest.fixture
def firm() -> Firm:
    return Firm()


def context(firm: Firm) -> ChangeContext:
    actor = Actor(ADA, ACME.id, Role.ADMIN, permissions_of(Role.ADMIN))
    caller = Caller(actor, "Ada", "ada@acme.test", "UTC", ACME, "a request")
    return ChangeContext(caller, firm.work, firm.messages)


def enter(firm: Firm, user: int, assignment_id: int, value: object, day: date = MONDAY) -> int | None:
    """Enter a value of a day; the id of the run that the answer names."""
    body = EnteredValue.model_validate({"actual_value": value, "period_start": day, "period_end": day})
    entered = enter_value(UserKpiIds(user, assignment_id), body, context(firm))
    return told_run(entered.view.text)


def enter_for_company(firm: Firm, kpi: Definition, value: object, day: date = MONDAY) -> int | None:
    body = GroupValue.model_validate({"value": value, "period_date": day})
    return told_run(enter_group_value(kpi.id, body, context(firm)).view.text)


def told_run(text: str) -> int | None:
    run_id: int | None = shown(text)[1]["run_id"]
    return run_id


def run_of(firm: Firm, run_id: int | None) -> NewRun:
    assert run_id is not None
    return firm.work.calculation.runs[run_id].run


def test_a_formula_follows_the_value_that_is_entered(firm: Firm) -> None:
    calls, doubled, una = firm.kpi(source=MANUAL), firm.kpi("doubled", twice("calls")), firm.user()
    entered, made = firm.assign(calls, user=una), firm.assign(doubled, user=una)
    run_id = enter(firm, una, entered, 7)
    assert run_of(firm, run_id) == NewRun(
        RunKind.FOLLOW_UP,
        Cadence.DAILY,
        MONDAY,
        MONDAY,
        "calls was entered",
        firm.work.now,
        definition_ids=(doubled.id,),
        user_ids=(una,),
        with_groups=True,
        requested_by=ADA,
    )
    assert firm.messages.sent == [(run_id, (1,))]
    firm.work_off()
    assert firm.value_of(made, MONDAY) == 14


def test_a_value_of_the_running_period_is_followed_too_and_stays_open(firm: Firm) -> None:
    calls, una = firm.kpi(source=MANUAL), firm.user()
    entered = firm.assign(calls, user=una)
    made = firm.assign(firm.kpi("doubled", twice("calls")), user=una)
    enter(firm, una, entered, 7, WEDNESDAY)
    firm.work_off()
    assert firm.value_of(made, WEDNESDAY) == 14
    assert {slot.state for slot in firm.work.values.stored.values()} == {"open"}


def test_later_periods_that_look_back_at_the_value_follow_too(firm: Firm) -> None:
    calls, una = firm.kpi(source=MANUAL), firm.user()
    total = firm.kpi(
        "total",
        formula_over(KpiInput("calls"), KpiInput("total", -1), text="coalesce(x, 0) + coalesce(y, 0)"),
    )
    entered, made = firm.assign(calls, user=una), firm.assign(total, user=una)
    enter(firm, una, entered, 7)
    enter(firm, una, entered, 1, TUESDAY)
    firm.work_off()
    assert [firm.value_of(made, day) for day in (MONDAY, TUESDAY, WEDNESDAY)] == [7, 8, 8]


def test_the_values_of_a_team_and_the_company_follow_their_peoples(firm: Firm) -> None:
    sold, team = firm.kpi(source=MANUAL, rollup=Rollup.AVERAGE), firm.team()
    una, ugo = firm.user(team), firm.user()
    entered = firm.assign(sold, user=una), firm.assign(sold, user=ugo)
    of_team, of_company = firm.assign(sold, team=team), firm.assign(sold)
    enter(firm, una, entered[0], 7)
    enter(firm, ugo, entered[1], 9)
    firm.work_off()
    assert (firm.value_of(of_team, MONDAY), firm.value_of(of_company, MONDAY)) == (7, 8)


def test_a_value_of_the_company_is_followed_by_what_everybody_makes_of_it(firm: Firm) -> None:
    goal, una, ugo = firm.kpi("goal", MANUAL), firm.user(), firm.user()
    share = firm.kpi("share", formula_over(KpiInput("goal", of=InputSubject.COMPANY), text="x / 2"))
    firm.assign(goal)
    made = [firm.assign(share, user=user) for user in (una, ugo)]
    run_id = enter_for_company(firm, goal, 10)
    assert run_of(firm, run_id).user_ids is None
    firm.work_off()
    assert [firm.value_of(each, MONDAY) for each in made] == [5, 5]


def test_nothing_runs_for_a_value_of_which_nothing_is_made(firm: Firm) -> None:
    calls, rated = firm.kpi(source=MANUAL), firm.kpi("rated", MANUAL, rollup=Rollup.AVERAGE)
    una, ugo = firm.user(), firm.user()
    firm.kpi("unassigned", twice("calls"))
    firm.assign(firm.kpi("of_another", twice("calls")), user=ugo)
    firm.assign(firm.kpi("of_others", twice("elsewhere")), user=una)
    for kpi in (calls, rated):
        assert enter(firm, una, firm.assign(kpi, user=una), 7) is None
    assert (firm.work.calculation.runs, firm.messages.sent) == ({}, [])


def test_the_same_value_again_and_other_notes_alone_start_no_run(firm: Firm) -> None:
    calls, una = firm.kpi(source=MANUAL), firm.user()
    entered = firm.assign(calls, user=una)
    firm.assign(firm.kpi("doubled", twice("calls")), user=una)
    assert enter(firm, una, entered, 7) == 1
    assert enter(firm, una, entered, 7) is None
    assert load(firm, ("calls", una, MONDAY, 7, "a note")).run_ids == []
    assert enter(firm, una, entered, 8) == 2


def load(firm: Firm, *rows: tuple[object, ...], dry_run: bool = False) -> Any:
    lines = [",".join(map(str, row)) for row in rows]
    return import_values(
        "\n".join(["kpi,user,period_start,value,notes", *lines]), context(firm), dry_run=dry_run
    )


def test_a_file_starts_one_run_for_each_cadence_over_all_that_is_made_of_it(firm: Firm) -> None:
    una, ugo = firm.user(), firm.user()
    for key, cadence in (("calls", Cadence.DAILY), ("visits", Cadence.DAILY), ("sales", Cadence.MONTHLY)):
        kpi = firm.kpi(key, MANUAL, aggregation_period=cadence)
        made = firm.kpi(f"{key}_twice", twice(key), aggregation_period=cadence)
        for user in (una, ugo):
            firm.assign(kpi, user=user)
            firm.assign(made, user=user)
    rows = [
        ("calls", una, MONDAY, 1, ""),
        ("calls", ugo, WEDNESDAY, 2, ""),
        ("visits", una, TUESDAY, 3, ""),
        ("sales", ugo, "2026-02-01", 4, ""),
    ]
    assert load(firm, *rows, dry_run=True).run_ids == []
    assert firm.work.calculation.runs == {}
    view = load(firm, *rows)
    assert (view.run_ids, [*firm.work.calculation.runs]) == ([1, 2], [1, 2])
    assert [_about(run_of(firm, run_id)) for run_id in view.run_ids] == [
        (Cadence.DAILY, "2 KPIs were entered", (una, ugo), MONDAY, WEDNESDAY),
        (Cadence.MONTHLY, "sales was entered", (ugo,), date(2026, 2, 1), date(2026, 2, 28)),
    ]
    firm.work_off()
    made_of = {
        (slot.entered.measurement.slot.definition.key, key.period_start): slot.entered.measurement.value
        for key, slot in firm.work.values.stored.items()
        if slot.entered.measurement.value is not None and not slot.is_entered
    }
    assert made_of == {
        ("calls_twice", MONDAY): 2,
        ("calls_twice", WEDNESDAY): 4,
        ("visits_twice", TUESDAY): 6,
        ("sales_twice", date(2026, 2, 1)): 8,
    }


def _about(run: NewRun) -> tuple[object, ...]:
    return run.cadence, run.reason, run.user_ids, run.period_start, run.period_end


DAYS = [WEDNESDAY - number * ONE_DAY for number in range(6)]
entries = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(DAYS), st.integers(0, 9)), min_size=1, max_size=6
)


@settings(deadline=None, max_examples=40)
@given(entries)
def test_after_any_entries_all_that_is_made_of_them_is_as_if_it_were_made_anew(
    given_values: list[tuple[int, date, int]],
) -> None:
    """Against plain sums: a formula of two days, and the company's sum of a person's and of the formula."""
    firm = Firm()
    calls = firm.kpi("calls", MANUAL, rollup=Rollup.SUM)
    two_days = firm.kpi(
        "two_days",
        formula_over(KpiInput("calls"), KpiInput("calls", -1), text="coalesce(x, 0) + coalesce(y, 0)"),
        rollup=Rollup.SUM,
    )
    users = [firm.user(), firm.user()]
    entered = [firm.assign(calls, user=user) for user in users]
    made = [firm.assign(two_days, user=user) for user in users]
    of_company = firm.assign(calls), firm.assign(two_days)
    facts: dict[tuple[int, date], int] = {}
    for who, day, value in given_values:
        enter(firm, users[who], entered[who], value, day)
        facts[who, day] = value
        work_off(firm)

    def fact(who: int, day: date) -> int:
        return facts.get((who, day), 0)

    for _, day in facts:
        assert firm.value_of(of_company[0], day) == fact(0, day) + fact(1, day)
    for who, day in facts:
        for later in {day, min(day + ONE_DAY, WEDNESDAY)}:
            of_two_days = fact(who, later) + fact(who, later - ONE_DAY)
            assert firm.value_of(made[who], later) == of_two_days
            others = fact(1 - who, later) + fact(1 - who, later - ONE_DAY)
            assert firm.value_of(of_company[1], later) == of_two_days + others


def work_off(firm: Firm) -> None:
    """Work on all batches of all runs, stage by stage."""
    for run_id, run in firm.work.calculation.runs.items():
        while run.unfinished:
            firm.work.calculation.release_batches(firm.work.now)
            for number in sorted(run.unfinished):
                if run.batches[number].sendings:
                    firm.work_on(run_id, number)


def twice(key: str) -> Any:
    return formula_over(KpiInput(key), text="x * 2")
