"""How far a change is carried, and how far back formulas look, beside a walk from period to period."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from lodestar.application.definitions.dependents import MAX_PERIODS_LATER, least_lookbacks, periods_later
from lodestar.application.definitions.formulas import kpi_inputs
from lodestar.domain.definitions import Definition
from lodestar.domain.sources import FormulaInput, FormulaSource, KpiInput, ManualSource
from tests.fakes.definitions import KPI


def kpi(number: int, lookback: int, *inputs: KpiInput) -> Definition:
    variables = tuple(FormulaInput(f"x{place}", each) for place, each in enumerate(inputs))
    text = " + ".join(variable.variable for variable in variables)
    source = FormulaSource(text, variables) if variables else ManualSource()
    return replace(KPI, id=number, key=f"kpi-{number}", data_source=source, lookback_periods=lookback)


numbers = st.integers(1, 4)
inputs = st.builds(lambda number, offset: KpiInput(f"kpi-{number}", offset), numbers, st.integers(-3, 0))
companies = st.lists(
    st.tuples(st.integers(0, 6), st.lists(inputs, max_size=2, unique=True)), min_size=4, max_size=4
).map(lambda rows: [kpi(number, lookback, *given) for number, (lookback, given) in enumerate(rows, 1)])


def changed_periods(
    definitions: list[Definition], changed: set[tuple[int, int]], last: int
) -> set[tuple[int, int]]:
    """All values, by KPI and period up to the last one, that may differ if these differ: walked one by one."""
    found, waiting = set(changed), list(changed)
    while waiting:
        number, period = waiting.pop()
        for definition in definitions:
            for given_kpi in kpi_inputs(definition):
                slot = (definition.id, period - given_kpi.offset)
                if given_kpi.key == f"kpi-{number}" and slot[1] <= last and slot not in found:
                    found.add(slot)
                    waiting.append(slot)
    return found


@settings(deadline=None)
@given(companies)
def test_a_scheduled_run_reaches_all_that_its_late_inputs_may_change(definitions: list[Definition]) -> None:
    newest = 20
    looked_at = {
        (each.id, newest - back) for each in definitions for back in range(each.lookback_periods + 1)
    }
    touched = changed_periods(definitions, looked_at, newest)
    for each in definitions:
        oldest = min(period for number, period in touched if number == each.id)
        assert least_lookbacks(definitions)[each.id] == newest - oldest


@settings(deadline=None)
@given(companies, st.sets(numbers, min_size=1, max_size=2))
def test_a_change_is_carried_as_far_as_somebody_looks_back_at_it(
    definitions: list[Definition], changed: set[int]
) -> None:
    beyond = MAX_PERIODS_LATER + 20
    touched = changed_periods(definitions, {(number, 0) for number in changed}, beyond)
    newest = {
        number: min(max(period for each, period in touched if each == number), MAX_PERIODS_LATER)
        for number in {each for each, _ in touched}
    }
    assert periods_later(changed, definitions) == newest


def test_an_input_of_one_period_before_takes_one_from_the_lookback() -> None:
    definitions = [kpi(1, 5), kpi(2, 2, KpiInput("kpi-1", -1)), kpi(3, 0, KpiInput("kpi-2", -1))]
    assert least_lookbacks(definitions) == {1: 5, 2: 4, 3: 3}
    assert least_lookbacks([kpi(1, 5, KpiInput("kpi-1", -1))]) == {1: 5}
