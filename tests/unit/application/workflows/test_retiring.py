"""A KPI is retired: its terms end that day, closed periods stay, running ones are withdrawn."""

from datetime import date
from decimal import Decimal

import pytest

from lodestar.application.definitions.shapes import DefinitionChange
from lodestar.application.workflows.retiring import change_kpi, retire_kpi
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import CompanyTime, EnteredMeasurement, Slot, SlotKey, Standard, measure
from lodestar.domain.refusals import InvalidContent
from lodestar.domain.sources import FormulaInput, FormulaSource, KpiInput
from lodestar.wire.preconditions import Edit
from tests.fakes.definitions import FakeQueryCheck
from tests.fakes.firm import LONG_AGO, NOW, Firm
from tests.fakes.work import shown

MONDAY, TODAY = date(2026, 3, 9), date(2026, 3, 10)


@pytest.fixture
def firm() -> Firm:
    return Firm()


def measured(firm: Firm, kpi: Definition, given: Assignment, *days: date) -> None:
    now = CompanyTime(firm.company.calendar, NOW)
    for day in days:
        slot = Slot.at(now, given.id, kpi, firm.company.calendar.containing(kpi.aggregation_period, day))
        firm.values.enter([EnteredMeasurement(measure(slot, Decimal(5), Standard(), slot.period.days))], NOW)


def with_two_days(firm: Firm) -> tuple[Definition, Assignment]:
    kpi = firm.definition()
    given = firm.assignment(kpi, firm.user())
    measured(firm, kpi, given, MONDAY, TODAY)
    return kpi, given


def days_of(firm: Firm) -> list[date]:
    return [key.period_start for key in firm.values.stored]


def retire(firm: Firm, kpi: Definition, *, dry_run: bool = False) -> int:
    """How many measurements that withdraws."""
    view, parameters = shown(retire_kpi(kpi.id, firm.caller(), firm.work, dry_run=dry_run).text)
    assert view == "retired_definition"
    return int(parameters["withdrawn"])


def put(firm: Firm, kpi: Definition, *, is_active: bool) -> None:
    edit = Edit(DefinitionChange(is_active=is_active))
    change_kpi(kpi.id, edit, firm.caller(), firm.work, FakeQueryCheck())


def test_retiring_ends_all_terms_that_day_and_withdraws_what_still_runs(firm: Firm) -> None:
    kpi, given = with_two_days(firm)
    later = firm.assignment(kpi, firm.user(), start_date=date(2026, 4, 1))
    assert retire(firm, kpi) == 1
    assert days_of(firm) == [MONDAY]
    (terms,) = firm.assignments.by_id[given.id].terms
    assert (terms.start_date, terms.end_date) == (LONG_AGO, TODAY)
    assert firm.assignments.by_id[later.id].terms == ()
    assert firm.definitions.stored[kpi.id].retired_on == TODAY
    assert firm.work.audit.actions == ["definition.changed", "assignment.changed", "assignment.changed"]
    assert list(firm.values.withdrawn) == [SlotKey(given.id, TODAY, TODAY)]


def test_a_dry_run_tells_how_many_and_commits_nothing(firm: Firm) -> None:
    kpi, _ = with_two_days(firm)
    assert (retire(firm, kpi, dry_run=True), firm.work.commits) == (1, 0)


def test_an_edit_that_deactivates_does_the_same_and_one_that_activates_restores_no_terms(firm: Firm) -> None:
    kpi, given = with_two_days(firm)
    put(firm, kpi, is_active=False)
    ended = firm.assignments.by_id[given.id].terms
    assert (days_of(firm), ended[-1].end_date) == ([MONDAY], TODAY)
    put(firm, kpi, is_active=True)
    back = firm.definitions.stored[kpi.id]
    assert (back.is_active, back.retired_on, firm.assignments.by_id[given.id].terms) == (True, None, ended)


def test_an_edit_deactivates_no_kpi_that_a_formula_uses(firm: Firm) -> None:
    kpi, _ = with_two_days(firm)
    uses = FormulaSource("x", (FormulaInput("x", KpiInput(kpi.key)),))
    firm.definition(key="formula", data_source=uses)
    with pytest.raises(InvalidContent, match='The formula of "formula" uses this KPI'):
        put(firm, kpi, is_active=False)
    assert days_of(firm) == [MONDAY, TODAY]
