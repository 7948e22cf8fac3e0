"""The worked examples of docs/rules/alerts.md are what the rules say."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from lodestar.domain.alerts import CRITICAL_FROM, AlertRule, AlertType, Reading, RuleState, judge, shortfall
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import TargetType
from lodestar.domain.targets import Target
from tests.unit.documents import RULES, Row, table

FIRST_DAY = date(2026, 1, 1)
HUNDRED = Target.point(Decimal(100))


def rule_of(row: Row) -> AlertRule:
    recovery = None if row["recovery"] == "–" else Decimal(row["recovery"])
    return AlertRule(
        id=1,
        definition_id=7,
        alert_type=AlertType.BELOW_TARGET,
        threshold_percentage=Decimal(row["threshold"]),
        recovery_percentage=recovery,
        consecutive_periods=int(row["periods in a row"]),
    )


@pytest.mark.parametrize(
    "row",
    table("alerts.md", "threshold", "recovery", "periods in a row", "values", "the rule after each period"),
    ids=lambda row: row["values"],
)
def test_a_rule_says_of_each_period_what_is_documented(row: Row) -> None:
    state: RuleState | None = None
    said = []
    for number, values in enumerate(row["values"].split(", ")):
        day = FIRST_DAY + timedelta(days=number)
        for revision, value in enumerate(values.split(" → "), 1):
            reading = Reading(3, SubjectType.USER, day, day, revision, False, Decimal(value), HUNDRED)
            judgement = judge(rule_of(row), TargetType.HIGHER_BETTER, state, reading)
            assert judgement is not None
            state = judgement.state
        assert state is not None
        said.append(state.state)
    assert ", ".join(said) == row["the rule after each period"]


def test_the_numbers_beside_the_table_are_those_of_the_code() -> None:
    page = (RULES / "alerts.md").read_text(encoding="utf-8")
    assert f"From {CRITICAL_FROM} % off an alert is `critical`" in page
    nothing = Target.point(Decimal(0))
    assert f"a miss counts as {shortfall(Decimal(-1), nothing, TargetType.HIGHER_BETTER)} %" in page
