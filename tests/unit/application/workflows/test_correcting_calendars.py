"""A calendar is corrected from a day in the past on: what it cuts otherwise is measured anew, all once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodestar.application.calculation.ports import SourceRequest
from lodestar.application.calculation.running import start_planned_run
from lodestar.application.people.shapes import CompanyChange
from lodestar.application.workflows.changing_companies import SettingsContext, change_company
from lodestar.domain.alerts import AlertRule, AlertState, AlertType, CloseReason, NotificationChannel
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import Rollup
from lodestar.domain.measurements import MeasurementState, SlotKey
from lodestar.domain.periods import Cadence, Calendar, Period
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Conflict
from lodestar.domain.runs import Judging, NewRun, RunKind
from lodestar.domain.sources import KpiInput, ManualSource
from lodestar.domain.targets import Target
from lodestar.domain.values import Failure, Value
from tests.fakes.alerts import StoredAlert
from tests.fakes.people import ACME, caller_of
from tests.fakes.work import shown
from tests.unit.application.calculation.firm import WEDNESDAY, Firm, formula_over, measurement_of

SINCE = date(2025, 10, 1)
"""Since then everything is measured; a Wednesday, and the first day of a quarter."""
SUPERUSER = caller_of(Role.SUPERUSER, company_id=99)


class Hours:
    """A source with one record each hour: a value tells how long its period is."""

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        begins, ends = request.instants
        return dict.fromkeys(request.subjects, Decimal((ends - begins) / timedelta(hours=1)))


class Away:
    """A source that cannot be reached."""

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        return dict.fromkeys(request.subjects, Failure("source_down", "The source is away."))


@dataclass
class Office:
    """A person with a KPI of each cadence, measured up to noon of Wednesday, 4 March 2026.

    The company has their sum, and the person a formula over the value and the one a period before.
    """

    firm: Firm = field(default_factory=lambda: Firm(source=Hours()))
    assigned: dict[Cadence, int] = field(default_factory=dict)
    of_company: dict[Cadence, int] = field(default_factory=dict)
    of_two: dict[Cadence, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        user = self.firm.user()
        for cadence in Cadence:
            kpi = self.firm.kpi(cadence, aggregation_period=cadence, rollup=Rollup.SUM)
            self.assigned[cadence] = self.firm.assign(kpi, user=user)
            self.of_company[cadence] = self.firm.assign(kpi)
            both = formula_over(KpiInput(cadence), KpiInput(cadence, offset=-1))
            formula = self.firm.kpi(f"two_{cadence}", both, aggregation_period=cadence)
            self.of_two[cadence] = self.firm.assign(formula, user=user)
        self.firm.calculate(SINCE, WEDNESDAY)
        self.firm.calculate(WEDNESDAY, WEDNESDAY, kind=RunKind.REFRESH)

    @property
    def calendar(self) -> Calendar:
        return self.firm.work.people.companies[ACME.id].calendar

    def correct(self, **fields: Any) -> Any:
        """The effects that the answer tells."""
        context = SettingsContext(SUPERUSER, self.firm.work, self.firm.messages)
        answer = change_company(ACME.id, CompanyChange.model_validate(fields), context)
        return json.loads(shown(answer.text)[1]["calendar_effects"] or "null")

    def tick(self, first: date, last: date) -> None:
        """Calculate a week as the schedule does, before all that waits."""
        firm = self.firm
        waiting, firm.messages.sent = firm.messages.sent, []
        run = NewRun(RunKind.SCHEDULED, Cadence.WEEKLY, first, last, "schedule", firm.work.now)
        start_planned_run(run, firm.work, firm.messages)
        firm.work.commit()
        firm.work_off()
        firm.messages.sent = waiting

    def missed_week(self) -> StoredAlert:
        """The alert about the person's newest closed week, which is missed by far."""
        kpi = next(kpi for kpi in self.firm.work.definitions.stored.values() if kpi.key == "weekly")
        user_only = {"applies_to": (SubjectType.USER,), "channels": (NotificationChannel.EMAIL,)}
        rule = AlertRule(0, kpi.id, AlertType.BELOW_TARGET, Decimal(20), **user_only)
        self.firm.work.alerts.add_rule(rule, 1, self.firm.work.now)
        assignment = self.firm.work.assignments.get(self.assigned[Cadence.WEEKLY])
        assert assignment is not None
        (terms,) = assignment.terms
        aimed = replace(terms, target=Target.point(Decimal(1000)))
        self.firm.work.assignments.save_terms({assignment.id: (aimed,)})
        week = self.calendar.last_closed(Cadence.WEEKLY, self.firm.work.now)
        self.firm.calculate(week.start, week.end, judge=Judging.ANEW)
        (alert,) = self.firm.work.alerts.alerts.values()
        return alert

    def closed(self, assignment_id: int) -> dict[Period, Decimal | None]:
        """The values of periods that have ended, by period."""
        today = self.calendar.local_date(self.firm.work.now)
        return {
            key_period: slot.entered.measurement.value
            for key, slot in self.firm.work.values.stored.items()
            if key.assignment_id == assignment_id
            for key_period in [slot.entered.measurement.slot.period]
            if key_period.end < today
        }

    def measured(self, cadence: Cadence) -> dict[Period, tuple[Decimal | None, bool, int]]:
        """Value, whether it is open, and its revision, by period."""
        return {
            slot.entered.measurement.slot.period: (
                slot.entered.measurement.value,
                slot.state is MeasurementState.OPEN,
                slot.revision,
            )
            for key, slot in self.firm.work.values.stored.items()
            if key.assignment_id == self.assigned[cadence]
        }


