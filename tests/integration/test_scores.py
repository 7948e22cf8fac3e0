"""The score, the trend and the change in SQL are those that the rules make, told a second time in Python."""

import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lodestar.domain.definitions import Definition, MissingData, TargetType
from lodestar.domain.periods import Cadence
from lodestar.domain.targets import Target
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.tenants import NOW, Tenant, new_tenant, point, user_days
from tests.oracle.scoring import Part, Score, overall
from tests.oracle.trends import change, direction

CLOSED = date(2026, 3, 9)
DAYS = [CLOSED - timedelta(days=back) for back in range(7)]
in_one_database = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25
)


@dataclass(frozen=True)
class Kpi:
    """One part of a score: `now` is the achievement of the closed period, `past` that of an earlier one."""

    weight: Decimal
    missing_data: MissingData
    has_target: bool
    now: Decimal | None
    past: Decimal | None

    @property
    def part(self) -> Part:
        """What the rules of scoring make of it."""
        if not self.has_target:
            return Part(self.weight, None)
        carried = self.past if self.missing_data is MissingData.CARRY else None
        achieved = self.now if self.now is not None else carried
        return Part(self.weight, achieved, self.missing_data is MissingData.ZERO)


percents = st.decimals(0, Decimal("999.99"), places=2)
kpis = st.builds(
    Kpi,
    weight=st.decimals(0, 100, places=2),
    missing_data=st.sampled_from(MissingData),
    has_target=st.sampled_from([True, True, True, False]),
    now=st.none() | percents,
    past=st.none() | percents,
)
caps = st.none() | st.decimals(1, 200, places=2)


def score_of(tenant: Tenant, user_id: int) -> tuple[dict[str, Any], Score]:
    """The answer of the view, and the score of the snapshot."""
    calendar = tenant.company.calendar
    parameters = {"users": [user_id], "on": CLOSED}
    with tenant.work() as work:
        shown = work.views.read("user_kpis", parameters | {"calendar": (calendar, CLOSED, 7)})
        work.values.write_scores(user_days([user_id], [CLOSED]), calendar, NOW)
        kept = work.session.row("select score, coverage from lodestar.snapshots where company_id = :company")
        work.commit()
    score = Score(None, None) if kept is None else Score(**kept)
    return json.loads(shown or "", parse_float=Decimal, parse_int=Decimal), score


def put(tenant: Tenant, user_id: int, kpi: Kpi) -> None:
    definition = tenant.definition(missing_data=kpi.missing_data)
    target = point(100) if kpi.has_target else None
    assignment = tenant.assignment(definition, user_id, weight=kpi.weight, target=target)
    kept = (
        (day, None if achieved is None else str(achieved), achieved if kpi.has_target else None)
        for day, achieved in ((CLOSED, kpi.now), (DAYS[3], kpi.past))
    )
    tenant.write(
        [
            tenant.measurement(assignment, definition, day, value, achievement=achieved)
            for day, value, achieved in kept
        ]
    )


@given(st.lists(kpis, max_size=6), caps)
@example([Kpi(Decimal(0), MissingData.ZERO, True, Decimal(50), None)], None)  # nothing to divide by
@in_one_database
def test_the_score_in_sql_is_the_score_of_the_rules(
    context: WorkContext, parts: list[Kpi], cap: Decimal | None
) -> None:
    tenant = new_tenant(context, score_cap=cap)
    user_id = tenant.user()
    for each in parts:
        put(tenant, user_id, each)
    shown, kept = score_of(tenant, user_id)
    expected = overall([part.part for part in parts], cap)
    assert (shown["overall_score"], shown["coverage"]) == (expected.score, expected.coverage)
    assert kept == expected


def of_equal_weight(*achievements: str) -> list[Kpi]:
    return [
        Kpi(Decimal(1), MissingData.EXCLUDE, True, Decimal(achievement), None) for achievement in achievements
    ]


