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
    Event,
    Reading,
    RuleState,
    Severity,
    headline,
    judge,
    severity,
    shortfall,
)
from lodestar.domain.definitions import TargetType
from lodestar.domain.targets import Target

HIGHER, LOWER = TargetType.HIGHER_BETTER, TargetType.LOWER_BETTER
RULE = AlertRule(1, 7, AlertType.BELOW_TARGET, Decimal(20))
FIRST_DAY = date(2026, 1, 1)


def reading(value: str | None, day: int = 0, revision: int = 1, *, is_open: bool = False) -> Reading:
    start = FIRST_DAY + timedelta(days=day)
    number = None if value is None else Decimal(value)
    return Reading(3, "user", start, start, revision, is_open, number, Target.point(Decimal(100)))


def states_after(rule: AlertRule, values: list[str]) -> list[tuple[str, Event | None]]:
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
    assert states_after(RULE, ["80"]) == [("firing", Event.OPENED)]
    assert states_after(RULE, ["80.01"]) == [("ok", None)]


def test_the_next_miss_updates_the_alert_and_a_good_value_resolves_it() -> None:
    told = states_after(RULE, ["50", "60", "95"])
    assert told == [("firing", Event.OPENED), ("firing", Event.CONTINUED), ("ok", Event.RESOLVED)]


def test_a_stricter_recovery_keeps_an_alert_firing_until_the_value_is_well_back() -> None:
    strict = replace(RULE, recovery_percentage=Decimal(5))
    assert [event for _, event in states_after(strict, ["70", "90", "96"])] == [
        Event.OPENED,
        Event.CONTINUED,
        Event.RESOLVED,
    ]


def test_an_alert_stays_pending_until_the_condition_held_for_enough_periods_in_a_row() -> None:
    patient = replace(RULE, consecutive_periods=3)
    assert states_after(patient, ["50", "50", "90", "50", "50", "50"]) == [
        ("pending", None),
        ("pending", None),
        ("ok", None),
        ("pending", None),
        ("pending", None),
        ("firing", Event.OPENED),
    ]


def test_a_corrected_value_of_the_same_period_counts_as_one_period() -> None:
    patient = replace(RULE, consecutive_periods=2)
    first = judge(patient, HIGHER, None, reading("50", 0, revision=1))
    assert first is not None
    again = judge(patient, HIGHER, first.state, reading("40", 0, revision=2))
    assert again is not None
    assert again.state.state == "pending"


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (reading("10", 4, 2), "the same revision"),
        (reading("10", 4, 1), "an older revision"),
        (reading("10", 3, 9), "an older period"),
        (reading("10", 5, 1, is_open=True), "an open period"),
        (reading(None, 5, 1), "no value"),
        (replace(reading("10", 5), target=None), "no target"),
        (replace(reading("10", 5), subject_type="planet"), "a subject that the rule is not about"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_rule_has_nothing_to_say_about(seen: Reading, why: str) -> None:
    before = RuleState("ok", 0, FIRST_DAY + timedelta(days=4), 2)
    assert judge(RULE, HIGHER, before, seen) is None


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
    ],
)
def test_how_far_off_a_value_is(value: int, target: tuple[int, int], direction: TargetType, off: int) -> None:
    assert shortfall(Decimal(value), Target(Decimal(target[0]), Decimal(target[1])), direction) == off


def test_forty_percent_off_is_critical_unless_the_rule_fixes_its_severity() -> None:
    assert severity(RULE, Decimal("39.99")) is Severity.WARNING
    assert severity(RULE, Decimal(40)) is Severity.CRITICAL
    assert severity(replace(RULE, severity=Severity.WARNING), Decimal(90)) is Severity.WARNING


def test_the_headline_says_below_or_above_by_the_direction_of_the_kpi() -> None:
    assert headline(Severity.CRITICAL, "Daily Revenue", Decimal(45), HIGHER) == (
        "CRITICAL: Daily Revenue 45% below target"
    )
    assert headline(Severity.WARNING, "Churn", Decimal("15.4"), LOWER) == "WARNING: Churn 15% above target"