def expected(calendar: Calendar, cadence: Cadence, office: Office) -> dict[Period, Decimal]:
    """The hours of each period that has closed by noon of Wednesday, and begun in what was measured."""
    found: dict[Period, Decimal] = {}
    period = calendar.last_closed(cadence, office.firm.work.now)
    while period.start >= SINCE:
        starts, ends = calendar.instants(period)
        found[period] = Decimal((ends - starts) / timedelta(hours=1))
        period = calendar.previous(period)
    return found


RULES = st.fixed_dictionaries(
    {},
    optional={
        "timezone": st.sampled_from(["Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati", "UTC"]),
        "week_start": st.just("sunday"),
        "fiscal_year_start_month": st.integers(1, 12),
    },
).filter(bool)
DAYS = st.dates(SINCE + timedelta(days=100), WEDNESDAY)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(RULES, DAYS), min_size=1, max_size=3))
def test_after_corrections_every_closed_period_is_measured_once_by_the_calendar_that_counts(
    corrections: list[tuple[dict[str, Any], date]],
) -> None:
    office = Office()
    for rules, first_day in corrections:
        office.correct(**rules, effective_from=first_day)
        office.firm.work_off()
    today = office.calendar.local_date(office.firm.work.now)
    for cadence in Cadence:
        measured = office.measured(cadence)
        closed = {period: value for period, (value, _, _) in measured.items() if period.end < today}
        hours = expected(office.calendar, cadence, office)
        assert closed == hours
        assert office.closed(office.of_company[cadence]) == hours
        looking_back = {
            period: value + hours[before]
            for period, value in hours.items()
            if (before := office.calendar.previous(period)) in hours
        }
        found = office.closed(office.of_two[cadence])
        assert {period: found[period] for period in looking_back} == looking_back
        assert not any(is_open for period, (_, is_open, _) in measured.items() if period.end < today)
        assert all(period.start <= today for period in measured)
        in_order = sorted(measured, key=lambda period: period.start)
        assert all(not one.shares_a_day_with(after) for one, after in pairwise(in_order))


@settings(max_examples=30, deadline=None)
@given(RULES, DAYS)
def test_periods_that_end_before_the_first_day_stay_as_they_are(
    rules: dict[str, Any], first_day: date
) -> None:
    office = Office()
    before = {cadence: office.measured(cadence) for cadence in Cadence}
    office.correct(**rules, effective_from=first_day)
    office.firm.work_off()
    for cadence in Cadence:
        after = office.measured(cadence)
        kept = {period for period in before[cadence] if period.end < first_day}
        assert {period: after[period] for period in kept} == {
            period: before[cadence][period] for period in kept
        }


