"""One value calculated again, with all that it was made of."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.calculation.ports import SourceRequest
from lodestar.application.calculation.recalculating import (
    Recalculation,
    RecalculationContext,
    RecalculationRequest,
    recalculate,
)
from lodestar.application.caller import Caller
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.measurements import Assignee
from lodestar.domain.memberships import NO_MEMBERSHIPS
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import LodestarError, Unavailable
from lodestar.domain.sources import FormulaInput, FormulaSource, InputSubject, KpiInput, ManualSource
from lodestar.domain.values import Failure, NoData, Skipped, Value
from tests.fakes.calculation import FakeSource
from tests.fakes.people import ACME, caller_of
from tests.unit.application.calculation.firm import MONDAY, RECORDS, Firm, formula_over
from tests.unit.application.calculation.test_calculating import Raising


@pytest.fixture
def firm() -> Firm:
    firm = Firm()
    firm.source = FakeSource(Decimal(5), rows=12)
    return firm


def again(
    firm: Firm,
    kpi: Definition,
    assignment_id: int,
    caller: Caller | None = None,
    entered: Value | None = None,
) -> Recalculation:
    """What Monday's value of an assignment would be today."""
    assignment = firm.work.assignments.by_id[assignment_id]
    user = firm.work.people.users.get(assignment.user_id or 0)
    assignee = Assignee(assignment, user.memberships if user else NO_MEMBERSHIPS)
    period = ACME.calendar.containing(kpi.aggregation_period, MONDAY)
    context = RecalculationContext(
        caller or caller_of(), firm.work, lambda _: {"records": firm.source, "database": firm.source}
    )
    return recalculate(RecalculationRequest(kpi, assignee, period, entered), context)


def test_a_value_of_a_source_comes_with_how_many_rows_it_was_made_of(firm: Firm) -> None:
    calls = firm.kpi()
    assert again(firm, calls, firm.assign(calls, user=firm.user())) == Recalculation(Decimal(5), 12)


def test_nothing_is_written(firm: Firm) -> None:
    calls = firm.kpi()
    again(firm, calls, firm.assign(calls, user=firm.user()))
    assert (firm.work.values.stored, firm.work.commits) == ({}, 0)


def test_nothing_is_counted_for_a_query_that_has_failed(firm: Firm) -> None:
    calls = firm.kpi()
    firm.source = FakeSource(Failure("query_failed"), rows=12)
    found = again(firm, calls, firm.assign(calls, user=firm.user()))
    assert found == Recalculation(Failure("query_failed"), None)


@pytest.mark.parametrize(
    "error", [Unavailable("The database is away."), LodestarError("No such source.", code="no_source")]
)
def test_a_source_that_refuses_is_a_failure_in_the_answer(firm: Firm, error: LodestarError) -> None:
    calls = firm.kpi()
    firm.source = Raising(error)
    found = again(firm, calls, firm.assign(calls, user=firm.user()))
    assert found == Recalculation(Failure(error.code, error.message), None)


@pytest.mark.parametrize(("entered", "value"), [(None, Skipped("awaiting_entry")), (Decimal(4), Decimal(4))])
def test_a_manual_value_is_what_was_entered_or_awaited(
    firm: Firm, entered: Value | None, value: Value
) -> None:
    typed = firm.kpi(source=ManualSource())
    found = again(firm, typed, firm.assign(typed, user=firm.user()), entered=entered)
    assert found == Recalculation(value)


def test_a_roll_up_tells_how_many_members_it_was_made_of(firm: Firm) -> None:
    sold, team = firm.kpi(rollup=Rollup.SUM), firm.team()
    for _ in range(3):
        firm.assign(sold, user=firm.user(team))
    of_team = firm.assign(sold, team=team)
    firm.calculate(MONDAY, MONDAY)
    assert again(firm, sold, of_team) == Recalculation(Decimal(15), 3)


