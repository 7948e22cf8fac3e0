"""By which version of its definition each period is calculated, judged and written."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.assignments.ports import StoredTarget
from lodestar.application.calculation.ports import SourceRequest
from lodestar.domain.definitions import Definition, TargetType, Thresholds
from lodestar.domain.runs import Judging, RunKind
from lodestar.domain.scoring import Status
from lodestar.domain.sources import AggregationMethod, KpiInput, ManualSource, RecordsSource
from lodestar.domain.targets import DatedTarget, Target
from lodestar.domain.values import Value
from lodestar.domain.versions import VersionStart
from tests.unit.application.calculation.firm import (
    MONDAY,
    RECORDS,
    TUESDAY,
    WEDNESDAY,
    Firm,
    formula_over,
    on,
)

VISITS = RecordsSource("visits", AggregationMethod.COUNT)


class BySource:
    """5 for the calls, 9 for the visits."""

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        number = 9 if request.source == VISITS else 5
        return dict.fromkeys(request.subjects, Decimal(number))


@pytest.fixture
def firm() -> Firm:
    return Firm(source=BySource())


def change(firm: Firm, kpi: Definition, since: date = WEDNESDAY, **fields: Any) -> Definition:
    """Save another version on that day."""
    after = kpi.changed_to(replace(kpi, **fields))
    firm.work.definitions.save(after, VersionStart(since, begins_anew=not after.measures_like(kpi)))
    return after


def versions_and_values(firm: Firm, assigned: int, *days: date) -> list[tuple[int, object]]:
    measurements = [firm.work.values.stored[on(assigned, day)].entered.measurement for day in days]
    return [(one.slot.definition.version, one.value) for one in measurements]


def test_a_closed_period_stays_with_the_version_of_its_measurement_and_the_running_one_takes_the_newest(
    firm: Firm,
) -> None:
    kpi = firm.kpi()
    assigned = firm.assign(kpi, user=firm.user())
    firm.calculate(MONDAY, TUESDAY)
    change(firm, kpi, data_source=VISITS)
    firm.calculate(MONDAY, TUESDAY)
    firm.calculate(WEDNESDAY, WEDNESDAY, kind=RunKind.REFRESH)
    found = versions_and_values(firm, assigned, MONDAY, TUESDAY, WEDNESDAY)
    assert found == [(1, 5), (1, 5), (2, 9)]


def test_a_closed_period_that_was_never_measured_takes_the_version_in_force_then(firm: Firm) -> None:
    kpi = firm.kpi()
    assigned = firm.assign(kpi, user=firm.user())
    change(firm, kpi, since=TUESDAY, data_source=VISITS)
    run_id = firm.calculate(MONDAY, TUESDAY)
    assert versions_and_values(firm, assigned, MONDAY, TUESDAY) == [(1, 5), (2, 9)]
    assert [outcome.definition_version for outcome in firm.outcomes_of(run_id)] == [1, 2]


def test_a_run_that_judges_anew_takes_the_newest_version_the_target_and_the_weight_of_today(
    firm: Firm,
) -> None:
    kpi = firm.kpi()
    assigned = firm.assign(kpi, user=firm.user(), target=Target.point(Decimal(10)), weight=Decimal(3))
    firm.calculate(MONDAY, MONDAY)
    change(firm, kpi, data_source=VISITS)
    (terms,) = firm.work.assignments.by_id[assigned].terms
    changed = replace(terms, target=Target.point(Decimal(18)), weight=Decimal(7))
    firm.work.assignments.save_terms({assigned: (changed,)})
    firm.calculate(MONDAY, MONDAY)
    kept = firm.work.values.stored[on(assigned, MONDAY)].entered.measurement
    assert (kept.value, kept.achievement, kept.standard.weight) == (5, 50, 3)
    firm.calculate(MONDAY, MONDAY, judge=Judging.ANEW)
    anew = firm.work.values.stored[on(assigned, MONDAY)].entered.measurement
    assert (anew.value, anew.achievement, anew.standard.weight) == (9, 50, 7)
    assert anew.slot.definition.version == 2


def test_what_an_earlier_version_calculated_of_the_running_period_gives_way_where_it_is_entered(
    firm: Firm,
) -> None:
    kpi = firm.kpi()
    assigned = firm.assign(kpi, user=firm.user())
    firm.calculate(TUESDAY, TUESDAY)
    firm.calculate(WEDNESDAY, WEDNESDAY, kind=RunKind.REFRESH)
    change(firm, kpi, data_source=ManualSource())
    firm.calculate(WEDNESDAY, WEDNESDAY, kind=RunKind.REFRESH)
    assert set(firm.work.values.stored) == {on(assigned, TUESDAY)}


def test_what_looks_back_at_the_dates_of_a_run_is_calculated_and_not_judged_anew(firm: Firm) -> None:
    una = firm.user()
    counted = firm.assign(firm.kpi("n"), user=una)
    grown = firm.assign(firm.kpi("grown", formula_over(KpiInput("n"), KpiInput("n", -1))), user=una)
    firm.calculate(MONDAY, TUESDAY)
    for assigned in (counted, grown):
        (terms,) = firm.work.assignments.by_id[assigned].terms
        firm.work.assignments.save_terms({assigned: (replace(terms, weight=Decimal(7)),)})
    firm.calculate(MONDAY, MONDAY, judge=Judging.ANEW)
    weights = [
        firm.work.values.stored[on(assigned, day)].entered.measurement.standard.weight
        for assigned in (counted, grown)
        for day in (MONDAY, TUESDAY)
    ]
    assert weights == [7, 1, 7, 1]


@pytest.mark.parametrize(
    ("judge", "anew"), [(Judging.OWN_TARGETS, ["una"]), (Judging.COMPANY_TARGETS, ["ugo", "company"])]
)
def test_a_target_that_restates_judges_only_those_anew_whose_target_it_is(
    firm: Firm, judge: Judging, anew: list[str]
) -> None:
    kpi = firm.kpi(source=RecordsSource("calls", AggregationMethod.AVERAGE))
    una, ugo, uri = (firm.user() for _ in range(3))
    default = {"target": Target.point(Decimal(2))}
    assigned = {
        "una": firm.assign(kpi, user=una, **default),
        "ugo": firm.assign(kpi, user=ugo),
        "uri": firm.assign(kpi, user=uri, **default),
        "company": firm.assign(kpi, **default),
    }
    firm.calculate(MONDAY, MONDAY)
    for each in assigned.values():
        (terms,) = firm.work.assignments.by_id[each].terms
        firm.work.assignments.save_terms({each: (replace(terms, weight=Decimal(7)),)})
    dated = DatedTarget(Target.point(Decimal(9)), MONDAY, MONDAY, firm.work.now)
    firm.work.assignments.add_targets(kpi.id, [StoredTarget(0, assigned["una"], dated, "")])
    firm.work.assignments.add_company_target(kpi.id, dated, "")
    firm.calculate(MONDAY, MONDAY, judge=judge)
    measured = {
        name: firm.work.values.stored[on(each, MONDAY)].entered.measurement.standard
        for name, each in assigned.items()
    }
    assert [name for name, standard in measured.items() if standard.weight == 7] == anew
    assert all(measured[name].target == dated.target for name in anew)


def test_a_closed_period_is_judged_by_the_direction_and_the_thresholds_of_its_version(firm: Firm) -> None:
    kpi = firm.kpi()
    assigned = firm.assign(kpi, user=firm.user(), target=Target.point(Decimal(10)))
    firm.calculate(MONDAY, MONDAY)
    strict = Thresholds(Decimal(50), Decimal(40), Decimal(30))
    change(firm, kpi, target_type=TargetType.LOWER_BETTER, thresholds=strict)
    firm.calculate(MONDAY, MONDAY)
    closed = firm.work.values.stored[on(assigned, MONDAY)]
    assert (closed.entered.measurement.status, closed.revision) == (Status.CRITICAL, 1)
    firm.calculate(WEDNESDAY, WEDNESDAY, kind=RunKind.REFRESH)
    assert firm.work.values.stored[on(assigned, WEDNESDAY)].entered.measurement.status is Status.EXCEEDS


def test_people_whose_measurements_have_other_versions_are_calculated_side_by_side(firm: Firm) -> None:
    kpi, double = firm.kpi(), None
    una, ugo = firm.user(), firm.user()
    of_una = firm.assign(kpi, user=una)
    firm.calculate(MONDAY, MONDAY)
    change(firm, kpi, since=MONDAY, data_source=VISITS)
    of_ugo = firm.assign(kpi, user=ugo)
    double = firm.kpi("double", formula_over(KpiInput("calls"), text="2 * x"))
    doubles = [firm.assign(double, user=user) for user in (una, ugo)]
    firm.calculate(MONDAY, MONDAY)
    assert [*versions_and_values(firm, of_una, MONDAY), *versions_and_values(firm, of_ugo, MONDAY)] == [
        (1, 5),
        (2, 9),
    ]
    assert [firm.value_of(each, MONDAY) for each in doubles] == [10, 18]


def test_where_only_some_were_entered_a_formula_reads_both_what_is_stored_and_what_is_calculated(
    firm: Firm,
) -> None:
    kpi = firm.kpi("calls", ManualSource())
    una, ugo = firm.user(), firm.user()
    of_una, of_ugo = firm.assign(kpi, user=una), firm.assign(kpi, user=ugo)
    firm.enter(kpi, of_una, MONDAY, "4")
    change(firm, kpi, since=MONDAY, data_source=VISITS)
    double = firm.kpi("double", formula_over(KpiInput("calls"), text="2 * x"))
    doubles = [firm.assign(double, user=user) for user in (una, ugo)]
    firm.calculate(MONDAY, MONDAY)
    assert (firm.value_of(of_una, MONDAY), firm.value_of(of_ugo, MONDAY)) == (4, 9)
    assert [firm.value_of(each, MONDAY) for each in doubles] == [8, 18]


def test_an_entered_value_of_the_running_period_gives_way_to_a_source_and_closed_ones_stay(
    firm: Firm,
) -> None:
    kpi = firm.kpi("calls", ManualSource())
    assigned = firm.assign(kpi, user=firm.user())
    for day in (TUESDAY, WEDNESDAY):
        firm.enter(kpi, assigned, day, "4")
    change(firm, kpi, data_source=VISITS)
    firm.calculate(MONDAY, TUESDAY)
    firm.calculate(WEDNESDAY, WEDNESDAY, kind=RunKind.REFRESH)
    assert versions_and_values(firm, assigned, TUESDAY, WEDNESDAY) == [(1, 4), (2, 9)]
    assert on(assigned, MONDAY) not in firm.work.values.stored  # it awaits entry, by its version


def test_a_closed_value_of_a_kpi_that_became_a_formula_stays_as_it_is(firm: Firm) -> None:
    kpi, other = firm.kpi(), firm.kpi("other", VISITS)
    una = firm.user()
    assigned, _ = firm.assign(kpi, user=una), firm.assign(other, user=una)
    firm.calculate(MONDAY, TUESDAY)
    change(firm, kpi, data_source=formula_over(KpiInput("other"), text="3 * x"))
    firm.calculate(MONDAY, TUESDAY, kind=RunKind.BACKFILL)
    firm.calculate(WEDNESDAY, WEDNESDAY, kind=RunKind.REFRESH)
    found = versions_and_values(firm, assigned, MONDAY, TUESDAY, WEDNESDAY)
    assert found == [(1, 5), (1, 5), (2, 27)]


def test_an_input_of_an_earlier_version_only_is_calculated_before_the_formula(firm: Firm) -> None:
    # The formula comes first by its id, and its newest version asks for nothing.
    double, una = firm.kpi("double", formula_over(KpiInput("calls"), text="2 * x")), firm.user()
    calls = firm.kpi("calls", RECORDS)
    doubled, _ = firm.assign(double, user=una), firm.assign(calls, user=una)
    firm.calculate(MONDAY, MONDAY)
    change(firm, double, data_source=VISITS)
    firm.source = type(
        "Six", (), {"values": lambda _, request: dict.fromkeys(request.subjects, Decimal(6))}
    )()
    firm.calculate(MONDAY, MONDAY)
    assert versions_and_values(firm, doubled, MONDAY) == [(1, 12)]


def test_a_formula_follows_a_kpi_that_is_judged_anew_and_keeps_its_own_target(firm: Firm) -> None:
    calls, double = firm.kpi("calls"), firm.kpi("double", formula_over(KpiInput("calls"), text="2 * x"))
    una, ten = firm.user(), {"target": Target.point(Decimal(10))}
    firm.assign(calls, user=una, **ten)
    doubled = firm.assign(double, user=una, **ten)
    firm.calculate(MONDAY, MONDAY)
    change(firm, calls, data_source=VISITS)
    (terms,) = firm.work.assignments.by_id[doubled].terms
    firm.work.assignments.save_terms({doubled: (replace(terms, target=Target.point(Decimal(90))),)})
    firm.calculate(MONDAY, MONDAY, judge=Judging.ANEW, definition_ids=(calls.id,))
    made = firm.work.values.stored[on(doubled, MONDAY)].entered.measurement
    assert (made.value, made.achievement) == (18, 180)


def test_a_run_over_a_kpi_takes_the_formulas_with_it_that_used_it_in_an_earlier_version(firm: Firm) -> None:
    calls, double = firm.kpi("calls"), firm.kpi("double", formula_over(KpiInput("calls"), text="2 * x"))
    una = firm.user()
    firm.assign(calls, user=una)
    doubled = firm.assign(double, user=una)
    firm.calculate(MONDAY, MONDAY)
    change(firm, double, data_source=VISITS)
    change(firm, calls, data_source=VISITS)
    firm.calculate(MONDAY, MONDAY, judge=Judging.ANEW, definition_ids=(calls.id,))
    assert versions_and_values(firm, doubled, MONDAY) == [(1, 18)]
