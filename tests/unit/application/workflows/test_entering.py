"""Entering one value: who may, what is refused in which words, and what follows from it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.caller import Caller
from lodestar.application.values.ports import UserDay
from lodestar.application.values.shapes import EnteredValue, GroupValue
from lodestar.application.workflows.entering import enter_group_value, enter_value
from lodestar.domain.alerts import AlertRule, AlertType, NotificationChannel
from lodestar.domain.assignments import Assignment, UserKpiIds
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.measurements import SlotKey
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Grant, Role
from lodestar.domain.refusals import Forbidden, InvalidContent, InvalidRequest, LodestarError, NotFound
from lodestar.domain.sources import AggregationMethod, DataSource, EnteredBy, ManualSource, RecordsSource
from lodestar.domain.versions import VersionStart
from tests.fakes.firm import NOBODY, Firm, point
from tests.fakes.work import shown

RULES = ManualSource(Decimal(1), Decimal(10), EnteredBy.USER, requires_note_below=Decimal(3))
MONDAY, TODAY = date(2026, 3, 9), date(2026, 3, 10)


@pytest.fixture
def firm() -> Firm:
    return Firm()


@pytest.fixture
def una(firm: Firm) -> int:
    return firm.user()


@pytest.fixture
def calls(firm: Firm, una: int) -> Assignment:
    """Una's daily calls."""
    return firm.assignment(firm.definition(key="calls", data_source=RULES), una, target=point(10))


def enter(
    firm: Firm,
    given: Assignment,
    value: object,
    day: date = MONDAY,
    caller: Caller | None = None,
    **fields: Any,
) -> bool:
    """Enter a value of a person; whether it is the first one for its period."""
    plain = {"actual_value": value, "period_start": day, "period_end": day}
    body = EnteredValue.model_validate(plain | fields)
    entered = enter_value(UserKpiIds(given.user_id or 0, given.id), body, firm.context(caller))
    view, parameters = shown(entered.view.text)
    period = {"period_start": str(body.period_start), "period_end": str(body.period_end)}
    assert (view, parameters) == ("measurement", {"id": given.id, "run_id": None} | period)
    return entered.is_first


def enter_for_company(
    firm: Firm, definition: Definition, value: object, caller: Caller | None = None, **fields: Any
) -> bool:
    body = GroupValue.model_validate({"value": value, "period_date": MONDAY} | fields)
    return enter_group_value(definition.id, body, firm.context(caller)).is_first


def test_a_value_is_measured_against_its_target_and_written_down(firm: Firm, calls: Assignment) -> None:
    assert enter(firm, calls, "7.5", notes="from the list")
    slot = firm.values.stored[SlotKey(calls.id, MONDAY, MONDAY)]
    measurement = slot.entered.measurement
    assert (measurement.value, measurement.achievement, slot.entered.notes, slot.state) == (
        Decimal("7.5"),
        75,
        "from the list",
        "final",
    )
    assert firm.audited() == [
        (
            "value.entered",
            None,
            {"period_start": MONDAY, "value": Decimal("7.5"), "notes": "from the list", "meta_data": {}},
        )
    ]
    assert firm.work.commits == 1


def test_another_value_is_a_correction_that_is_audited_with_what_was_there(
    firm: Firm, calls: Assignment
) -> None:
    enter(firm, calls, 7)
    assert not enter(firm, calls, 8, notes="counted again")
    assert firm.values.stored[SlotKey(calls.id, MONDAY, MONDAY)].state == "restated"
    _, (action, before, after) = firm.audited()
    assert (action, before["value"], after["value"], after["notes"]) == (
        "value.entered",
        7,
        8,
        "counted again",
    )


def test_the_same_value_again_has_no_consequences(firm: Firm, calls: Assignment) -> None:
    enter(firm, calls, 7)
    before = firm.state()
    assert not enter(firm, calls, 7)
    assert firm.state() == before


def test_a_correction_that_says_nothing_of_notes_keeps_them_and_an_empty_one_takes_them_away(
    firm: Firm, calls: Assignment
) -> None:
    enter(firm, calls, 7, notes="from the list")
    stored = firm.values.stored
    enter(firm, calls, 8)
    assert stored[SlotKey(calls.id, MONDAY, MONDAY)].entered.notes == "from the list"
    before = firm.state()
    enter(firm, calls, 8)
    assert firm.state() == before
    enter(firm, calls, 8, notes="")
    assert stored[SlotKey(calls.id, MONDAY, MONDAY)].entered.notes == ""


