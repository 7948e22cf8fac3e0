"""One batch: values from the sources, and what follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.calculation.calculating import MAX_BATCH_ATTEMPTS
from lodestar.application.calculation.ports import SourceRequest
from lodestar.application.values.ports import UserDay
from lodestar.domain.alerts import AlertRule, AlertType, NotificationChannel
from lodestar.domain.assignments import Terms
from lodestar.domain.definitions import MissingData, Rollup
from lodestar.domain.measurements import MeasurementState, Outcome, SlotKey, SlotOutcome
from lodestar.domain.periods import Cadence
from lodestar.domain.refusals import Contended, Interrupted, LodestarError, Unavailable
from lodestar.domain.runs import BatchState, RunKind, RunState
from lodestar.domain.sources import (
    AggregationMethod,
    InputSubject,
    KpiInput,
    ManualSource,
    RecordsSource,
    UnreadableSource,
)
from lodestar.domain.targets import Target
from lodestar.domain.values import Failure, NoData, Skipped, Value
from tests.fakes.calculation import FakeSource
from tests.unit.application.calculation.firm import (
    LONG_AGO,
    MONDAY,
    THURSDAY_NIGHT,
    TUESDAY,
    WEDNESDAY,
    Firm,
    formula_over,
    on,
)

AVERAGE = RecordsSource("calls", AggregationMethod.AVERAGE)
"""People's averages do not add up to the company's."""


class DayOfTheMonth:
    """A source whose value is the day of the month, in UTC."""

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        return dict.fromkeys(request.subjects, Decimal(request.instants[0].day))


@dataclass
class Raising:
    """A source that raises for one KPI, and has 5 for all others."""

    error: Exception
    key: str = "calls"

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        if request.definition.key == self.key:
            raise self.error
        return dict.fromkeys(request.subjects, Decimal(5))


@pytest.fixture
def firm() -> Firm:
    return Firm()


def test_a_batch_writes_a_measurement_for_each_slot_and_notes_what_became_of_it(firm: Firm) -> None:
    calls, una = firm.kpi(), firm.user()
    assigned = firm.assign(calls, user=una, target=Target.point(Decimal(10)))
    run_id = firm.calculate()
    assert [firm.value_of(assigned, day) for day in (MONDAY, TUESDAY)] == [5, 5]
    measurement = firm.work.values.stored[on(assigned, MONDAY)].entered.measurement
    assert (measurement.achievement, measurement.state) == (50, MeasurementState.FINAL)
    assert firm.outcomes_of(run_id) == [
        Outcome(on(assigned, day), 1, SlotOutcome.COMPUTED) for day in (MONDAY, TUESDAY)
    ]
    assert firm.work.calculation.runs[run_id].state is RunState.COMPLETED


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (NoData("no_rows"), (SlotOutcome.NO_DATA, "no_rows", None)),
        (
            Failure("query_failed", "Column x is unknown."),
            (SlotOutcome.ERROR, "query_failed", "Column x is unknown."),
        ),
        (Skipped("no_external_id"), (SlotOutcome.SKIPPED, "no_external_id", None)),
        (
            Decimal("1e15"),
            (
                SlotOutcome.ERROR,
                "out_of_range",
                "The value is too large to be kept: it has more than 14 digits.",
            ),
        ),
    ],
    ids=["no data", "an error", "skipped", "a number that no row can hold"],
)
def test_what_is_no_number_is_told_with_its_reason(
    firm: Firm, value: Value, outcome: tuple[SlotOutcome, str, str | None]
) -> None:
    assigned = firm.assign(firm.kpi(), user=firm.user())
    firm.source = FakeSource(value)
    run_id = firm.calculate(MONDAY, MONDAY)
    assert firm.outcomes_of(run_id) == [Outcome(on(assigned, MONDAY), 1, *outcome)]


@pytest.mark.parametrize("value", [Failure("query_failed"), Skipped("no_external_id")])
def test_an_error_or_a_skipped_slot_leaves_the_last_measurement_as_it_is(firm: Firm, value: Value) -> None:
    assigned = firm.assign(firm.kpi(), user=firm.user())
    firm.calculate(MONDAY, MONDAY)
    firm.source = FakeSource(value)
    firm.calculate(MONDAY, MONDAY)
    assert firm.value_of(assigned, MONDAY) == 5


def test_no_data_replaces_the_last_measurement(firm: Firm) -> None:
    assigned = firm.assign(firm.kpi(), user=firm.user())
    firm.calculate(MONDAY, MONDAY)
    firm.source = FakeSource(NoData("no_rows"))
    firm.calculate(MONDAY, MONDAY)
    assert firm.value_of(assigned, MONDAY) is None


def test_values_are_rounded_as_they_are_stored_before_a_formula_takes_them(firm: Firm) -> None:
    una = firm.user()
    firm.assign(firm.kpi("calls"), user=una)
    tenfold = firm.assign(firm.kpi("tenfold", formula_over(KpiInput("calls"), text="x * 10000")), user=una)
    firm.source = FakeSource(Decimal("0.12345"))
    firm.calculate(MONDAY, MONDAY)
    assert firm.value_of(tenfold, MONDAY) == 1234  # of 0.1234, not of 0.12345


def test_one_kpi_that_cannot_be_calculated_fails_alone(firm: Firm) -> None:
    una = firm.user()
    broken, other = firm.assign(firm.kpi("broken"), user=una), firm.assign(firm.kpi("calls"), user=una)
    firm.source = Raising(LodestarError("No such source.", code="no_source"), key="broken")
    run_id = firm.calculate(MONDAY, MONDAY)
    assert firm.outcomes_of(run_id) == [
        Outcome(on(broken, MONDAY), 1, SlotOutcome.ERROR, "no_source", "No such source."),
        Outcome(on(other, MONDAY), 1, SlotOutcome.COMPUTED),
    ]
    assert firm.work.calculation.runs[run_id].state is RunState.COMPLETED_WITH_FAILURES


def test_a_definition_that_cannot_be_read_fails_alone(firm: Firm) -> None:
    una = firm.user()
    source = UnreadableSource("oracle", {})
    unreadable = firm.assign(firm.kpi("odd", source), user=una)
    firm.assign(firm.kpi("calls"), user=una)
    run_id = firm.calculate(MONDAY, MONDAY)
    assert firm.outcomes_of(run_id)[0] == Outcome(
        on(unreadable, MONDAY), 1, SlotOutcome.ERROR, "unreadable_definition", source.message
    )
    assert firm.outcomes_of(run_id)[1].outcome is SlotOutcome.COMPUTED


def test_a_source_that_is_away_lets_the_whole_batch_come_again_with_nothing_written(firm: Firm) -> None:
    una = firm.user()
    assigned = [firm.assign(firm.kpi(key), user=una) for key in ("calls", "visits")]
    firm.source = Raising(Unavailable("The database is away."), key="visits")
    run_id = firm.run()
    with pytest.raises(Unavailable):
        firm.work_on(run_id)
    stored = firm.work.calculation.runs[run_id]
    assert (stored.batches[1].state, stored.batches[1].attempts) == (BatchState.SENT, 1)
    assert (stored.outcomes, firm.work.values.stored) == ({}, {})
    firm.source = FakeSource(Decimal(5))
    firm.work_on(run_id)
    assert [firm.value_of(each, MONDAY) for each in assigned] == [5, 5]


def test_a_batch_that_fails_at_its_last_attempt_reads_failed_with_its_reason_and_ends_its_run(
    firm: Firm,
) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    firm.source = Raising(ZeroDivisionError())
    run_id = firm.run()
    stored = firm.work.calculation.runs[run_id]
    for _ in range(MAX_BATCH_ATTEMPTS):
        assert stored.batches[1].state is BatchState.SENT
        with pytest.raises(ZeroDivisionError):
            firm.work_on(run_id)
    assert (stored.batches[1].state, stored.batches[1].failure) == (BatchState.FAILED, "ZeroDivisionError")
    assert stored.state is RunState.COMPLETED_WITH_FAILURES


def test_a_connection_that_breaks_fails_no_batch_however_often(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    firm.source = Raising(Interrupted("Away."))
    run_id = firm.run()
    for _ in range(MAX_BATCH_ATTEMPTS + 1):
        with pytest.raises(Interrupted):
            firm.work_on(run_id)
    stored = firm.work.calculation.runs[run_id].batches[1]
    assert (stored.state, stored.attempts) == (BatchState.SENT, 1)


def test_only_faults_of_the_batch_count_between_connections_that_break(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    run_id = firm.run()
    counted = []
    for fault in (Interrupted("Away."), ZeroDivisionError(), Contended("Others."), Unavailable("Away.")):
        firm.source = Raising(fault)
        with pytest.raises(type(fault)):
            firm.work_on(run_id)
        counted.append(firm.work.calculation.runs[run_id].batches[1].attempts)
    assert counted == [1, 1, 2, 2]


def test_a_failed_batch_sends_the_next_stage_on_its_way(firm: Firm) -> None:
    team = firm.team()
    sold = firm.kpi(rollup=Rollup.SUM)
    firm.assign(sold, user=firm.user(team))
    firm.assign(sold, team=team)
    firm.source = Raising(ZeroDivisionError())
    run_id = firm.run(MONDAY, MONDAY)
    firm.work.calculation.runs[run_id].batches[1].attempts = MAX_BATCH_ATTEMPTS - 1
    with pytest.raises(ZeroDivisionError):
        firm.work_on(run_id)
    assert firm.messages.sent == [(run_id, (1,)), (run_id, (2,))]


def test_a_finished_batch_is_left_alone_when_its_message_arrives_again(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    source = firm.source = FakeSource(Decimal(5))
    run_id = firm.calculate(MONDAY, MONDAY)
    asked, attempts = len(source.requests), firm.work.calculation.runs[run_id].batches[1].attempts
    firm.work_on(run_id)
    assert len(source.requests) == asked
    assert firm.work.calculation.runs[run_id].batches[1].attempts == attempts


def test_of_two_workers_on_one_batch_the_slower_writes_nothing(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    run_id = firm.run(MONDAY, MONDAY)

    class Overtaken:
        """While this source is asked, another worker finishes the batch."""

        def values(self, request: SourceRequest) -> Mapping[int, Value]:
            firm.work.calculation.runs[run_id].batches[1].state = BatchState.DONE
            return dict.fromkeys(request.subjects, Decimal(7))

    firm.source = Overtaken()
    firm.work_on(run_id)
    assert firm.work.values.stored == {}
    assert firm.work.commits == 1  # that of taking the batch


def test_the_next_stage_is_sent_when_the_one_before_is_written(firm: Firm) -> None:
    team = firm.team()
    sold = firm.kpi(rollup=Rollup.SUM)
    members = [firm.assign(sold, user=firm.user(team)) for _ in range(2)]
    of_team, of_company = firm.assign(sold, team=team), firm.assign(sold)
    firm.assign(sold, user=firm.user())  # in no team
    run_id = firm.calculate(MONDAY, MONDAY)
    assert firm.messages.sent == [(run_id, (1,)), (run_id, (2,))]
    assert [firm.value_of(member, MONDAY) for member in members] == [5, 5]
    assert (firm.value_of(of_team, MONDAY), firm.value_of(of_company, MONDAY)) == (10, 15)


def test_a_roll_up_without_any_member_has_no_data(firm: Firm) -> None:
    sold = firm.kpi(rollup=Rollup.SUM)
    of_team = firm.assign(sold, team=firm.team())
    run_id = firm.calculate(MONDAY, MONDAY)
    assert firm.outcomes_of(run_id) == [Outcome(on(of_team, MONDAY), 1, SlotOutcome.NO_DATA, "no_values")]


def test_a_formula_that_looks_back_finds_values_of_the_same_batch_whatever_was_defined_first(
    firm: Firm,
) -> None:
    una = firm.user()
    looking_back = firm.assign(firm.kpi("back", formula_over(KpiInput("days", -1), text="x * 10")), user=una)
    days = firm.assign(firm.kpi("days"), user=una)
    firm.source = DayOfTheMonth()
    firm.work.now += timedelta(days=4)
    firm.calculate(MONDAY, WEDNESDAY)
    known = [firm.value_of(days, day) for day in (MONDAY, TUESDAY, WEDNESDAY)]
    assert known == [1, 2, 3]  # midnight of Berlin is the day before in UTC
    assert [firm.value_of(looking_back, day) for day in (MONDAY, TUESDAY, WEDNESDAY)] == [None, 10, 20]


def test_a_formula_takes_the_value_of_the_users_team_and_of_the_company(firm: Firm) -> None:
    team = firm.team()
    calls = firm.kpi("calls", rollup=Rollup.SUM)
    una, alone = firm.user(team), firm.user()
    for assigned in ({"user": una}, {"user": firm.user(team)}, {"user": alone}, {"team": team}, {}):
        firm.assign(calls, **assigned)
    of_team = KpiInput("calls", of=InputSubject.TEAM)
    of_company = KpiInput("calls", of=InputSubject.COMPANY)
    share = firm.kpi("share", formula_over(of_team, of_company, text="x / y * 100"))
    of_una, of_alone = firm.assign(share, user=una), firm.assign(share, user=alone)
    run_id = firm.calculate(MONDAY, MONDAY)
    assert firm.value_of(of_una, MONDAY) == Decimal("66.6667")
    outcome = firm.work.calculation.runs[run_id].outcomes[on(of_alone, MONDAY)]
    assert (outcome.outcome, outcome.reason) == (SlotOutcome.NO_DATA, "missing_input:x")


def test_a_formula_over_a_manual_kpi_uses_what_was_entered(firm: Firm) -> None:
    una = firm.user()
    typed = firm.kpi("typed", ManualSource())
    entered = firm.assign(typed, user=una)
    tenfold = firm.assign(firm.kpi("tenfold", formula_over(KpiInput("typed"), text="x * 10")), user=una)
    firm.enter(typed, entered, MONDAY, "4")
    firm.calculate(MONDAY, TUESDAY)
    assert [firm.value_of(tenfold, day) for day in (MONDAY, TUESDAY)] == [40, None]


def test_a_manual_slot_that_nobody_has_filled_is_skipped_and_awaited(firm: Firm) -> None:
    typed = firm.kpi(source=ManualSource())
    assigned = firm.assign(typed, user=firm.user())
    firm.enter(typed, assigned, MONDAY, "4")
    run_id = firm.calculate(MONDAY, TUESDAY)
    assert firm.outcomes_of(run_id) == [
        Outcome(on(assigned, MONDAY), 1, SlotOutcome.COMPUTED),
        Outcome(on(assigned, TUESDAY), 1, SlotOutcome.SKIPPED, "awaiting_entry"),
    ]
    assert firm.value_of(assigned, MONDAY) == 4


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        ({"start_date": TUESDAY}, [TUESDAY]),
        ({"end_date": MONDAY}, [MONDAY]),
        ({"start_date": TUESDAY, "end_date": TUESDAY}, [TUESDAY]),
        ({"start_date": WEDNESDAY}, []),
    ],
)
def test_only_the_periods_that_an_assignment_covers_are_calculated(
    firm: Firm, dates: dict[str, date], days: list[date]
) -> None:
    calls = firm.kpi()
    firm.assign(calls, user=firm.user())
    assigned = firm.assign(calls, user=firm.user(), **dates)
    run_id = firm.calculate(MONDAY, TUESDAY)
    assert [key.period_start for key in _slots_of(run_id, firm) if key.assignment_id == assigned] == days


def test_a_period_in_which_terms_meet_is_calculated_once_with_the_later_ones(firm: Firm) -> None:
    calls, una = firm.kpi(aggregation_period=Cadence.WEEKLY), firm.user()
    last_week = MONDAY - timedelta(days=7)
    wednesday = last_week + timedelta(days=2)
    old, new = Target.point(Decimal(10)), Target.point(Decimal(20))
    assigned = firm.assign(calls, user=una, end_date=wednesday, target=old, weight=Decimal(3))
    firm.assign(calls, user=una, start_date=wednesday + timedelta(days=1), target=new, weight=Decimal(7))
    run_id = firm.calculate(last_week, MONDAY)
    (key,) = _slots_of(run_id, firm)
    assert key == SlotKey(assigned, last_week, MONDAY - timedelta(days=1))
    measurement = firm.work.values.stored[key].entered.measurement
    assert (measurement.target, measurement.standard.weight) == (new, 7)
    assert (measurement.covered_days, measurement.is_partial) == (7, False)


def test_a_period_that_is_covered_in_part_is_measured_with_its_days(firm: Firm) -> None:
    calls = firm.kpi(aggregation_period=Cadence.WEEKLY)
    last_week = MONDAY - timedelta(days=7)
    hired_late = firm.assign(calls, user=firm.user(), start_date=MONDAY - timedelta(days=3))
    left_early = firm.assign(calls, user=firm.user(), end_date=last_week + timedelta(days=3))
    firm.calculate(last_week, MONDAY)
    found = {key.assignment_id: slot.entered.measurement for key, slot in firm.work.values.stored.items()}
    assert (found[hired_late].covered_days, found[hired_late].is_partial) == (3, True)
    assert (found[left_early].covered_days, found[left_early].is_partial) == (4, False)


def test_an_assignment_without_terms_is_not_calculated(firm: Firm) -> None:
    assigned = firm.assign(firm.kpi(), user=firm.user())
    firm.work.assignments.save_terms({assigned: ()})
    assert firm.outcomes_of(firm.calculate(MONDAY, TUESDAY)) == []


def test_a_target_of_the_assignment_goes_before_the_companys(firm: Firm) -> None:
    calls = firm.kpi(source=AVERAGE)
    firm.assign(calls, target=Target.point(Decimal(100)))
    own = firm.assign(calls, user=firm.user(), target=Target.point(Decimal(10)))
    without = firm.assign(calls, user=firm.user())
    firm.calculate(MONDAY, MONDAY)
    assert [_achievement(firm, each) for each in (own, without)] == [50, 5]


@pytest.mark.parametrize("adding_up", [{}, {"source": AVERAGE, "rollup": Rollup.SUM}])
def test_the_companys_target_of_what_adds_up_is_nobody_elses_unless_it_says_so(
    firm: Firm, adding_up: dict[str, Any]
) -> None:
    ours, for_all = firm.kpi("ours", **adding_up), firm.kpi("for_all", **adding_up)
    firm.assign(ours, target=Target.point(Decimal(100)))
    firm.assign(for_all, target=Target.point(Decimal(100)), for_people=True)
    una = firm.user()
    of_una = [firm.assign(kpi, user=una) for kpi in (ours, for_all)]
    firm.calculate(MONDAY, MONDAY)
    assert [_achievement(firm, each) for each in of_una] == [None, 5]


def test_a_closed_period_keeps_target_weight_and_cap_in_every_later_calculation(firm: Firm) -> None:
    assigned = firm.assign(firm.kpi(), user=firm.user(), target=Target.point(Decimal(10)), weight=Decimal(50))
    firm.calculate(MONDAY, MONDAY)
    before = firm.work.values.stored[on(assigned, MONDAY)].entered.measurement.standard
    changed = Terms(LONG_AGO, None, Decimal(1), Target.point(Decimal(20)))
    firm.work.assignments.save_terms({assigned: (changed,)})
    firm.source = FakeSource(Decimal(8))
    firm.calculate(MONDAY, TUESDAY)
    kept, today = (
        firm.work.values.stored[on(assigned, day)].entered.measurement for day in (MONDAY, TUESDAY)
    )
    assert (kept.value, kept.standard, kept.achievement) == (8, before, 80)
    assert (today.standard.target, today.standard.weight, today.achievement) == (changed.target, 1, 40)


def test_a_closed_period_without_a_target_takes_the_first_one_that_is_set(firm: Firm) -> None:
    assigned = firm.assign(firm.kpi(), user=firm.user(), weight=Decimal(50))
    firm.calculate(MONDAY, MONDAY)
    assert _achievement(firm, assigned) is None
    firm.work.assignments.save_terms(
        {assigned: (Terms(LONG_AGO, None, Decimal(1), Target.point(Decimal(10))),)}
    )
    firm.calculate(MONDAY, MONDAY)
    assert _achievement(firm, assigned) == 50
    assert firm.work.values.stored[on(assigned, MONDAY)].entered.measurement.standard.weight == 50


def _slots_of(run_id: int, firm: Firm) -> list[SlotKey]:
    return [outcome.key for outcome in firm.outcomes_of(run_id)]


def _achievement(firm: Firm, assignment_id: int) -> Decimal | None:
    return firm.work.values.stored[on(assignment_id, MONDAY)].entered.measurement.achievement


def test_scores_follow_for_users_and_closed_periods_only(firm: Firm) -> None:
    calls, una = firm.kpi(), firm.user()
    firm.assign(calls, user=una)
    firm.assign(calls)
    firm.calculate(MONDAY, TUESDAY)
    assert firm.work.values.scored == [UserDay(una, MONDAY), UserDay(una, TUESDAY)]
    firm.calculate(WEDNESDAY, WEDNESDAY, kind=RunKind.REFRESH)
    assert len(firm.work.values.scored) == 2


def test_a_day_whose_value_awaits_entry_has_a_score_all_the_same(firm: Firm) -> None:
    una = firm.user()
    firm.assign(firm.kpi(source=ManualSource()), user=una)
    firm.calculate(MONDAY, TUESDAY)
    assert firm.work.values.scored == [UserDay(una, MONDAY), UserDay(una, TUESDAY)]


@pytest.mark.parametrize(
    ("missing_data", "again"), [(MissingData.EXCLUDE, [MONDAY]), (MissingData.CARRY, [MONDAY, WEDNESDAY])]
)
def test_a_changed_value_changes_the_scores_of_the_days_that_it_is_carried_into(
    firm: Firm, missing_data: MissingData, again: list[date]
) -> None:
    una, before = firm.user(), MONDAY - timedelta(days=1)
    firm.assign(firm.kpi(missing_data=missing_data), user=una)
    firm.work.values.scored += [UserDay(una, day) for day in (MONDAY, WEDNESDAY)]
    firm.calculate(before, before)
    assert firm.work.values.scored[2:] == [UserDay(una, day) for day in (before, *again)]


def test_the_running_day_is_written_open_even_if_its_batch_is_worked_after_midnight(firm: Firm) -> None:
    assigned = firm.assign(firm.kpi(), user=firm.user())
    run_id = firm.run(WEDNESDAY, WEDNESDAY, RunKind.REFRESH)
    firm.work.now = THURSDAY_NIGHT
    firm.work_on(run_id)
    assert firm.work.values.stored[on(assigned, WEDNESDAY)].state is MeasurementState.OPEN


def watch(firm: Firm, definition_id: int, *channels: NotificationChannel) -> None:
    rule = AlertRule(0, definition_id, AlertType.BELOW_TARGET, Decimal(20), channels=channels)
    firm.work.alerts.add_rule(rule, 1, firm.work.now)


def test_publishing_is_asked_for_where_an_alert_has_somebody_to_tell(firm: Firm) -> None:
    calls = firm.kpi()
    firm.assign(calls, user=firm.user(), target=Target.point(Decimal(10)))
    watch(firm, calls.id, NotificationChannel.SLACK)
    firm.calculate(MONDAY, TUESDAY)
    assert len(firm.work.alerts.alerts) == len(firm.work.alerts.outbox) == 1
    assert firm.messages.published == [1]


@pytest.mark.parametrize(
    ("channel", "target"), [(NotificationChannel.DASHBOARD, "10"), (NotificationChannel.SLACK, "5")]
)
def test_publishing_is_not_asked_for_where_nobody_is_to_be_told(
    firm: Firm, channel: NotificationChannel, target: str
) -> None:
    calls = firm.kpi()
    firm.assign(calls, user=firm.user(), target=Target.point(Decimal(target)))
    watch(firm, calls.id, channel)
    firm.calculate(MONDAY, TUESDAY)
    assert firm.messages.published == []


def test_a_source_is_asked_once_for_all_subjects_of_a_type_and_period(firm: Firm) -> None:
    calls = firm.kpi()
    users = [firm.user() for _ in range(3)]
    for user in users:
        firm.assign(calls, user=user)
    firm.assign(calls)
    source = firm.source = FakeSource(Decimal(5))
    firm.calculate(MONDAY, MONDAY)
    assert [request.subjects for request in source.requests] == [tuple(users), (0,)]
    assert [request.definition for request in source.requests] == [calls, calls]


def test_a_kpi_that_was_retired_since_the_run_was_planned_is_not_calculated(firm: Firm) -> None:
    una = firm.user()
    retired = [firm.kpi("calls"), firm.kpi("typed", ManualSource())]
    assigned = [firm.assign(kpi, user=una) for kpi in retired]
    firm.enter(retired[1], assigned[1], MONDAY, "4")
    run_id = firm.run(MONDAY, MONDAY)
    for kpi in retired:
        firm.work.definitions.save(replace(kpi, is_active=False))
    firm.work_on(run_id)
    assert firm.outcomes_of(run_id) == [
        Outcome(on(each, MONDAY), 1, SlotOutcome.SKIPPED, "retired") for each in assigned
    ]
    assert on(assigned[0], MONDAY) not in firm.work.values.stored


def test_a_kpi_that_was_edited_during_a_run_is_calculated_by_what_holds_and_the_outcome_says_so(
    firm: Firm,
) -> None:
    kpi = firm.kpi(rollup=Rollup.SUM)
    of_una, of_company = firm.assign(kpi, user=firm.user()), firm.assign(kpi)
    run_id = firm.run(MONDAY, MONDAY)
    firm.work_on(run_id, 1)
    firm.work.definitions.save(replace(kpi, version=2, rollup=Rollup.AVERAGE))
    firm.work_on(run_id, 2)
    assert firm.outcomes_of(run_id) == [
        Outcome(on(of_una, MONDAY), 1, SlotOutcome.COMPUTED),
        Outcome(on(of_company, MONDAY), 2, SlotOutcome.COMPUTED),
    ]


def refresh(firm: Firm) -> list[tuple[SlotOutcome, str | None]]:
    """What a refresh of the running day writes down."""
    run_id = firm.calculate(WEDNESDAY, WEDNESDAY, kind=RunKind.REFRESH)
    return [(outcome.outcome, outcome.reason) for outcome in firm.outcomes_of(run_id)]


def test_a_refresh_writes_down_what_changed_and_counts_the_rest(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    firm.source = FakeSource(Decimal(5))
    assert refresh(firm) == [(SlotOutcome.COMPUTED, None)]
    assert refresh(firm) == []
    firm.source = FakeSource(Decimal(6))
    assert refresh(firm) == [(SlotOutcome.COMPUTED, None)]
    assert [run.unlisted for run in firm.work.calculation.runs.values()] == [0, 1, 0]


def test_a_refresh_writes_down_every_failure(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    firm.source = FakeSource(Failure("source_down", "Away."))
    assert refresh(firm) == refresh(firm) == [(SlotOutcome.ERROR, "source_down")]


def test_a_refresh_writes_down_once_what_it_waits_for(firm: Firm) -> None:
    firm.assign(firm.kpi(source=ManualSource()), user=firm.user())
    assert refresh(firm) == [(SlotOutcome.SKIPPED, "awaiting_entry")]
    assert refresh(firm) == []