def test_what_there_is_no_more_stays_until_its_place_is_taken() -> None:
    office = Office()
    before = office.measured(Cadence.WEEKLY)
    told = office.correct(week_start="sunday", effective_from="2026-02-16")
    assert office.measured(Cadence.WEEKLY) == before
    (run_id,) = told["run_ids"]
    run = office.firm.work.calculation.runs[run_id].run
    assert (run.cadence, run.period_start) == (Cadence.WEEKLY, date(2026, 2, 16))
    office.firm.work_off()
    own = office.assigned[Cadence.WEEKLY]
    gone = {key.period_start for key in office.firm.work.values.superseded if key.assignment_id == own}
    assert gone == {date(2026, 2, 16), date(2026, 2, 23)}
    weeks = sorted(
        str(period) for period in office.measured(Cadence.WEEKLY) if period.end >= date(2026, 2, 9)
    )
    assert weeks == [
        "2026-02-09..2026-02-15",
        "2026-02-16..2026-02-21",  # the first one begins with the new rule
        "2026-02-22..2026-02-28",
        "2026-03-01..2026-03-07",  # it runs
    ]


def weeks_of(office: Office) -> list[Period]:
    return sorted(office.measured(Cadence.WEEKLY), key=lambda week: week.start)


def test_what_a_source_that_is_away_cannot_replace_stays_until_any_later_run_can() -> None:
    office = Office()
    before = weeks_of(office)
    office.correct(week_start="sunday", effective_from="2026-02-16")
    office.firm.source = Away()
    office.firm.work_off()
    assert weeks_of(office) == before
    office.firm.source = Hours()
    office.tick(date(2026, 2, 22), date(2026, 2, 28))
    assert [str(week) for week in weeks_of(office)[-2:]] == [
        "2026-02-09..2026-02-15",
        "2026-02-22..2026-02-28",  # both weeks that share a day with it are gone
    ]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("correct"), st.sampled_from(["sunday", "monday"]), DAYS),
            st.tuples(st.just("work"), st.sampled_from([Hours, Away]), st.none()),
            st.tuples(st.just("tick"), st.integers(1, 4), st.none()),
        ),
        min_size=2,
        max_size=8,
    )
)
def test_no_day_is_measured_twice_by_what_runs_have_written(steps: list[tuple[str, Any, Any]]) -> None:
    office = Office()
    written = set(weeks_of(office))
    for step, what, first_day in steps:
        match step:
            case "correct":
                office.correct(week_start=what, effective_from=first_day)
            case "work":
                office.firm.source = what()
                office.firm.work_off()
            case "tick":
                calendar = office.calendar
                week = calendar.previous(calendar.containing(Cadence.WEEKLY, WEDNESDAY), what)
                office.tick(week.start, week.end)
        weeks = weeks_of(office)
        assert all(not one.shares_a_day_with(next_) for one, next_ in pairwise(weeks)), (written, weeks)
    office.firm.source = Hours()
    before_all = SINCE + timedelta(
        days=99
    )  # no step has corrected from there: this one does change something
    office.correct(week_start="sunday", effective_from=before_all)
    office.firm.work_off()
    assert office.closed(office.assigned[Cadence.WEEKLY]) == expected(office.calendar, Cadence.WEEKLY, office)


def test_days_that_a_period_counted_for_which_there_is_no_more_are_scored_again() -> None:
    office = Office()
    office.correct(week_start="sunday", effective_from="2026-02-19")  # a Thursday: the week ends on the 18th
    office.firm.work_off()
    scored = office.firm.work.values.scored
    scored_by_now = len(scored)
    office.correct(week_start="monday", effective_from="2026-02-01")
    office.firm.work_off()
    again = {scored_day.day for scored_day in scored[scored_by_now:]}
    assert {date(2026, 2, day) for day in range(18, 29)} <= again