def test_a_low_value_needs_no_new_notes_where_a_correction_keeps_those_that_are_there(
    firm: Firm, calls: Assignment
) -> None:
    enter(firm, calls, 2, notes="a holiday")
    enter(firm, calls, 1)
    assert firm.values.stored[SlotKey(calls.id, MONDAY, MONDAY)].entered.notes == "a holiday"


def test_a_correction_of_a_closed_period_keeps_its_target_and_weight(firm: Firm, calls: Assignment) -> None:
    enter(firm, calls, 5)
    changed = replace(calls.terms[0], target=point(20), weight=Decimal(9))
    firm.assignments.save_terms({calls.id: (changed,)})
    before = firm.state()
    enter(firm, calls, 5)
    assert firm.state() == before
    enter(firm, calls, 8)
    measurement = firm.values.stored[SlotKey(calls.id, MONDAY, MONDAY)].entered.measurement
    assert (measurement.target, measurement.standard.weight, measurement.achievement) == (point(10), 1, 80)


def test_a_running_period_is_judged_by_the_terms_of_today(firm: Firm, calls: Assignment) -> None:
    enter(firm, calls, 5, TODAY)
    firm.assignments.save_terms({calls.id: (replace(calls.terms[0], target=point(20)),)})
    enter(firm, calls, 5, TODAY)
    measurement = firm.values.stored[SlotKey(calls.id, TODAY, TODAY)].entered.measurement
    assert (measurement.target, measurement.achievement) == (point(20), 25)


def test_a_closed_period_without_a_target_is_judged_by_the_first_that_is_set(firm: Firm, una: int) -> None:
    given = firm.assignment(firm.definition(), una)
    enter(firm, given, 5)
    firm.assignments.save_terms({given.id: (replace(given.terms[0], target=point(10)),)})
    enter(firm, given, 5)
    assert firm.values.stored[SlotKey(given.id, MONDAY, MONDAY)].entered.measurement.achievement == 50


def test_a_value_of_a_few_days_is_taken_and_counted_as_partial(firm: Firm, una: int) -> None:
    february = date(2026, 2, 1), date(2026, 2, 28)
    monthly = firm.definition(aggregation_period=Cadence.MONTHLY)
    given = firm.assignment(monthly, una, start_date=date(2026, 2, 20))
    enter(firm, given, 5, period_start=february[0], period_end=february[1])
    measurement = firm.values.stored[SlotKey(given.id, *february)].entered.measurement
    assert (measurement.covered_days, measurement.is_partial) == (9, True)


def test_a_value_of_a_closed_period_counts_for_the_score_of_its_last_day_and_that_of_a_running_one_not(
    firm: Firm, calls: Assignment, una: int
) -> None:
    enter(firm, calls, 7, TODAY)
    assert firm.values.scored == []
    enter(firm, calls, 7, MONDAY)
    assert firm.values.scored == [UserDay(una, MONDAY)]


def watch(firm: Firm, given: Assignment, *channels: NotificationChannel) -> None:
    """Tell of a value that is a tenth or more below its target."""
    rule = AlertRule(0, given.definition_id, AlertType.BELOW_TARGET, Decimal(10), channels=channels)
    firm.work.alerts.add_rule(rule, firm.admin, firm.work.now)


def test_an_alert_that_a_value_fires_is_told_of_once_it_is_committed(firm: Firm, calls: Assignment) -> None:
    watch(firm, calls, NotificationChannel.EMAIL, NotificationChannel.SLACK)
    enter(firm, calls, 10)
    assert firm.messages.published == []
    enter(firm, calls, 5)
    assert firm.messages.published == [firm.company.id]
    enter(firm, calls, 4)  # the same alert goes on
    assert firm.messages.published == [firm.company.id]


def test_nobody_is_told_of_an_alert_that_the_dashboard_shows(firm: Firm, calls: Assignment) -> None:
    watch(firm, calls, NotificationChannel.DASHBOARD)
    enter(firm, calls, 5)
    assert (len(firm.work.alerts.alerts), firm.messages.published) == (1, [])


