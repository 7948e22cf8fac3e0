"""Alert rules: when they fire, go on and resolve."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.alerts import (
    AlertRule,
    AlertType,
    ConditionState,
    Event,
    NotificationChannel,
    Reading,
    RuleState,
    Severity,
    headline,
    judge,
    severity,
    shortfall,
)
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import TargetType
from lodestar.domain.targets import Target

HIGHER, LOWER = TargetType.HIGHER_BETTER, TargetType.LOWER_BETTER
RULE = AlertRule(1, 7, AlertType.BELOW_TARGET, Decimal(20))
FIRST_DAY = date(2026, 1, 1)


def reading(value: str | None, day: int = 0, revision: int = 1, *, is_open: bool = False) -> Reading:
    start = FIRST_DAY + timedelta(days=day)
    number = None if value is None else Decimal(value)
    return Reading(3, SubjectType.USER, start, start, revision, is_open, number, Target.point(Decimal(100)))


def states_after(rule: AlertRule, values: list[str]) -> list[tuple[ConditionState, Event | None]]:
    """What a rule says to one value a day, each with a revision of its own."""
    state: RuleState | None = None
    told = []
    for day, value in enumerate(values):
        judgement = judge(rule, HIGHER, state, reading(value, day))
        assert judgement is not None
        state = judgement.state
        if judgement.event is Event.OPENED:
            state = replace(state, alert_id=9)
        told.append((state.state, judgement.event))
    return told


def test_a_value_that_misses_its_target_by_the_threshold_opens_an_alert() -> None:
    assert states_after(RULE, ["80"]) == [(ConditionState.FIRING, Event.OPENED)]
    assert states_after(RULE, ["80.01"]) == [(ConditionState.OK, None)]


def test_no_value_is_judged_by_a_rule_of_a_type_that_waits() -> None:
    for alert_type in AlertType:
        judgement = judge(replace(RULE, alert_type=alert_type), HIGHER, None, reading("1"))
        assert (judgement is not None) == (alert_type is AlertType.BELOW_TARGET)


def test_the_next_miss_updates_the_alert_and_a_good_value_resolves_it() -> None:
    told = states_after(RULE, ["50", "60", "95"])
    assert told == [
        (ConditionState.FIRING, Event.OPENED),
        (ConditionState.FIRING, Event.CONTINUED),
        (ConditionState.OK, Event.RESOLVED),
    ]


def test_a_stricter_recovery_keeps_an_alert_firing_until_the_value_is_well_back() -> None:
    strict = replace(RULE, recovery_percentage=Decimal(5))
    assert [event for _, event in states_after(strict, ["70", "90", "96"])] == [
        Event.OPENED,
        Event.CONTINUED,
        Event.RESOLVED,
    ]


def test_a_value_back_exactly_at_the_recovery_threshold_has_not_recovered() -> None:
    strict = replace(RULE, recovery_percentage=Decimal(5))
    for rule, at, above in ((RULE, "80", "80.01"), (strict, "95", "95.01")):
        assert states_after(rule, ["50", at])[-1] == (ConditionState.FIRING, Event.CONTINUED)
        assert states_after(rule, ["50", above])[-1] == (ConditionState.OK, Event.RESOLVED)


def test_an_alert_keeps_its_id_for_as_long_as_it_fires() -> None:
    state = RuleState(ConditionState.FIRING, 1, FIRST_DAY, 1, alert_id=9)
    for day, value in ((1, "50"), (2, "60"), (3, "95")):
        judgement = judge(RULE, HIGHER, state, reading(value, day))
        assert judgement is not None
        assert judgement.alert_id == 9
        assert judgement.state.alert_id == (9 if judgement.state.state == ConditionState.FIRING else None)
        state = judgement.state


def test_an_alert_stays_pending_until_the_condition_held_for_enough_periods_in_a_row() -> None:
    patient = replace(RULE, consecutive_periods=3)
    assert states_after(patient, ["50", "50", "90", "50", "50", "50"]) == [
        (ConditionState.PENDING, None),
        (ConditionState.PENDING, None),
        (ConditionState.OK, None),
        (ConditionState.PENDING, None),
        (ConditionState.PENDING, None),
        (ConditionState.FIRING, Event.OPENED),
    ]


@pytest.mark.parametrize(
    ("readings", "state", "hits"),
    [
        ([("50", 0, 1), ("40", 0, 2)], ConditionState.PENDING, 1),
        ([("50", 0, 1), ("50", 1, 1), ("40", 1, 2)], ConditionState.PENDING, 2),
        ([("90", 0, 1), ("40", 0, 2)], ConditionState.PENDING, 1),  # the correction is the first miss
        ([("50", 0, 1), ("90", 0, 2)], ConditionState.OK, 0),  # it never was one
        ([("50", 0, 1), ("90", 0, 2), ("50", 1, 1)], ConditionState.PENDING, 1),
        ([("50", 0, 1), ("50", 1, 1), ("40", 1, 2), ("50", 2, 1)], ConditionState.FIRING, 3),
        (
            [("50", 0, 1), ("50", 1, 1), ("50", 2, 1), ("50", 3, 1)],
            ConditionState.FIRING,
            3,
        ),  # it stays at what it took
    ],
)
def test_a_corrected_value_of_the_same_period_counts_as_one_period(
    readings: list[tuple[str, int, int]], state: ConditionState, hits: int
) -> None:
    patient = replace(RULE, consecutive_periods=3)
    now: RuleState | None = None
    for value, day, revision in readings:
        judgement = judge(patient, HIGHER, now, reading(value, day, revision))
        assert judgement is not None
        now = judgement.state
    _, last_day, last_revision = readings[-1]
    assert now == RuleState(state, hits, FIRST_DAY + timedelta(days=last_day), last_revision)


@pytest.mark.parametrize("recovery", [None, "0"], ids=["no recovery of its own", "recovery 0"])
@pytest.mark.parametrize("threshold", ["0", "20"])
def test_a_target_that_is_met_ends_an_alert_whatever_the_threshold_and_the_recovery(
    threshold: str, recovery: str | None
) -> None:
    rule = replace(
        RULE,
        threshold_percentage=Decimal(threshold),
        recovery_percentage=None if recovery is None else Decimal(recovery),
    )
    assert states_after(rule, ["50", "100"]) == [
        (ConditionState.FIRING, Event.OPENED),
        (ConditionState.OK, Event.RESOLVED),
    ]


def test_the_smallest_miss_keeps_an_alert_firing_where_the_recovery_is_0() -> None:
    strict = replace(RULE, recovery_percentage=Decimal(0))
    assert states_after(strict, ["50", "99.99"])[-1] == (ConditionState.FIRING, Event.CONTINUED)


def state_after(rule: AlertRule, readings: list[tuple[str, int, int]]) -> RuleState:
    """What a rule remembers after values, each of a day and with a revision."""
    state: RuleState | None = None
    for value, day, revision in readings:
        judgement = judge(rule, HIGHER, state, reading(value, day, revision))
        assert judgement is not None
        state = judgement.state
    assert state is not None
    return state


@pytest.mark.parametrize(
    ("readings", "hits"),
    [
        ([("50", 0, 1), ("90", 1, 1), ("50", 1, 2)], 2),
        ([("50", 0, 1), ("90", 1, 1), ("91", 1, 2), ("50", 1, 3)], 2),  # corrected twice
        ([("50", 0, 1), ("50", 1, 1), ("90", 1, 2), ("50", 1, 3)], 2),  # there and back
        ([("50", 0, 1), ("90", 1, 1), ("50", 2, 1)], 1),  # a good period between two misses ends the row
        ([("50", 0, 1), ("90", 1, 1), ("90", 2, 1), ("50", 2, 2)], 1),
    ],
)
def test_a_good_value_that_is_corrected_to_a_miss_goes_on_with_the_misses_before_it(
    readings: list[tuple[str, int, int]], hits: int
) -> None:
    patient = replace(RULE, consecutive_periods=3)
    assert (state_after(patient, readings).state, state_after(patient, readings).hits) == (
        ConditionState.PENDING,
        hits,
    )


def test_an_alert_that_a_wrong_value_ended_fires_again_when_it_is_corrected() -> None:
    patient = replace(RULE, consecutive_periods=2)
    corrected = [("50", 0, 1), ("50", 1, 1), ("90", 2, 1), ("50", 2, 2)]
    assert state_after(patient, corrected).state == ConditionState.FIRING


@given(
    st.lists(st.integers(0, 150).map(str), max_size=8),
    st.lists(st.integers(0, 150).map(str), min_size=1, max_size=4),
    st.integers(1, 4),
)
def test_corrections_lead_where_the_last_of_them_would_have_led_at_once(
    earlier: list[str], revisions: list[str], periods: int
) -> None:
    rule = replace(RULE, consecutive_periods=periods)
    before = [(value, day, 1) for day, value in enumerate(earlier)]
    corrected = [(value, len(earlier), number) for number, value in enumerate(revisions, 1)]
    at_once = [(revisions[-1], len(earlier), 1)]
    assert state_after(rule, before + corrected).state == state_after(rule, before + at_once).state


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (reading("10", 4, 2), "the same revision"),
        (reading("10", 4, 1), "an older revision"),
        (reading("10", 3, 9), "an older period"),
        (reading("10", 5, 1, is_open=True), "an open period"),
        (reading(None, 5, 1), "no value"),
        (replace(reading("10", 5), target=None), "no target"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_rule_has_nothing_to_say_about(seen: Reading, why: str) -> None:
    before = RuleState(ConditionState.OK, 0, FIRST_DAY + timedelta(days=4), 2)
    assert judge(RULE, HIGHER, before, seen) is None


@pytest.mark.parametrize("subject", SubjectType)
def test_a_rule_speaks_of_people_teams_and_the_company_unless_it_names_some(subject: SubjectType) -> None:
    about = replace(reading("10"), subject_type=subject)
    assert judge(RULE, HIGHER, None, about) is not None
    others = tuple(other for other in SubjectType if other is not subject)
    assert judge(replace(RULE, applies_to=others), HIGHER, None, about) is None
    before = RuleState(ConditionState.OK, 0, FIRST_DAY - timedelta(days=1), 2)
    assert judge(replace(RULE, applies_to=others), HIGHER, before, about) is None


def test_a_rule_that_names_no_channel_shows_its_alerts_on_the_dashboard() -> None:
    assert RULE.channels == (NotificationChannel.DASHBOARD,)


def test_an_open_period_is_judged_when_the_rule_asks_for_it() -> None:
    eager = replace(RULE, evaluate_open=True)
    judgement = judge(eager, HIGHER, None, reading("10", is_open=True))
    assert judgement is not None
    assert judgement.event is Event.OPENED


def test_a_rule_without_threshold_does_not_fire_on_a_met_target() -> None:
    judgement = judge(replace(RULE, threshold_percentage=Decimal(0)), HIGHER, None, reading("100"))
    assert judgement is not None
    assert judgement.event is None


@given(st.lists(st.integers(0, 150).map(str), max_size=30), st.integers(1, 4))
def test_alerts_open_and_resolve_in_turn_whatever_the_values(values: list[str], periods: int) -> None:
    events = [event for _, event in states_after(replace(RULE, consecutive_periods=periods), values)]
    turns = [event for event in events if event in (Event.OPENED, Event.RESOLVED)]
    assert turns == [Event.OPENED, Event.RESOLVED] * (len(turns) // 2) + [Event.OPENED] * (len(turns) % 2)


@pytest.mark.parametrize(
    ("value", "target", "direction", "off"),
    [
        (55, (100, 100), HIGHER, 45),
        (145, (100, 100), LOWER, 45),
        (145, (100, 100), HIGHER, 0),
        (55, (100, 100), LOWER, 0),
        (90, (100, 100), TargetType.EXACT, 10),
        (110, (100, 100), TargetType.EXACT, 10),
        (15, (10, 20), TargetType.RANGE, 0),
        (25, (10, 20), TargetType.RANGE, 25),
        (5, (10, 20), TargetType.RANGE, 50),
        (-5, (0, 0), HIGHER, 100),
        (-110, (-100, -100), HIGHER, 10),
        ("0", (0, 0), HIGHER, 0),  # a target of 0 that is met
        ("0", (0, 0), LOWER, 0),
        ("0", (0, 0), TargetType.EXACT, 0),
        ("0.5", (0, 0), HIGHER, 0),
        ("0.5", (0, 0), LOWER, 100),
        ("-0.5", (0, 0), HIGHER, 100),
        ("-0.5", (0, 0), LOWER, 0),
        ("99.5", (100, 100), HIGHER, "0.5"),  # a miss by less than 1
        ("100.5", (100, 100), LOWER, "0.5"),
        ("100.5", (100, 100), HIGHER, 0),
        ("99.5", (100, 100), LOWER, 0),
        ("9.5", (10, 20), TargetType.RANGE, 5),
        ("20.5", (10, 20), TargetType.RANGE, "2.5"),
    ],
)
def test_how_far_off_a_value_is(
    value: int | str, target: tuple[int, int], direction: TargetType, off: int | str
) -> None:
    found = shortfall(Decimal(value), Target(Decimal(target[0]), Decimal(target[1])), direction)
    assert found == Decimal(off)
    assert headline(Severity.WARNING, "Calls", found, direction).startswith("WARNING: Calls ")


numbers = st.decimals(-1000, 1000, places=2)


@given(numbers, numbers, numbers, st.sampled_from(TargetType))
def test_a_value_is_off_its_target_by_nothing_exactly_where_it_meets_it(
    value: Decimal, one: Decimal, other: Decimal, direction: TargetType
) -> None:
    target = Target(min(one, other), max(one, other))
    off = shortfall(value, target, direction)
    met = {HIGHER: value >= target.low, LOWER: value <= target.high}.get(
        direction, target.nearest(value) == value
    )
    assert off >= 0
    assert (off == 0) == met


def test_forty_percent_off_is_critical_unless_the_rule_fixes_its_severity() -> None:
    assert severity(RULE, Decimal("39.99")) is Severity.WARNING
    assert severity(RULE, Decimal(40)) is Severity.CRITICAL
    assert severity(replace(RULE, severity=Severity.WARNING), Decimal(90)) is Severity.WARNING


def test_the_headline_says_below_or_above_by_the_direction_of_the_kpi() -> None:
    assert headline(Severity.CRITICAL, "Daily Revenue", Decimal(45), HIGHER) == (
        "CRITICAL: Daily Revenue 45% below target"
    )
    assert headline(Severity.WARNING, "Churn", Decimal("15.4"), LOWER) == "WARNING: Churn 15% above target"
    for either_way in (TargetType.EXACT, TargetType.RANGE):
        assert headline(Severity.WARNING, "Room", Decimal(9), either_way) == "WARNING: Room 9% off target"