def test_another_version_of_a_definition_stands_in_for_todays(firm: Firm) -> None:
    una = firm.user()
    calls = firm.kpi("calls")
    assigned = firm.assign(calls, user=una)
    then = replace(calls, data_source=formula_over(KpiInput("visits"), text="x * 2"))
    firm.assign(firm.kpi("visits"), user=una)
    firm.calculate(MONDAY, MONDAY)
    assert again(firm, then, assigned).value == 10
    assert again(firm, calls, assigned).value == 5


def test_a_formula_comes_with_what_each_of_its_inputs_was(firm: Firm) -> None:
    una = firm.user()
    firm.assign(firm.kpi("visits"), user=una)
    inputs = (FormulaInput("x", KpiInput("visits")), FormulaInput("y", RECORDS))
    rate = firm.kpi("rate", FormulaSource("x / y", inputs))
    assigned = firm.assign(rate, user=una)
    firm.calculate(MONDAY, MONDAY)
    found = again(firm, rate, assigned)
    assert (found.value, found.row_count) == (Decimal(1), None)
    assert [(each.input.variable, each.value, each.row_count, each.locked) for each in found.inputs] == [
        ("x", Decimal(5), None, False),
        ("y", Decimal(5), 12, False),
    ]
    periods = [each.period for each in found.inputs]
    assert periods == [ACME.calendar.containing(rate.aggregation_period, MONDAY), None]


def test_two_equal_inputs_each_have_what_they_were_given(firm: Firm) -> None:
    inputs = (FormulaInput("x", replace(RECORDS)), FormulaInput("y", replace(RECORDS)))
    twice = firm.kpi("twice", FormulaSource("x + y", inputs))

    class Growing(FakeSource):
        """Each time that it is asked, there is one row more."""

        def row_count(self, request: SourceRequest) -> int:
            return len(self.requests)

    firm.source = Growing(Decimal(5))
    found = again(firm, twice, firm.assign(twice, user=firm.user()))
    assert [each.row_count for each in found.inputs] == [1, 2]


def test_an_input_that_was_not_read_because_another_failed_says_so(firm: Firm) -> None:
    inputs = (FormulaInput("x", replace(RECORDS)), FormulaInput("y", replace(RECORDS)))
    sum_ = firm.kpi("calls", FormulaSource("x + y", inputs))
    firm.source = Raising(Unavailable("The database is away."))
    found = again(firm, sum_, firm.assign(sum_, user=firm.user()))
    assert found.value == Failure("unavailable", "The database is away.")
    assert [each.value for each in found.inputs] == [NoData("not_asked")] * 2


def test_an_input_of_an_earlier_period_tells_which(firm: Firm) -> None:
    una = firm.user()
    firm.assign(firm.kpi("visits"), user=una)
    before = firm.kpi("before", formula_over(KpiInput("visits", -1)))
    (found,) = again(firm, before, firm.assign(before, user=una)).inputs
    assert found.period == ACME.calendar.shift(
        ACME.calendar.containing(before.aggregation_period, MONDAY), -1
    )
    assert found.value == NoData("missing_input")


@pytest.mark.parametrize(
    ("of", "rights", "locked"),
    [
        (InputSubject.COMPANY, {"role": Role.USER}, True),
        (InputSubject.COMPANY, {"role": Role.ADMIN}, False),
        (InputSubject.TEAM, {"role": Role.USER}, False),
        (InputSubject.SAME, {"role": Role.USER}, False),
    ],
)
def test_a_number_of_the_company_is_locked_for_who_may_not_see_it(
    firm: Firm, of: InputSubject, rights: dict[str, Any], locked: bool
) -> None:
    team = firm.team()
    una = firm.user(team)
    visits = firm.kpi("visits", rollup=Rollup.SUM)
    for assigned in ({"user": una}, {"team": team}, {}):
        firm.assign(visits, **assigned)
    share = firm.kpi("share", formula_over(KpiInput("visits", of=of)))
    assigned = firm.assign(share, user=una)
    firm.calculate(MONDAY, MONDAY)
    (found,) = again(firm, share, assigned, caller_of(**rights)).inputs
    assert found.locked is locked
    assert found.value == (NoData("not_asked") if locked else Decimal(5))