@pytest.mark.parametrize(
    ("value", "fields", "error", "field", "sentence"),
    [
        (
            11,
            {},
            InvalidContent,
            "actual_value",
            "actual_value must lie in the allowed_range of 1 to 10.",
        ),
        (
            "0.9",
            {},
            InvalidContent,
            "actual_value",
            "actual_value must lie in the allowed_range of 1 to 10.",
        ),
        (2, {}, InvalidContent, "notes", "A value below 3 needs notes that explain it."),
        (
            5,
            {"period_start": "2026-03-11", "period_end": "2026-03-11"},
            InvalidRequest,
            None,
            "The period 2026-03-11..2026-03-11 has not begun: choose one that has.",
        ),
        (
            5,
            {"period_start": "2024-12-31", "period_end": "2024-12-31"},
            InvalidRequest,
            None,
            "The KPI is not assigned in the period 2024-12-31..2024-12-31, but in 2025-01-01...",
        ),
        (
            5,
            {"period_end": "2026-03-08"},
            InvalidRequest,
            None,
            "period_end 2026-03-08 must not lie before period_start 2026-03-09.",
        ),
    ],
)
def test_a_value_that_breaks_a_rule_is_refused_by_its_field_and_not_written(
    firm: Firm,
    calls: Assignment,
    value: object,
    fields: dict[str, Any],
    error: type[LodestarError],
    field: str | None,
    sentence: str,
) -> None:
    with pytest.raises(error) as refused:
        enter(firm, calls, value, **fields)
    assert refused.value.message == sentence
    assert [detail.field for detail in refused.value.details] == ([field] if field else [])
    assert firm.values.stored == {}
    assert firm.work.commits == 0


@pytest.mark.parametrize("value", [1, 10, 3])
def test_the_bounds_themselves_are_allowed(firm: Firm, calls: Assignment, value: int) -> None:
    assert enter(firm, calls, value, notes="a note")


def test_only_values_of_manual_kpis_are_entered(firm: Firm, una: int) -> None:
    counted = firm.definition(key="pushed", data_source=RecordsSource("s", AggregationMethod.COUNT))
    given = firm.assignment(counted, una)
    with pytest.raises(InvalidContent) as refused:
        enter(firm, given, 5)
    assert refused.value.message == (
        '"pushed" is calculated from its records source: values are entered for manual KPIs only.'
    )


def test_a_person_enters_their_own_value_only_where_the_kpi_says_so(
    firm: Firm, calls: Assignment, una: int
) -> None:
    reserved = firm.assignment(firm.definition(), una)
    mine = firm.caller(una, Role.USER)
    assert enter(firm, calls, 7, caller=mine)
    with pytest.raises(Forbidden, match="Only the manager of this person and admins can enter this value"):
        enter(firm, reserved, 7, caller=mine)
    with pytest.raises(Forbidden, match="Only this person, their manager and admins can see these KPIs"):
        enter(firm, calls, 7, caller=firm.caller(firm.user(), Role.USER))


def test_an_assignment_of_somebody_else_is_not_found(firm: Firm, calls: Assignment) -> None:
    body = EnteredValue.model_validate({"actual_value": 5, "period_start": MONDAY, "period_end": MONDAY})
    for kpi in (UserKpiIds(firm.user(), calls.id), UserKpiIds(NOBODY, calls.id)):
        with pytest.raises(NotFound):
            enter_value(kpi, body, firm.context())


def test_a_value_of_the_company_is_for_the_period_that_holds_its_date(firm: Firm) -> None:
    sales = firm.definition(aggregation_period=Cadence.MONTHLY)
    given = firm.assignment(sales, target=point(100))
    assert enter_for_company(firm, sales, 50, period_date="2026-02-14")
    (key,) = firm.values.stored
    assert key == SlotKey(given.id, date(2026, 2, 1), date(2026, 2, 28))
    assert firm.values.scored == []


def test_facts_that_came_with_a_value_survive_a_correction_that_says_nothing_of_them(firm: Firm) -> None:
    sales = firm.definition()
    given = firm.assignment(sales)
    enter_for_company(firm, sales, 5, meta_data={"shop": "Ulm"})
    stored = firm.values.stored
    enter_for_company(firm, sales, 6)
    assert stored[SlotKey(given.id, MONDAY, MONDAY)].entered.meta_data == {"shop": "Ulm"}
    enter_for_company(firm, sales, 6, meta_data={})
    assert stored[SlotKey(given.id, MONDAY, MONDAY)].entered.meta_data == {}


