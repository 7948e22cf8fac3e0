"""A value that changes late is followed by what is made of it, whoever asked for the calculation."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodestar.domain.definitions import Rollup
from lodestar.domain.runs import RunKind
from lodestar.domain.sources import FormulaSource, KpiInput
from tests.fakes.calculation import FakeSource
from tests.unit.application.calculation.firm import MONDAY, TUESDAY, WEDNESDAY, Firm, formula_over

ONE_DAY = timedelta(days=1)
FOUR_DAYS_AGO = TUESDAY - 4 * ONE_DAY
TWICE = formula_over(KpiInput("n"), text="x * 2")
GROWTH = formula_over(KpiInput("n"), KpiInput("n", -1), text="x - y")
TOTAL = formula_over(KpiInput("n"), KpiInput("made", -1), text="coalesce(x, 0) + coalesce(y, 0)")


@pytest.fixture
def firm() -> Firm:
    return Firm(source=FakeSource(Decimal(1)))


def given_late(firm: Firm, user: int, day: date, value: int) -> None:
    assert isinstance(firm.source, FakeSource)
    firm.source.given[user, day] = Decimal(value)


def made_of(firm: Firm, source: FormulaSource, lookbacks: tuple[int, int] = (5, 2)) -> tuple[int, int, int]:
    """Una, her `n` that is counted, and what is made of it; the ids of user and assignments."""
    una = firm.user()
    n = firm.kpi("n", lookback_periods=lookbacks[0], rollup=Rollup.SUM)
    made = firm.kpi("made", source, lookback_periods=lookbacks[1], rollup=Rollup.SUM)
    ids = firm.assign(n, user=una), firm.assign(made, user=una)
    firm.assign(n)
    firm.assign(made)
    return una, *ids


def test_a_formula_follows_a_record_that_comes_later_than_its_own_lookback(firm: Firm) -> None:
    una, n, made = made_of(firm, TWICE)
    firm.calculate(FOUR_DAYS_AGO, TUESDAY)
    given_late(firm, una, FOUR_DAYS_AGO, 10)
    firm.calculate(TUESDAY, TUESDAY, kind=RunKind.SCHEDULED)
    assert (firm.value_of(n, FOUR_DAYS_AGO), firm.value_of(made, FOUR_DAYS_AGO)) == (10, 20)


def test_what_looks_back_at_the_oldest_day_that_is_looked_at_again_follows_too(firm: Firm) -> None:
    una, _, made = made_of(firm, GROWTH, (4, 0))
    firm.calculate(FOUR_DAYS_AGO - ONE_DAY, TUESDAY)
    given_late(firm, una, FOUR_DAYS_AGO, 10)
    firm.calculate(TUESDAY, TUESDAY, kind=RunKind.SCHEDULED)
    assert firm.value_of(made, FOUR_DAYS_AGO) == 9
    assert firm.value_of(made, FOUR_DAYS_AGO + ONE_DAY) == -9


def test_a_backfill_of_one_day_restates_the_next_day_of_a_growth(firm: Firm) -> None:
    una, _, made = made_of(firm, GROWTH)
    firm.calculate(FOUR_DAYS_AGO - ONE_DAY, TUESDAY)
    given_late(firm, una, FOUR_DAYS_AGO, 10)
    firm.calculate(FOUR_DAYS_AGO, FOUR_DAYS_AGO)
    assert [firm.value_of(made, FOUR_DAYS_AGO + steps * ONE_DAY) for steps in range(3)] == [9, -9, 0]


def test_a_run_over_the_input_alone_calculates_the_formula(firm: Firm) -> None:
    una, n, made = made_of(firm, TWICE)
    firm.calculate(MONDAY, TUESDAY)
    given_late(firm, una, MONDAY, 10)
    (counted,) = [kpi.id for kpi in firm.work.definitions.all() if kpi.key == "n"]
    run_id = firm.calculate(MONDAY, MONDAY, definition_ids=(counted,))
    assert (firm.value_of(n, MONDAY), firm.value_of(made, MONDAY)) == (10, 20)
    assert {outcome.key.assignment_id for outcome in firm.outcomes_of(run_id)} >= {n, made}


def test_a_running_total_takes_a_late_value_over_to_the_running_day(firm: Firm) -> None:
    una, _, made = made_of(firm, TOTAL)
    firm.calculate(FOUR_DAYS_AGO, TUESDAY)
    given_late(firm, una, FOUR_DAYS_AGO, 10)
    firm.calculate(FOUR_DAYS_AGO, FOUR_DAYS_AGO)
    days = [FOUR_DAYS_AGO + steps * ONE_DAY for steps in range(6)]
    assert days[-1] == WEDNESDAY
    # The count of the running day itself is that of its refresh, not of the backfill.
    assert [firm.value_of(made, day) for day in days] == [10, 11, 12, 13, 14, 14]


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([TWICE, GROWTH, TOTAL]),
    st.integers(0, 5),
    st.dictionaries(st.integers(0, 5), st.integers(2, 9), max_size=3),
    st.sampled_from(["all", "named"]),
)
def test_after_late_values_and_a_run_over_their_days_everything_is_as_if_calculated_anew(
    source: FormulaSource, lookback: int, late: dict[int, int], about: str
) -> None:
    """Beside a company that had the values from the start: each closed day of both is the same."""
    days = [TUESDAY - steps * ONE_DAY for steps in range(6)]
    firms = [Firm(source=FakeSource(Decimal(1))) for _ in range(2)]
    stored = []
    for is_late, firm in enumerate(firms):
        una, _, _ = made_of(firm, source, (lookback, 0))
        (counted,) = [kpi.id for kpi in firm.work.definitions.all() if kpi.key == "n"]
        if is_late:
            firm.calculate(days[-1], TUESDAY)
        for place, value in late.items():
            given_late(firm, una, days[place], value)
            if is_late:
                named = {"definition_ids": (counted,)} if about == "named" else {}
                firm.calculate(days[place], days[place], **named)
        if not is_late:
            firm.calculate(days[-1], TUESDAY)
        stored.append(
            {
                key: slot.entered.measurement.value
                for key, slot in firm.work.values.stored.items()
                if key.period_start in days
            }
        )
    assert stored[0] == stored[1]
