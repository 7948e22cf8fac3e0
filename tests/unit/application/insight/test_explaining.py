"""How a value came about: from what is stored and what sources say today."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import Category, TargetType
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Grant, Role
from lodestar.domain.refusals import Forbidden, InvalidRequest, NotFound, Unavailable
from lodestar.domain.sources import (
    AggregationMethod,
    FormulaInput,
    FormulaSource,
    InputSubject,
    KpiInput,
    ManualSource,
)
from lodestar.domain.targets import Target
from lodestar.domain.values import Failure, NoData
from tests.fakes.people import ACME, caller_of
from tests.unit.application.insight.acme import (
    ADMIN,
    MANAGER,
    NOBODY,
    STRANGER,
    SUPPORT,
    TODAY,
    UGO,
    UNA,
)
from tests.unit.application.insight.office import CALLS, DAY, MARCH, QUERY, RATINGS, Office


@pytest.fixture
def office() -> Office:
    return Office()


# A value and its source


def test_records_are_told_with_their_source_instants_and_number(office: Office) -> None:
    definition, assignment = office.assigned(replace(CALLS, filters={"kind": "in"}), name="Calls")
    office.store("10.5")
    told = office.explain(assignment)
    named = {"id": definition.id, "key": definition.key, "name": "Calls", "unit": "count"}
    assert told["kpi"] == named | {"retired_on": None}
    assert told["way"] == "raw_rows"
    assert told["period"] == {
        "start": "2026-03-02",
        "end": "2026-03-02",
        "starts_at_utc": "2026-03-01T23:00:00+00:00",
        "ends_at_utc": "2026-03-02T23:00:00+00:00",
        "starts_at_local": "2026-03-02T00:00:00+01:00",
        "ends_at_local": "2026-03-03T00:00:00+01:00",
        "timezone": "Europe/Berlin",
        "state": "closed",
    }
    assert told["source"] == {
        "type": "records",
        "source": "calls",
        "method": "sum",
        "field": "value",
        "filters": {"kind": "in"},
    }
    assert (told["row_count"], told["value_now"], told["differs"]) == (2, Decimal("10.5"), False)
    assert told["measurement"]["actual_value"] == Decimal("10.5")
    assert told["measurement"]["achievement_percentage"] == 105
    assert told["achievement_formula"] == "100 + 100 × (10.5 − 10) / |10| = 105 %"
    assert told["target"] == {"value": 10, "origin": "assignment_default", "range": None}
    assert (told["inputs"], told["revisions"], told["not_measured"]) == ([], [], None)


def test_a_query_is_told_with_what_was_bound(office: Office) -> None:
    _, assignment = office.assigned(QUERY)
    office.store("10.5")
    told = office.explain(assignment)
    assert told["source"] == {
        "type": "database",
        "query": QUERY.query,
        "parameters": {
            "user_id": UNA,
            "team_id": None,
            "company_id": ACME.id,
            "start_date": "2026-03-01T23:00:00+00:00",
            "end_date": "2026-03-02T23:00:00+00:00",
            "own": {"least": Decimal("0.5")},
        },
    }
    assert (told["value_now"], told["row_count"], told["differs"]) == (Decimal("10.5"), 2, False)


def test_rows_that_cannot_be_counted_have_no_number(office: Office) -> None:
    _, assignment = office.assigned(QUERY)
    office.database.rows = None
    assert office.explain(assignment)["row_count"] is None


def test_a_value_differs_when_the_data_have_changed_since(office: Office) -> None:
    _, assignment = office.assigned(CALLS)
    office.store("4")
    told = office.explain(assignment)
    found = told["measurement"]["actual_value"], told["value_now"], told["differs"]
    assert found == (4, Decimal("10.5"), True)


def test_a_value_that_is_gone_differs_from_no_data_and_no_data_from_no_data_does_not(office: Office) -> None:
    _, assignment = office.assigned(CALLS)
    office.records.value = NoData("no_rows")
    office.store("4")
    told = office.explain(assignment)
    assert (told["value_now"], told["no_data_reason"], told["differs"]) == (None, "no_rows", True)
    office.store(None)
    told = office.explain(assignment)
    assert (told["measurement"]["no_data_reason"], told["differs"]) == ("no_rows", False)
    assert told["achievement_formula"] == "There is no value, so there is no achievement."


def test_a_stored_decimal_is_compared_as_it_is(office: Office) -> None:
    _, assignment = office.assigned(CALLS)
    office.records.value = Decimal("0.1")
    office.store("0.1000")
    assert office.explain(assignment)["differs"] is False


def test_a_query_that_fails_today_tells_its_error_and_leaves_the_stored_value(office: Office) -> None:
    _, assignment = office.assigned(QUERY)
    office.database.value = Failure("query_division_by_zero", "Use NULLIF.")
    office.store("3")
    told = office.explain(assignment)
    assert told["error"] == {"reason": "query_division_by_zero", "message": "Use NULLIF."}
    assert (told["value_now"], told["no_data_reason"], told["row_count"]) == (None, None, None)
    assert (told["measurement"]["actual_value"], told["differs"]) == (3, False)
    assert office.database.counted == 0  # it would take as long, and fail again


def test_a_source_that_is_away_is_an_error_in_the_explanation(office: Office) -> None:
    _, assignment = office.assigned(QUERY)
    office.database.value = Unavailable("The sandbox cannot be reached.")
    office.store("3")
    told = office.explain(assignment)
    assert (told["error"]["reason"], told["measurement"]["actual_value"]) == ("unavailable", 3)


# Formulas and what the caller may see of them


def formula(text: str, **inputs: Any) -> FormulaSource:
    return FormulaSource(text, tuple(FormulaInput(name, source) for name, source in inputs.items()))


def test_a_formula_is_told_with_its_inputs_and_their_periods(office: Office) -> None:
    calls, _ = office.assigned(CALLS)
    yesterday = DAY - timedelta(days=1)
    office.values.add(calls, yesterday, UNA, "7")
    source = formula("now + query - before", now=CALLS, query=QUERY, before=KpiInput(calls.key, -1))
    _, growing = office.assigned(source)
    office.store("14")
    told = office.explain(growing)
    assert told["source"] == {"type": "formula", "formula": source.formula}
    plain = {"key": None, "offset": None, "of": None, "period": None}
    answered = {"no_data_reason": None, "error": None, "locked": False}
    kpi = {
        "type": "kpi",
        "key": calls.key,
        "offset": -1,
        "of": "same",
        "period": {"start": "2026-03-01", "end": "2026-03-01"},
    }
    counted = {"value": Decimal("10.5"), "row_count": 2, **plain, **answered}
    assert told["inputs"] == [
        {"variable": "now", "type": "records", **counted},
        {"variable": "query", "type": "database", **counted},
        {"variable": "before", "value": 7, "row_count": None, **kpi, **answered},
    ]
    assert (told["value_now"], told["row_count"], told["differs"]) == (14, None, False)


def test_an_input_that_is_not_there_is_told_as_the_reason(office: Office) -> None:
    calls, _ = office.assigned(CALLS)
    _, assignment = office.assigned(formula("x", x=KpiInput(calls.key)))
    office.store(None)
    told = office.explain(assignment)
    assert told["no_data_reason"] == "missing_input:x"
    assert (told["inputs"][0]["value"], told["inputs"][0]["no_data_reason"]) == (None, "missing_input")


@pytest.mark.parametrize(
    ("sees", "locked"),
    [("nothing", True), ("a grant", False), ("everything", False), ("the category", False)],
)
def test_a_companys_kpi_in_a_formula_is_locked_for_those_who_may_not_see_it(
    office: Office, sees: str, locked: bool
) -> None:
    revenue = office.acme.define(category=Category.FINANCE, aggregation_period=Cadence.DAILY)
    office.values.add(revenue, DAY, 0, "5000", subject_type=SubjectType.COMPANY)
    all_of_it = KpiInput(revenue.key, 0, InputSubject.COMPANY)
    _, assignment = office.assigned(formula("mine / all_of_it", mine=CALLS, all_of_it=all_of_it))
    caller = {
        "nothing": office.acme.caller,
        "a grant": caller_of(Role.USER, user_id=UNA, grants={revenue.id: Grant(can_view=True)}),
        "everything": ADMIN,
        "the category": caller_of("controller", {"kpis.finance.view"}, user_id=UNA),
    }[sees]
    told = office.explain(assignment, caller=caller)
    mine, whole = told["inputs"]
    assert not mine["locked"]
    assert (whole["locked"], whole["value"]) == (locked, None if locked else 5000)
    assert (whole["key"], whole["no_data_reason"], whole["error"]) == (revenue.key, None, None)
    assert told["value_now"] == Decimal("0.0021")  # the person's own value is theirs to see


def test_a_teams_value_in_a_formula_is_open_to_its_members(office: Office) -> None:
    pace = office.acme.define(aggregation_period=Cadence.DAILY)
    office.values.add(pace, DAY, SUPPORT, "8", subject_type=SubjectType.TEAM, team_id=SUPPORT)
    _, assignment = office.assigned(formula("x", x=KpiInput(pace.key, 0, InputSubject.TEAM)))
    (given,) = office.explain(assignment)["inputs"]
    assert (given["locked"], given["of"], given["value"]) == (False, "team", 8)


# What people entered, and what was changed


def test_an_entered_value_is_told_with_who_entered_and_corrected_it(office: Office) -> None:
    _, assignment = office.assigned(ManualSource())
    una = {"id": UNA, "name": "Una"}
    office.store("4", entered_by=una, notes="counted", run_id=None, state="restated")
    revision = {
        "revision": 2,
        "old_value": 3,
        "new_value": 4,
        "reason": "corrected",
        "author": una,
        "run_id": None,
        "created_at": "2026-03-10T13:00:00+00:00",
        "definition_version": 1,
    }
    office.stored["revisions"] = [revision]
    told = office.explain(assignment)
    assert (told["source"]["type"], told["row_count"]) == ("manual", None)
    assert (told["value_now"], told["differs"]) == (4, False)
    stored = told["measurement"]
    found = stored["entered_by"], stored["notes"], stored["run_id"], stored["state"]
    assert found == (una, "counted", None, "restated")
    assert told["revisions"] == [revision]


def test_a_manual_value_that_nobody_entered_is_awaited(office: Office) -> None:
    _, assignment = office.assigned(ManualSource())
    told = office.explain(assignment)
    assert (told["measurement"], told["value_now"], told["no_data_reason"]) == (None, None, "awaiting_entry")


def test_a_stored_value_is_explained_by_the_version_that_produced_it(office: Office) -> None:
    first, assignment = office.assigned(CALLS)
    second = replace(first, data_source=replace(CALLS, method=AggregationMethod.COUNT), version=2)
    office.acme.work.definitions.save(second)
    office.store("9")
    told = office.explain(assignment)
    assert (told["definition_version"]["version"], told["definition_version"]["is_current"]) == (1, False)
    assert (told["source"]["method"], told["differs"]) == ("sum", True)
    office.store("10.5", definition_version=2)
    told = office.explain(assignment)
    assert (told["definition_version"]["version"], told["definition_version"]["is_current"]) == (2, True)
    assert (told["source"]["method"], told["differs"]) == ("count", False)


def test_without_a_measurement_todays_version_is_told(office: Office) -> None:
    first, assignment = office.assigned(CALLS)
    office.acme.work.definitions.save(replace(first, data_source=QUERY, version=2))
    told = office.explain(assignment)
    assert (told["definition_version"]["version"], told["source"]["type"]) == (2, "database")


def test_a_value_of_another_cadence_is_explained_as_it_was_calculated(office: Office) -> None:
    daily, assignment = office.assigned(CALLS)
    office.acme.work.definitions.save(replace(daily, aggregation_period=Cadence.WEEKLY, version=2))
    office.store("10.5")
    told = office.explain(assignment)
    assert (told["definition_version"]["version"], told["differs"]) == (1, False)
    office.stored["measurement"] = None
    with pytest.raises(InvalidRequest, match="weekly"):
        office.explain(assignment)


# No measurement, wrong periods, strangers

FAILED = {"run_id": 9, "outcome": "error", "reason": "query_timeout", "message": "Too slow."}


def test_a_period_that_a_run_could_not_calculate_tells_its_reason(office: Office) -> None:
    _, assignment = office.assigned(CALLS)
    office.stored["not_measured"] = FAILED
    told = office.explain(assignment)
    assert (told["measurement"], told["not_measured"]) == (None, FAILED)
    assert (told["value_now"], told["differs"]) == (Decimal("10.5"), False)


def test_a_failed_run_is_not_told_where_there_is_a_measurement(office: Office) -> None:
    _, assignment = office.assigned(CALLS)
    office.store("10.5")
    office.stored["not_measured"] = FAILED
    assert office.explain(assignment)["not_measured"] is None


@pytest.mark.parametrize(
    ("days", "state", "reason"),
    [(0, "open", "no_rows"), (1, "not_begun", "not_begun"), (-800, "closed", "not_assigned")],
)
def test_a_period_without_a_measurement_says_why(office: Office, days: int, state: str, reason: str) -> None:
    _, assignment = office.assigned(CALLS)
    office.records.value = NoData("no_rows")
    day = TODAY + timedelta(days=days)
    told = office.explain(assignment, day, day)
    assert (told["measurement"], told["not_measured"]) == (None, None)
    assert (told["period"]["state"], told["no_data_reason"]) == (state, reason)


def test_a_source_is_not_asked_for_a_period_that_nobody_calculates(office: Office) -> None:
    _, assignment = office.assigned(CALLS)
    office.records.value = AssertionError("asked")
    for day in (TODAY + timedelta(days=1), DAY - timedelta(days=800)):
        assert office.explain(assignment, day, day)["value_now"] is None


def test_dates_that_are_not_one_period_are_refused(office: Office) -> None:
    _, assignment = office.assigned(CALLS)
    with pytest.raises(InvalidRequest, match="is not one daily period"):
        office.explain(assignment, DAY, DAY + timedelta(days=1))
    with pytest.raises(InvalidRequest, match="must not lie before"):
        office.explain(assignment, DAY, DAY - timedelta(days=1))


def test_a_value_is_explained_only_to_those_who_may_see_the_person(office: Office) -> None:
    _, assignment = office.assigned(CALLS)
    assert office.explain(assignment, caller=MANAGER)["value_now"] == Decimal("10.5")
    with pytest.raises(Forbidden, match="Only this person"):
        office.explain(assignment, caller=STRANGER)


def test_an_assignment_of_somebody_else_or_of_nobody_is_not_found(office: Office) -> None:
    definition, _ = office.assigned(CALLS)
    of_ugo = office.acme.assign(definition, UGO)
    for assignment in (of_ugo, NOBODY):
        with pytest.raises(NotFound, match="This user has no KPI with that id"):
            office.explain(assignment, caller=ADMIN)


# Targets


def test_a_target_is_told_with_where_it_came_from(office: Office) -> None:
    definition, assignment = office.assigned(RATINGS, target=None)
    assert office.explain(assignment)["target"] == {"value": None, "origin": "none", "range": None}
    office.company_target(definition, 30)
    assert office.explain(assignment)["target"] == {"value": 30, "origin": "company_target", "range": MARCH}


def test_the_companys_target_of_what_adds_up_is_no_target_of_a_person(office: Office) -> None:
    definition, assignment = office.assigned(CALLS, target=None)
    office.company_target(definition, 30)
    assert office.explain(assignment)["target"] == {"value": None, "origin": "none", "range": None}


def test_the_default_that_is_told_is_that_of_the_periods_terms(office: Office) -> None:
    definition, assignment = office.assigned(CALLS, "10", end_date=DAY)
    office.acme.assign(definition, UNA, "20", start_date=DAY + timedelta(days=1))
    assert [office.explain(assignment, day, day)["target"]["value"] for day in (DAY, TODAY)] == [10, 20]


def test_the_days_that_the_terms_covered_are_told_with_the_weight_of_then(office: Office) -> None:
    _, assignment = office.assigned(CALLS)
    office.store("10.5", weight=Decimal(30), covered_days=0, is_partial=True)
    told = office.explain(assignment)["measurement"]
    assert (told["weight"], told["covered_days"], told["is_partial"]) == (30, 0, True)


def test_the_target_of_a_stored_value_is_the_one_in_force_then(office: Office) -> None:
    definition, assignment = office.assigned(RATINGS, target=None)
    office.store("10.5")
    office.company_target(definition, 20)
    told = office.explain(assignment)
    assert told["target"] == {"value": 10, "origin": "assignment_default", "range": None}
    assert told["achievement_formula"].endswith("= 105 %")


def test_a_dated_target_that_was_changed_since_has_lost_its_dates(office: Office) -> None:
    definition, assignment = office.assigned(RATINGS, target=None)
    target = office.company_target(definition, 20)
    twenty = {"target_low": Decimal(20), "target_high": Decimal(20), "target_origin": "company"}
    office.store("10.5", achievement=Decimal("52.50"), **twenty)
    assert office.explain(assignment)["target"]["range"] == MARCH
    office.acme.work.assignments.remove_company_target(target)
    office.company_target(definition, 25)
    told = office.explain(assignment)
    assert told["target"] == {"value": 20, "origin": "company_target", "range": None}
    assert told["achievement_formula"] == "100 + 100 × (10.5 − 20) / |20| = 52.5 %"


def test_a_range_is_told_with_its_two_bounds(office: Office) -> None:
    definition = office.acme.define(
        data_source=CALLS, aggregation_period=Cadence.DAILY, target_type=TargetType.RANGE
    )
    bounds = Target(Decimal(5), Decimal(15))
    assignment = office.acme.assign(definition, UNA, target=None)
    (terms,) = office.acme.work.assignments.by_id[assignment].terms
    office.acme.work.assignments.save_terms({assignment: (replace(terms, target=bounds),)})
    assert office.explain(assignment)["target"]["value"] == {"min": 5, "max": 15}


def test_an_achievement_is_told_with_the_target_type_of_its_version(office: Office) -> None:
    definition, assignment = office.assigned(CALLS)
    office.store("10.5", achievement=Decimal("105.00"))
    told = office.explain(assignment)["achievement_formula"]
    office.acme.work.definitions.save(replace(definition, target_type=TargetType.LOWER_BETTER, version=2))
    assert office.explain(assignment)["achievement_formula"] == told