def test_a_value_of_the_company_is_entered_in_any_of_its_terms_and_in_no_gap(firm: Firm) -> None:
    sales = firm.definition()
    firm.assignment(sales, end_date=date(2026, 3, 6))
    given = firm.assignment(sales, start_date=MONDAY)
    enter_for_company(firm, sales, 5)
    enter_for_company(firm, sales, 5, period_date="2026-03-06")
    assert [key.assignment_id for key in firm.values.stored] == [given.id, given.id]
    with pytest.raises(InvalidRequest) as refused:
        enter_for_company(firm, sales, 5, period_date="2026-03-08")
    assert refused.value.message == (
        "The KPI is not assigned in the period 2026-03-08..2026-03-08, "
        "but in 2025-01-01..2026-03-06, 2026-03-09..."
    )


def test_a_grant_lets_enter_the_values_of_one_kpi_and_seeing_it_does_not(firm: Firm, una: int) -> None:
    sales = firm.definition()
    firm.assignment(sales)
    sees, edits = Grant(can_view=True), Grant(can_view=True, can_edit=True)
    assert enter_for_company(firm, sales, 5, firm.caller(una, Role.USER, grants={sales.id: edits}))
    with pytest.raises(Forbidden, match="with a grant to edit this KPI can enter its values"):
        enter_for_company(firm, sales, 6, firm.caller(una, Role.USER, grants={sales.id: sees}))
    with pytest.raises(Forbidden, match="is locked for you"):
        enter_for_company(firm, sales, 6, firm.caller(una, Role.USER))


def test_a_kpi_that_the_company_does_not_have_takes_no_value_of_it(firm: Firm) -> None:
    with pytest.raises(NotFound, match="no such KPI of the company"):
        enter_for_company(firm, firm.definition(), 5)


def test_of_a_retired_kpi_only_periods_that_ended_before_take_a_value(
    firm: Firm, calls: Assignment, una: int
) -> None:
    sales = firm.definition()
    firm.assignment(sales)
    for kpi in (sales, firm.definitions.stored[calls.definition_id]):
        firm.retire(kpi)
    assert enter(firm, calls, 7)
    assert enter_for_company(firm, sales, 7)
    with pytest.raises(InvalidRequest, match="The KPI was retired on 2026-03-10"):
        enter(firm, calls, 7, TODAY)
    with pytest.raises(InvalidRequest, match="The KPI was retired on 2026-03-10"):
        enter_for_company(firm, sales, 7, period_date=TODAY)


def enter_for_team(
    firm: Firm, definition: Definition, team: int, value: object, caller: Caller | None = None
) -> bool:
    return enter_for_company(firm, definition, value, caller, team_id=team)


def test_a_team_has_values_of_its_own_where_nothing_is_rolled_up(firm: Firm) -> None:
    mood, team = firm.definition(key="mood"), firm.team()
    given = firm.assignment(mood, team_id=team, target=point(10))
    assert enter_for_team(firm, mood, team, 7)
    assert not enter_for_team(firm, mood, team, 8)
    slot = firm.values.stored[SlotKey(given.id, MONDAY, MONDAY)]
    assert (slot.entered.measurement.achievement, slot.state) == (80, "restated")
    assert firm.values.scored == []


def test_a_teams_value_is_for_its_manager_and_admins_to_enter(firm: Firm, una: int) -> None:
    mood, team = firm.definition(), firm.team()
    firm.assignment(mood, team_id=team)
    assert enter_for_team(firm, mood, team, 7, firm.caller(una, Role.MANAGER, managed_team_ids={team}))
    for other in (firm.caller(una, Role.MANAGER), firm.caller(una, Role.USER, team_id=team)):
        with pytest.raises(Forbidden, match="Only the manager of this team and admins can see its KPIs"):
            enter_for_team(firm, mood, team, 8, other)
    sees = replace(firm.caller(una).actor, permissions=frozenset({"kpis.view_all"}))
    with pytest.raises(Forbidden, match="Only the manager of this team and admins can enter its values"):
        enter_for_team(firm, mood, team, 8, replace(firm.caller(una), actor=sees))


def test_a_team_that_is_not_there_or_has_no_such_kpi_takes_no_value(firm: Firm) -> None:
    mood, team = firm.definition(key="mood"), firm.team()
    firm.assignment(mood)
    with pytest.raises(InvalidContent, match="team_id must be the id of a team of your company"):
        enter_for_team(firm, mood, NOBODY, 7)
    with pytest.raises(InvalidContent, match='This team does not have the KPI "mood": assign it to the team'):
        enter_for_team(firm, mood, team, 7)