def test_closed_periods_of_a_retired_kpi_follow_and_nobody_is_told_of_it() -> None:
    office = Office()
    definitions = office.firm.work.definitions.stored
    alert = office.missed_week()
    office.firm.work.alerts.close_alerts([1], CloseReason.KPI_RETIRED, office.firm.work.now)
    for kpi in [kpi for kpi in definitions.values() if kpi.key in ("weekly", "two_weekly")]:
        definitions[kpi.id] = kpi.retired(WEDNESDAY, office.firm.work.now)
    office.correct(week_start="sunday", effective_from="2026-02-16")
    office.firm.work_off()
    hours = expected(office.calendar, Cadence.WEEKLY, office)
    for assignment_id in (office.assigned[Cadence.WEEKLY], office.of_company[Cadence.WEEKLY]):
        assert office.closed(assignment_id) == hours
    assert len(office.firm.work.alerts.alerts) == 1
    assert alert.close_reason is CloseReason.KPI_RETIRED


def test_what_ends_when_a_kpi_was_retired_or_later_is_none_of_it() -> None:
    office = Office()
    definitions = office.firm.work.definitions.stored
    (kpi,) = [kpi for kpi in definitions.values() if kpi.key == "weekly"]
    definitions[kpi.id] = kpi.retired(date(2026, 2, 23), office.firm.work.now)
    office.correct(week_start="sunday", effective_from="2026-02-09")
    office.firm.work_off()
    hours = expected(office.calendar, Cadence.WEEKLY, office)
    closed = office.closed(office.assigned[Cadence.WEEKLY])
    assert {week: value for week, value in closed.items() if week.end < date(2026, 2, 23)} == {
        week: value for week, value in hours.items() if week.end < date(2026, 2, 23)
    }


def test_an_alert_ends_with_its_period_where_nothing_that_may_be_judged_takes_its_place() -> None:
    office = Office()
    alert = office.missed_week()
    office.correct(week_start="sunday", effective_from="2026-02-26")  # cut into 3 days and 3 days
    office.firm.work_off()
    assert (alert.state, alert.close_reason) == (AlertState.CLOSED, CloseReason.WITHDRAWN)


def test_a_day_that_runs_again_is_open_and_is_planned_once_more() -> None:
    office = Office()
    yesterday = WEDNESDAY - timedelta(days=1)
    firm = office.firm
    firm.run(yesterday, yesterday, kind=RunKind.SCHEDULED)
    planned = firm.work.calculation.planned_periods
    day = Period(Cadence.DAILY, yesterday, yesterday)
    assert day in planned(Cadence.DAILY, yesterday)
    firm.work.now = firm.work.now.replace(hour=1)  # in Berlin it is Wednesday, in Honolulu still Tuesday
    office.correct(timezone="Pacific/Honolulu", effective_from="2026-02-02")
    assert day not in planned(Cadence.DAILY, yesterday)
    assert (day, yesterday) in firm.work.values.reopened


def test_a_dry_run_starts_nothing() -> None:
    office = Office()
    runs = len(office.firm.work.calculation.runs)
    told = office.correct(week_start="sunday", effective_from="2026-02-16", dry_run=True)
    # Two weeks of the person and the company, and three of the formula, which looks back from the running one.
    assert (told["run_ids"], told["calculated_values"]) == ([], 7)
    assert len(office.firm.work.calculation.runs) == runs
    assert office.firm.work.values.reopened == []


def test_entered_values_that_lose_their_period_are_confirmed_and_superseded() -> None:
    office = Office()
    firm = office.firm
    kpi = firm.kpi("rating", ManualSource(), aggregation_period=Cadence.WEEKLY)
    assigned = firm.assign(kpi, user=firm.user())
    firm.enter(kpi, assigned, date(2026, 2, 20), "7")
    asked: dict[str, Any] = {"week_start": "sunday", "effective_from": "2026-02-16"}
    with pytest.raises(Conflict, match=r"1 entered values and 0 dated targets .* set confirm to 1"):
        office.correct(**asked)
    office.correct(**asked, confirm=1)
    key = SlotKey(assigned, date(2026, 2, 16), date(2026, 2, 22))
    assert key in firm.work.values.stored
    firm.work_off()
    assert key in firm.work.values.superseded
    assert measurement_of(kpi, assigned, date(2026, 2, 20), Decimal(7)).slot.key == key
