from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.assignments import Assignment, Subject, Terms
from lodestar.domain.measurements import (
    CompanyTime,
    KeptStandard,
    MeasurementState,
    Slot,
    SlotKey,
    Standard,
    measure,
    standard_for,
)
from lodestar.domain.periods import Cadence, Calendar, Period
from lodestar.domain.scoring import Status
from lodestar.domain.targets import DatedTarget, Target, TargetOrigin
from lodestar.domain.targets_in_force import Goal, Targets
from lodestar.domain.values import NoData
from tests.fakes.definitions import KPI

CALENDAR = Calendar("UTC")
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
MONTHLY = replace(KPI, id=7, aggregation_period=Cadence.MONTHLY)
FEBRUARY = CALENDAR.containing(Cadence.MONTHLY, date(2026, 2, 1))
MARCH = CALENDAR.next(FEBRUARY)
HUNDRED = Target.point(Decimal(100))


def slot(period: Period = FEBRUARY) -> Slot:
    return Slot.at(CompanyTime(CALENDAR, NOON), 3, MONTHLY, period)


# Slots


def test_a_slot_is_known_by_its_assignment_and_both_ends_of_its_period() -> None:
    assert slot().key == SlotKey(3, date(2026, 2, 1), date(2026, 2, 28))


@pytest.mark.parametrize(
    ("period", "is_open", "is_news", "state"),
    [
        (MARCH, True, True, MeasurementState.OPEN),
        (FEBRUARY, False, True, MeasurementState.FINAL),
        (CALENDAR.previous(FEBRUARY), False, False, MeasurementState.FINAL),
    ],
)
def test_a_running_period_is_open_and_it_and_the_newest_closed_one_are_news(
    period: Period, is_open: bool, is_news: bool, state: MeasurementState
) -> None:
    assert (slot(period).is_open, slot(period).is_news) == (is_open, is_news)
    assert measure(slot(period), Decimal(1), Standard(), period.days).state is state


# What a value is judged by


def test_a_value_is_judged_by_the_exact_achievement_and_shows_the_rounded_one() -> None:
    standard = Standard(Target.point(Decimal(100_000)))
    measured = measure(slot(), Decimal(99_996), standard, FEBRUARY.days)
    assert (measured.achievement, measured.status) == (Decimal("100.00"), Status.ON_TRACK)
    met = measure(slot(), Decimal(100_000), standard, FEBRUARY.days)
    assert (met.achievement, met.status) == (Decimal("100.00"), Status.EXCEEDS)


def test_no_data_has_its_reason_and_no_achievement() -> None:
    measured = measure(slot(), NoData("no_records"), Standard(HUNDRED), FEBRUARY.days)
    assert (measured.value, measured.no_data_reason) == (None, "no_records")
    assert (measured.achievement, measured.status) == (None, Status.NO_DATA)


def test_a_value_without_a_target_has_no_achievement() -> None:
    measured = measure(slot(), Decimal(5), Standard(), FEBRUARY.days)
    assert (measured.target, measured.achievement, measured.status) == (None, None, Status.NO_TARGET)


def test_the_standard_of_today_is_that_of_the_periods_terms_with_the_companys_cap() -> None:
    terms = (
        Terms(date(2026, 1, 1), date(2026, 2, 15), Decimal(10), HUNDRED),
        Terms(date(2026, 2, 16), None, Decimal(30), Target.point(Decimal(50))),
    )
    own = Targets(assignment=Assignment(3, 7, Subject(user_id=1), terms))
    expected = Standard(
        Target.point(Decimal(50)), TargetOrigin.ASSIGNMENT_DEFAULT, Decimal(30), score_cap=Decimal(150)
    )
    assert standard_for(FEBRUARY, own, Goal(), Decimal(150)) == expected
    january = standard_for(CALENDAR.previous(FEBRUARY), own, Goal(), None)
    assert (january.weight, january.target, january.score_cap) == (Decimal(10), HUNDRED, None)


def test_a_period_without_terms_has_no_weight() -> None:
    dated = DatedTarget(HUNDRED, FEBRUARY.start, FEBRUARY.end, NOON)
    standard = standard_for(FEBRUARY, Targets([dated]), Goal(), None)
    assert standard == Standard(HUNDRED, TargetOrigin.RANGE, Decimal(0))


# What a closed period keeps

KEPT = KeptStandard(Standard(HUNDRED, TargetOrigin.RANGE, Decimal(50), Decimal(120)), definition_version=2)
TODAY = Standard(Target.point(Decimal(200)), TargetOrigin.COMPANY, Decimal(1))


def test_a_closed_period_keeps_its_target_weight_and_cap_whatever_holds_today() -> None:
    assert KEPT.with_first_target(TODAY) == KEPT.standard


def test_a_closed_period_without_a_target_takes_the_first_one_and_nothing_else() -> None:
    without = replace(KEPT, standard=replace(KEPT.standard, target=None, origin=TargetOrigin.NONE))
    assert without.with_first_target(TODAY) == Standard(
        TODAY.target, TargetOrigin.COMPANY, Decimal(50), Decimal(120)
    )
    assert without.with_first_target(Standard()) == without.standard


# Few days


@pytest.mark.parametrize(
    ("days", "is_partial"), [(0, True), (13, True), (14, False), (15, False), (28, False)]
)
def test_less_than_half_of_the_days_of_february_are_partial(days: int, is_partial: bool) -> None:
    assert measure(slot(), Decimal(1), Standard(), days).is_partial is is_partial


@given(st.sampled_from(Cadence), st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.data())
def test_a_measurement_is_partial_where_more_days_are_missing_than_there(
    cadence: Cadence, day: date, data: st.DataObject
) -> None:
    period = CALENDAR.containing(cadence, day)
    covered = data.draw(st.integers(0, period.days))
    measured = measure(slot(period), Decimal(1), Standard(), covered)
    assert measured.is_partial is (covered < period.days - covered)
