"""Which batches a run is made of, and which periods a batch calculates."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.application.calculation.planning import (
    DAYS_PER_WINDOW,
    USERS_PER_BATCH,
    chosen_definitions,
    periods_of,
    plan_batches,
    reach_of,
)
from lodestar.domain.definitions import (
    Category,
    Definition,
    MissingData,
    Rollup,
    TargetType,
    Thresholds,
    Unit,
)
from lodestar.domain.periods import Cadence, Calendar, Period
from lodestar.domain.runs import Batch, BatchPlan, BatchSubjects, MeasuredSubjects, NewRun, RunKind
from lodestar.domain.sources import (
    AggregationMethod,
    DataSource,
    FormulaInput,
    FormulaSource,
    InputSubject,
    KpiInput,
    RecordsSource,
)

BERLIN = Calendar("Europe/Berlin")
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
RECORDS = RecordsSource("calls", AggregationMethod.COUNT)


def definition(id_: int, source: DataSource = RECORDS, rollup: Rollup = Rollup.NONE) -> Definition:
    return Definition(
        id=id_,
        key=f"kpi{id_}",
        name="A KPI",
        description="",
        category=Category.CUSTOM,
        data_source=source,
        unit=Unit.NUMBER,
        precision=2,
        aggregation_period=Cadence.DAILY,
        target_type=TargetType.HIGHER_BETTER,
        thresholds=Thresholds(),
        missing_data=MissingData.EXCLUDE,
        rollup=rollup,
        is_active=True,
        version=1,
        created_by=None,
        created_at=NOON,
        updated_at=NOON,
    )


def over(*inputs: KpiInput) -> FormulaSource:
    variables = [FormulaInput(f"x{number}", each) for number, each in enumerate(inputs)]
    return FormulaSource(" + ".join(variable.variable for variable in variables), tuple(variables))


def backfill(first: date, last: date, users: tuple[int, ...] | None = None) -> NewRun:
    return NewRun(RunKind.BACKFILL, None, first, last, "test", NOON, user_ids=users)


DAY = backfill(date(2026, 3, 1), date(2026, 3, 1))

DAILY = definition(1)
WEEKLY = replace(definition(2), aggregation_period=Cadence.WEEKLY)
RETIRED = replace(definition(3), is_active=False)


@pytest.mark.parametrize(
    ("cadence", "ids", "chosen"),
    [
        (None, None, [DAILY, WEEKLY]),
        (Cadence.DAILY, None, [DAILY]),
        (Cadence.WEEKLY, None, [WEEKLY]),
        (Cadence.MONTHLY, None, []),
        (None, (2,), [WEEKLY]),
        (None, (1, 2, 3), [DAILY, WEEKLY]),
        (None, (), []),
        (Cadence.DAILY, (1, 2, 3), [DAILY]),
        (Cadence.DAILY, (2,), []),
    ],
)
def test_a_run_is_about_the_active_kpis_of_its_cadence_that_it_names_if_it_names_any(
    cadence: Cadence | None, ids: tuple[int, ...] | None, chosen: list[Definition]
) -> None:
    run = replace(DAY, cadence=cadence, definition_ids=ids)
    assert chosen_definitions(run, [DAILY, WEEKLY, RETIRED]) == chosen


def stages(definitions: list[Definition]) -> list[tuple[int, BatchSubjects, tuple[int, ...]]]:
    return [
        (plan_batch.stage, plan_batch.subjects, plan_batch.definition_ids)
        for plan_batch in plan_batches(DAY, definitions, MeasuredSubjects((1,), True), BERLIN)
    ]


def test_independent_kpis_of_people_teams_and_company_share_one_stage() -> None:
    assert stages([definition(1), definition(2)]) == [
        (0, BatchSubjects.USERS, (1, 2)),
        (0, BatchSubjects.TEAMS_AND_COMPANY, (1, 2)),
    ]


def test_a_run_for_named_users_leaves_groups_alone_unless_it_is_about_them_too() -> None:
    run = backfill(date(2026, 1, 1), date(2026, 1, 2), users=(1,))
    subjects = MeasuredSubjects((1,), has_teams_or_company=True)
    of_groups = [
        any(
            plan.subjects is BatchSubjects.TEAMS_AND_COMPANY
            for plan in plan_batches(each, [definition(1, rollup=Rollup.SUM)], subjects, BERLIN)
        )
        for each in (run, replace(run, with_groups=True), replace(run, user_ids=None))
    ]
    assert of_groups == [False, True, True]


def test_a_team_value_that_is_rolled_up_waits_for_its_members() -> None:
    assert stages([definition(1, rollup=Rollup.SUM)]) == [
        (0, BatchSubjects.USERS, (1,)),
        (1, BatchSubjects.TEAMS_AND_COMPANY, (1,)),
    ]


def test_a_formula_over_a_kpi_that_the_run_leaves_out_waits_for_nothing() -> None:
    assert stages([definition(2, over(KpiInput("kpi1", of=InputSubject.COMPANY)))]) == [
        (0, BatchSubjects.USERS, (2,)),
        (0, BatchSubjects.TEAMS_AND_COMPANY, (2,)),
    ]


def test_a_persons_formula_over_the_companys_value_waits_for_the_company() -> None:
    planned = stages([definition(1), definition(2, over(KpiInput("kpi1", of=InputSubject.COMPANY)))])
    assert (0, BatchSubjects.TEAMS_AND_COMPANY, (1, 2)) in planned
    assert [stage for stage, subjects, ids in planned if subjects == BatchSubjects.USERS and 2 in ids] == [1]


def test_windows_follow_one_another_only_where_a_formula_looks_back() -> None:
    half_year = backfill(date(2026, 1, 1), date(2026, 6, 30))
    plain = plan_batches(half_year, [definition(1)], MeasuredSubjects((1,), False), BERLIN)
    assert [each.stage for each in plain] == [0, 0]
    looking_back = [definition(1), definition(2, over(KpiInput("kpi1", offset=-1)))]
    assert [
        plan_batch.stage
        for plan_batch in plan_batches(half_year, looking_back, MeasuredSubjects((1,), False), BERLIN)
    ] == [
        0,
        1,
    ]


def test_a_formula_over_the_same_period_does_not_make_windows_wait() -> None:
    half_year = backfill(date(2026, 1, 1), date(2026, 6, 30))
    same_period = [definition(1), definition(2, over(KpiInput("kpi1", offset=0)))]
    assert [
        plan.stage for plan in plan_batches(half_year, same_period, MeasuredSubjects((1,), False), BERLIN)
    ] == [
        0,
        0,
    ]


def test_a_window_that_waits_begins_after_all_stages_of_the_one_before() -> None:
    three_windows = backfill(date(2026, 1, 1), date(2026, 7, 31))
    looking_back = [
        definition(1, rollup=Rollup.SUM),
        definition(2, over(KpiInput("kpi1", offset=-1)), rollup=Rollup.SUM),
    ]
    planned = plan_batches(three_windows, looking_back, MeasuredSubjects((1,), True), BERLIN)
    assert [(plan.stage, plan.subjects) for plan in planned] == [
        (0, BatchSubjects.USERS),
        (1, BatchSubjects.TEAMS_AND_COMPANY),
        (2, BatchSubjects.USERS),
        (3, BatchSubjects.TEAMS_AND_COMPANY),
        (4, BatchSubjects.USERS),
        (5, BatchSubjects.TEAMS_AND_COMPANY),
    ]


def test_running_totals_of_people_are_calculated_in_one_batch() -> None:
    over_one_another = [
        definition(1, over(KpiInput("kpi1", offset=-1), KpiInput("kpi2", offset=-1))),
        definition(2, over(KpiInput("kpi1"))),
    ]
    assert stages(over_one_another) == [
        (0, BatchSubjects.USERS, (1, 2)),
        (0, BatchSubjects.TEAMS_AND_COMPANY, (1, 2)),
    ]


def test_what_people_take_from_a_total_of_theirs_is_planned_period_by_period() -> None:
    days = backfill(date(2026, 3, 9), date(2026, 3, 10))
    of_company = KpiInput("kpi1", offset=-1, of=InputSubject.COMPANY)
    share = [definition(1, over(of_company), rollup=Rollup.SUM), definition(2)]
    planned = plan_batches(days, share, MeasuredSubjects((1,), True), BERLIN)
    assert [
        (plan.stage, plan.window_start.day, plan.window_end.day, plan.subjects, plan.definition_ids)
        for plan in planned
    ] == [
        (0, 9, 9, BatchSubjects.USERS, (1, 2)),
        (0, 9, 9, BatchSubjects.TEAMS_AND_COMPANY, (2,)),
        (1, 9, 9, BatchSubjects.TEAMS_AND_COMPANY, (1,)),
        (2, 10, 10, BatchSubjects.USERS, (1, 2)),
        (2, 10, 10, BatchSubjects.TEAMS_AND_COMPANY, (2,)),
        (3, 10, 10, BatchSubjects.TEAMS_AND_COMPANY, (1,)),
    ]


def test_a_kpi_that_uses_itself_in_one_period_waits_for_nobody_and_stops_nobody() -> None:
    circle = [
        definition(1, over(KpiInput("kpi2", of=InputSubject.COMPANY)), rollup=Rollup.SUM),
        definition(2, over(KpiInput("kpi1"))),
        definition(3),
    ]
    assert stages(circle) == [
        (0, BatchSubjects.USERS, (1, 2, 3)),
        (0, BatchSubjects.TEAMS_AND_COMPANY, (1, 2, 3)),
    ]


def test_the_window_of_a_scheduled_run_holds_the_periods_that_it_looks_at_again() -> None:
    day = date(2026, 3, 9)
    run = NewRun(RunKind.SCHEDULED, Cadence.DAILY, day, day, "test", NOON)
    kpis = [replace(definition(1), lookback_periods=1), replace(definition(2), lookback_periods=3)]
    (plan,) = plan_batches(run, kpis, MeasuredSubjects((1,), False), BERLIN)
    assert (plan.window_start, plan.window_end) == (date(2026, 3, 6), day)


@pytest.mark.parametrize(
    ("days", "lengths"),
    [(1, [1]), (91, [91]), (92, [92]), (93, [92, 1]), (184, [92, 92]), (185, [92, 92, 1])],
)
def test_a_long_backfill_is_cut_every_92_days(days: int, lengths: list[int]) -> None:
    first = date(2026, 1, 1)
    run = backfill(first, first + timedelta(days=days - 1))
    plans = plan_batches(run, [DAILY], MeasuredSubjects((1,), False), BERLIN)
    assert [(plan.window_end - plan.window_start).days + 1 for plan in plans] == lengths


@pytest.mark.parametrize((BatchSubjects.USERS, "sizes"), [(500, [500]), (501, [500, 1]), (1000, [500, 500])])
def test_a_message_holds_500_users_at_most(users: int, sizes: list[int]) -> None:
    assert [
        len(plan.user_ids)
        for plan in plan_batches(DAY, [DAILY], MeasuredSubjects(tuple(range(users)), False), BERLIN)
    ] == sizes


def test_a_run_for_named_users_leaves_teams_and_company_alone() -> None:
    run = backfill(date(2026, 3, 1), date(2026, 3, 1), users=(1,))
    assert [
        plan_batch.subjects
        for plan_batch in plan_batches(run, [definition(1)], MeasuredSubjects((1,), True), BERLIN)
    ] == [BatchSubjects.USERS]


def test_a_run_that_concerns_nobody_has_no_batches() -> None:
    assert plan_batches(DAY, [definition(1)], MeasuredSubjects((), False), BERLIN) == []
    assert plan_batches(DAY, [], MeasuredSubjects((1,), True), BERLIN) == []


@given(
    st.integers(0, 3 * USERS_PER_BATCH).map(lambda count: list(range(1, count + 1))),
    st.integers(0, 3 * DAYS_PER_WINDOW),
)
def test_every_user_is_in_exactly_one_batch_of_each_window_and_windows_tile_the_range(
    users: list[int], days: int
) -> None:
    first = date(2026, 1, 1)
    last = date.fromordinal(first.toordinal() + days)
    plans = plan_batches(
        backfill(first, last), [definition(1)], MeasuredSubjects(tuple(users), False), BERLIN
    )
    windows = sorted({(each.window_start, each.window_end) for each in plans})
    covered = [d for start, end in windows for d in range(start.toordinal(), end.toordinal() + 1)]
    assert covered == (list(range(first.toordinal(), last.toordinal() + 1)) if users else [])
    for window in windows:
        of_window = [plan.user_ids for plan in plans if (plan.window_start, plan.window_end) == window]
        assert [user for chunk in of_window for user in chunk] == users
        assert max(len(chunk) for chunk in of_window) <= USERS_PER_BATCH


def batch(kind: RunKind, first: date, last: date, window: tuple[date, date] | None = None) -> Batch:
    """Of a window that holds all periods of the run, unless told otherwise."""
    start, end = window or (first - timedelta(days=400), last)
    plan = BatchPlan(0, start, end, BatchSubjects.USERS, (1,), (1,))
    return Batch(1, 1, 1, kind, Cadence.DAILY, first, last, NOON, plan)


def found_by(of: Batch, kpi: Definition, *others: Definition) -> list[Period]:
    """The periods that a batch calculates for a KPI of a company that has these."""
    reach = reach_of(of.kind, of.run_definition_ids, [kpi, *others])
    return periods_of(of, kpi, BERLIN, reach)


def test_a_scheduled_run_looks_again_at_the_periods_before_because_data_comes_late() -> None:
    day = date(2026, 3, 9)
    found = found_by(batch(RunKind.SCHEDULED, day, day), definition(1))
    assert [each.start.day for each in found] == [7, 8, 9]


@pytest.mark.parametrize(
    ("kind", "lookback", "days"),
    [(RunKind.SCHEDULED, 0, [9]), (RunKind.SCHEDULED, 1, [8, 9]), (RunKind.REFRESH, 3, [9])],
)
def test_only_a_scheduled_run_looks_back_and_only_as_far_as_the_kpi_says(
    kind: RunKind, lookback: int, days: list[int]
) -> None:
    day = date(2026, 3, 9)
    of = replace(DAILY, lookback_periods=lookback)
    assert [period.start.day for period in found_by(batch(kind, day, day), of)] == days


def test_a_refresh_takes_the_running_day_alone() -> None:
    day = date(2026, 3, 10)
    assert [each.start for each in found_by(batch(RunKind.REFRESH, day, day), definition(1))] == [day]


def test_a_backfill_takes_the_closed_periods_of_its_window() -> None:
    asked = batch(
        RunKind.BACKFILL, date(2026, 3, 1), date(2026, 3, 31), (date(2026, 3, 8), date(2026, 3, 31))
    )
    found = found_by(asked, definition(1))
    assert [each.start.day for each in found] == [8, 9]  # the 10th still runs at noon of the 10th


def growth(id_: int, of: int, offset: int = -1, **changes: int) -> Definition:
    return replace(definition(id_, over(KpiInput(f"kpi{of}", offset))), **changes)


@pytest.mark.parametrize(
    ("own", "of_input", "offset", "days"),
    [(2, 5, 0, 5), (2, 5, -1, 4), (2, 5, -3, 2), (2, 5, -4, 2), (0, 1, -1, 0), (7, 5, 0, 7)],
)
def test_a_formula_looks_back_as_far_as_a_late_input_may_change_it(
    own: int, of_input: int, offset: int, days: int
) -> None:
    kpis = [growth(1, 2, offset, lookback_periods=own), replace(definition(2), lookback_periods=of_input)]
    day = date(2026, 3, 9)
    found = found_by(batch(RunKind.SCHEDULED, day, day), *kpis)
    assert found[0].start == day - timedelta(days=days)
    run = NewRun(RunKind.SCHEDULED, Cadence.DAILY, day, day, "test", NOON)
    first = min(plan.window_start for plan in plan_batches(run, kpis, MeasuredSubjects((1,), False), BERLIN))
    assert first == day - timedelta(days=max(days, of_input))


def test_an_input_that_is_retired_makes_no_formula_look_back() -> None:
    gone = replace(definition(2), lookback_periods=9, is_active=False)
    day = date(2026, 3, 9)
    assert len(found_by(batch(RunKind.SCHEDULED, day, day), growth(1, 2, lookback_periods=1), gone)) == 2


def test_a_backfill_goes_on_to_the_periods_that_look_back_at_its_own() -> None:
    day = date(2026, 3, 2)
    kpis = [definition(1), growth(2, 1), growth(3, 2, -2), growth(4, 4)]
    asked = batch(RunKind.BACKFILL, day, day, (day, date(2026, 4, 1)))
    found = [[each.start.day for each in found_by(asked, kpi, *kpis)] for kpi in kpis]
    assert found == [[2], [2, 3], [2, 3, 4, 5], [2, 3, 4, 5, 6, 7, 8, 9, 10]]
    plans = plan_batches(backfill(day, day), kpis, MeasuredSubjects((1,), False), BERLIN)
    assert [(plan.window_start.day, plan.window_end.day) for plan in plans] == [(2, 10)]


def test_a_backfill_without_a_whole_period_of_a_kpi_changes_nothing_that_looks_back_at_it() -> None:
    kpis = [replace(each, aggregation_period=Cadence.WEEKLY) for each in (definition(1), growth(2, 1))]
    tuesday = date(2026, 2, 24)
    asked = batch(RunKind.BACKFILL, tuesday, tuesday, (tuesday, date(2026, 4, 1)))
    assert found_by(asked, kpis[1], kpis[0]) == []


def test_a_run_over_named_kpis_calculates_what_is_made_of_them_too() -> None:
    kpis = [definition(1), growth(2, 1, 0), definition(3), growth(4, 3)]
    run = replace(DAY, definition_ids=(1,))
    assert chosen_definitions(run, kpis) == kpis[:2]
    assert chosen_definitions(replace(run, kind=RunKind.FOLLOW_UP), kpis) == kpis[:1]
    named = replace(batch(RunKind.BACKFILL, DAY.period_start, DAY.period_end), run_definition_ids=(1,))
    assert [each.start.day for each in found_by(named, kpis[1], *kpis)] == [1]


def test_windows_beyond_the_range_hold_only_what_looks_back_so_far() -> None:
    first, last = date(2025, 11, 1), date(2025, 11, 30)
    kpis = [definition(1), growth(2, 1), growth(3, 3)]
    plans = plan_batches(backfill(first, last), kpis, MeasuredSubjects((1,), False), BERLIN)
    assert [(plan.stage, plan.window_start, plan.definition_ids) for plan in plans] == [
        (0, first, (1, 2, 3)),
        (1, first + timedelta(days=DAYS_PER_WINDOW), (3,)),
    ]


@pytest.mark.parametrize(("late", "newest"), [(timedelta(microseconds=-1), 8), (timedelta(0), 9)])
def test_a_backfill_takes_a_period_from_the_instant_at_which_it_closed(late: timedelta, newest: int) -> None:
    midnight = datetime(2026, 3, 9, 23, tzinfo=UTC)  # of the 10th, in Berlin
    asked = batch(RunKind.BACKFILL, date(2026, 3, 8), date(2026, 3, 31))
    assert found_by(replace(asked, created_at=midnight + late), DAILY)[-1].start.day == newest


@given(st.sampled_from(Cadence), st.dates(date(2020, 1, 1), date(2024, 1, 1)), st.integers(0, 400))
def test_each_whole_period_of_a_backfill_is_calculated_in_one_of_its_windows(
    cadence: Cadence, first: date, days: int
) -> None:
    last = first + timedelta(days=days)
    of = replace(DAILY, aggregation_period=cadence)
    windows = [
        (plan.window_start, plan.window_end)
        for plan in plan_batches(backfill(first, last), [of], MeasuredSubjects((1,), False), BERLIN)
    ]
    found = [
        period for window in windows for period in found_by(batch(RunKind.BACKFILL, first, last, window), of)
    ]
    assert found == BERLIN.within(cadence, first, last)