@pytest.mark.parametrize(
    ("achievements", "score"),
    [
        (("0.01", "0.00"), "0.00"),
        (("0.01", "0.02"), "0.02"),
        (("80.01", "80.00"), "80.00"),
        (("80.01", "80.02"), "80.02"),
        (("999.99", "999.98"), "999.98"),
    ],
)
def test_a_half_goes_to_the_even_neighbour(tenant: Tenant, achievements: list[str], score: str) -> None:
    user_id = tenant.user()
    parts = of_equal_weight(*achievements)
    for each in parts:
        put(tenant, user_id, each)
    _, kept = score_of(tenant, user_id)
    assert kept.score == overall([part.part for part in parts]).score == Decimal(score)


@given(st.decimals(-(10**12), 10**12, places=5))
@example(Decimal("-0.005"))
@example(Decimal("0.015"))
@in_one_database
def test_two_decimals_are_rounded_as_decimal_rounds_them(context: WorkContext, number: Decimal) -> None:
    with context.engine.connect() as connection:
        sql = "select lodestar.two_decimals($1::numeric)"
        assert connection.exec_driver_sql(sql, (number,)).scalar() == round(number, 2)


@pytest.fixture(scope="module")
def module_tenant(context: WorkContext) -> Tenant:
    return new_tenant(context)


def entry_of(tenant: Tenant, user_id: int) -> dict[str, Any]:
    shown, _ = score_of(tenant, user_id)
    (entry,) = shown["kpis"]
    return dict(entry)


values = st.none() | st.decimals(-(10**6), 10**6, places=4)
spans = st.tuples(st.decimals(-1000, 1000, places=4), st.decimals(0, 1000, places=4))
targets = st.none() | spans.map(lambda span: Target(span[0], span[0] + span[1]))


@given(st.lists(values, min_size=7, max_size=7), st.sampled_from(TargetType), targets)
@example([Decimal(1), Decimal(0)] + [None] * 5, TargetType.HIGHER_BETTER, None)
@example([Decimal("8.0005"), Decimal(8)] + [None] * 5, TargetType.LOWER_BETTER, None)
@in_one_database
def test_trend_and_change_in_sql_are_those_of_the_rules(
    module_tenant: Tenant, newest_first: list[Decimal | None], target_type: TargetType, target: Target | None
) -> None:
    tenant, user_id = module_tenant, module_tenant.user()
    definition = tenant.definition(target_type=target_type)
    assignment = tenant.assignment(definition, user_id, target=target)
    rows = [
        tenant.measurement(assignment, definition, day, None if value is None else str(value))
        for day, value in zip(DAYS, newest_first, strict=True)
    ]
    tenant.write(rows)
    entry = entry_of(tenant, user_id)
    assert entry["trend"] == newest_first[5::-1]
    assert entry["change"] == expected_change(newest_first, definition, target)


def expected_change(
    newest_first: list[Decimal | None], definition: Definition, target: Target | None
) -> dict[str, object] | None:
    moved = change(newest_first[0], newest_first[1])
    if moved is None:
        return None
    return {
        "absolute": moved.absolute,
        "percent": moved.percent,
        "direction": direction(moved, definition.target_type, target),
    }


def test_a_change_is_judged_by_the_target_of_today(tenant: Tenant) -> None:
    user_id, definition = tenant.user(), tenant.definition(target_type=TargetType.EXACT)
    assignment = tenant.assignment(definition, user_id, target=point(10))
    before = tenant.measurement(assignment, definition, DAYS[1], "20", target=None)
    tenant.write([before, tenant.measurement(assignment, definition, DAYS[0], "15")])
    assert entry_of(tenant, user_id)["change"]["direction"] == "improving"


def test_the_newest_closed_period_is_shown_and_the_running_one_only_before_it(tenant: Tenant) -> None:
    user_id, definition = tenant.user(), tenant.definition()
    assignment = tenant.assignment(definition, user_id)
    running = tenant.measurement(assignment, definition, CLOSED + timedelta(days=1), "2", is_open=True)
    tenant.write([running])
    assert entry_of(tenant, user_id)["current_measurement"]["state"] == "open"
    tenant.write([tenant.measurement(assignment, definition, CLOSED, "1")])
    assert entry_of(tenant, user_id)["current_measurement"]["actual_value"] == 1