@pytest.mark.parametrize("rollup", [Rollup.SUM, Rollup.AVERAGE])
def test_what_is_made_of_peoples_values_is_not_entered(firm: Firm, una: int, rollup: Rollup) -> None:
    sold, team = firm.definition(key="sold", rollup=rollup), firm.team()
    given = firm.assignment(sold, una)
    firm.assignment(sold)
    firm.assignment(sold, team_id=team)
    for fields in ({}, {"team_id": team}):
        with pytest.raises(InvalidContent) as refused:
            enter_for_company(firm, sold, 7, **fields)
        assert refused.value.message == (
            f'Values of teams and the company are made of people\'s for "sold" (rollup: {rollup}): '
            "enter those of the people, or set its rollup to none."
        )
        assert [detail.field for detail in refused.value.details] == ["value"]
    assert firm.values.stored == {}
    own = EnteredValue.model_validate({"actual_value": 7, "period_start": MONDAY, "period_end": MONDAY})
    assert enter_value(UserKpiIds(una, given.id), own, firm.context()).is_first


def test_a_value_of_the_company_from_before_the_rollup_can_still_be_corrected(firm: Firm) -> None:
    mood = firm.definition()
    given = firm.assignment(mood)
    enter_for_company(firm, mood, 5)
    after = mood.changed_to(replace(mood, rollup=Rollup.AVERAGE))
    firm.definitions.save(after, VersionStart(TODAY))
    enter_for_company(firm, mood, 6)
    assert firm.values.stored[SlotKey(given.id, MONDAY, MONDAY)].entered.measurement.value == 6
    with pytest.raises(InvalidContent, match="made of people's"):
        enter_for_company(firm, mood, 6, period_date=TODAY)


def change_rules(firm: Firm, given: Assignment, source: DataSource, since: date = TODAY) -> Definition:
    """Another version of the KPI, from a day on."""
    before = firm.definitions.stored[given.definition_id]
    after = before.changed_to(replace(before, data_source=source))
    firm.definitions.save(after, VersionStart(since))
    return after


def test_a_value_is_checked_by_the_rules_of_its_period(firm: Firm, calls: Assignment) -> None:
    change_rules(firm, calls, ManualSource(Decimal(50), Decimal(90)))
    enter(firm, calls, 7)
    with pytest.raises(InvalidContent, match="allowed_range of 50 to 90"):
        enter(firm, calls, 7, TODAY)
    with pytest.raises(InvalidContent, match="allowed_range of 1 to 10"):
        enter(firm, calls, 70)
    enter(firm, calls, 70, TODAY)
    versions = {
        key.period_start: slot.entered.measurement.slot.definition.version
        for key, slot in firm.values.stored.items()
    }
    assert versions == {MONDAY: 1, TODAY: 2}


@pytest.mark.parametrize("day", [MONDAY, TODAY], ids=["closed", "running"])
def test_a_value_that_is_there_already_is_never_refused_again(
    firm: Firm, calls: Assignment, day: date
) -> None:
    enter(firm, calls, 7, day)
    change_rules(firm, calls, ManualSource(Decimal(50), Decimal(90), requires_note_below=Decimal(60)))
    before = firm.state()
    assert not enter(firm, calls, 7, day)
    assert firm.state() == before


def test_another_value_of_the_running_period_keeps_the_new_rules(firm: Firm, calls: Assignment) -> None:
    enter(firm, calls, 7, TODAY)
    change_rules(firm, calls, ManualSource(Decimal(50), Decimal(90)))
    with pytest.raises(InvalidContent, match="allowed_range of 50 to 90"):
        enter(firm, calls, 8, TODAY)


def test_a_kpi_that_is_calculated_now_takes_corrections_of_the_periods_in_which_it_was_entered(
    firm: Firm, calls: Assignment
) -> None:
    enter(firm, calls, 7)
    change_rules(firm, calls, RecordsSource("calls", AggregationMethod.COUNT))
    enter(firm, calls, 8)
    assert firm.values.stored[SlotKey(calls.id, MONDAY, MONDAY)].entered.measurement.value == 8
    with pytest.raises(InvalidContent, match="calculated from its records source"):
        enter(firm, calls, 8, TODAY)


def test_a_kpi_that_is_entered_now_takes_no_values_of_the_periods_in_which_it_was_calculated(
    firm: Firm, una: int
) -> None:
    source = RecordsSource("calls", AggregationMethod.COUNT)
    given = firm.assignment(firm.definition(key="calls", data_source=source), una)
    change_rules(firm, given, ManualSource())
    with pytest.raises(InvalidContent, match="calculated from its records source"):
        enter(firm, given, 8)
    assert enter(firm, given, 8, TODAY)