def test_a_kpi_that_counts_as_zero_does_so_by_the_target_of_the_company_too(tenant: Tenant) -> None:
    user_id, definition = tenant.user(), tenant.definition(missing_data=MissingData.ZERO)
    assignment = tenant.assignment(definition, user_id)
    tenant.write([tenant.measurement(assignment, definition, CLOSED, None, target=point(10))])
    _, kept = score_of(tenant, user_id)
    assert kept == Score(Decimal(0), Decimal(100))


@pytest.mark.parametrize("cadence", Cadence)
def test_every_cadence_counts_its_newest_closed_period(tenant: Tenant, cadence: Cadence) -> None:
    user_id, definition = tenant.user(), tenant.definition(aggregation_period=cadence)
    assignment = tenant.assignment(definition, user_id, target=point(10))
    closed = tenant.company.calendar.last_closed(
        cadence,
        tenant.company.calendar.instants(tenant.company.calendar.containing(Cadence.DAILY, CLOSED))[1],
    )
    tenant.write([tenant.measurement(assignment, definition, closed.start, "5")])
    tenant.assignment(
        tenant.definition(), user_id, weight=Decimal(0)
    )  # it closes every day, and weighs nothing
    _, kept = score_of(tenant, user_id)
    assert kept == Score(Decimal(50), Decimal(100))


def test_a_day_on_which_no_period_closes_has_no_score_and_loses_one_that_it_had(tenant: Tenant) -> None:
    user_id, weekly = tenant.user(), tenant.definition(aggregation_period=Cadence.WEEKLY)
    assignment = tenant.assignment(weekly, user_id, target=point(10))
    week = tenant.company.calendar.containing(Cadence.WEEKLY, CLOSED - timedelta(days=7))
    tenant.write([tenant.measurement(assignment, weekly, week.start, "5")])
    days = user_days([user_id], [week.end, week.end + timedelta(days=1)])
    kept = "select on_date from lodestar.snapshots where company_id = :company"
    for at in (NOW, NOW + timedelta(hours=1)):
        with tenant.work() as work:
            work.values.write_scores(days, tenant.company.calendar, at)
            assert [row["on_date"] for row in work.session.rows(kept)] == [week.end]
            work.session.run(
                "insert into lodestar.snapshots select company_id, user_id, on_date + 1, score, coverage, parts, "
                "written_at from lodestar.snapshots where company_id = :company"
            )
            work.commit()
    past = tenant.rows("select on_date from lodestar.past_snapshots where company_id = :company")
    assert [row["on_date"] for row in past] == [week.end + timedelta(days=1)]


def test_there_is_no_score_after_a_persons_last_day(tenant: Tenant) -> None:
    user_id, weekly = tenant.user(), tenant.definition(aggregation_period=Cadence.WEEKLY)
    assignment = tenant.assignment(weekly, user_id, target=point(10))
    week = tenant.company.calendar.containing(Cadence.WEEKLY, CLOSED - timedelta(days=7))
    tenant.write([tenant.measurement(assignment, weekly, week.start, "5")])
    calendar = (tenant.company.calendar, week.end, 7)
    for last_day, expected in ((week.end, Decimal(50)), (week.end - timedelta(days=1), None)):
        with tenant.work() as work:
            user = work.people.user_for_update(user_id)
            assert user is not None
            work.people.save_user(replace(user, is_active=False, last_day=last_day))
            work.values.write_scores(user_days([user_id], [week.end]), tenant.company.calendar, NOW)
            shown = work.views.read("user_kpis", {"users": [user_id], "on": week.end, "calendar": calendar})
            work.commit()
        kept = tenant.rows("select score from lodestar.snapshots where company_id = :company")
        assert [row["score"] for row in kept] == ([] if expected is None else [expected])
        assert json.loads(shown or "")["overall_score"] == expected
