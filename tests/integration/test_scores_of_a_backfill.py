"""The scores of a large batch, whatever the server believes of what the batch has just written."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from local.postgres import Database
from lodestar.application.values.ports import UserDay, WithdrawalReason
from lodestar.domain.measurements import EnteredMeasurement, Measurement
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.tenants import NOW, Tenant, new_tenant, point, user_days

PEOPLE, KPIS = 50, 6
DAYS = [date(2027, 5, 1) + timedelta(days=day) for day in range(61)]
_AT_MOST_FOUR_SECONDS = "select set_config('statement_timeout', '4000', true)"


@pytest.fixture(scope="module")
def backfilled(context: WorkContext) -> Tenant:
    """A company of its own."""
    return new_tenant(context)


@pytest.fixture(scope="module")
def values(backfilled: Tenant) -> list[Measurement]:
    """A value of each person, KPI and day, which nobody has written yet."""
    tenant, team = backfilled, backfilled.team()
    people = [backfilled.user(team_id=team) for _ in range(PEOPLE)]
    assigned = [
        (tenant.assignment(definition, user_id, target=point(100)), definition)
        for definition in [tenant.definition() for _ in range(KPIS)]
        for user_id in people
    ]
    return [
        tenant.measurement(assignment, definition, day, "50")
        for assignment, definition in assigned
        for day in DAYS
    ]


def analyze(database: Database) -> None:
    """What autovacuum does when it likes; it cannot see rows that are not committed yet."""
    superuser = database.connect()
    superuser.run("analyze lodestar.measurements")
    superuser.close()


def people_of(tenant: Tenant) -> Sequence[int]:
    rows = tenant.rows("select distinct user_id from lodestar.assignments where company_id = :company")
    return [row["user_id"] for row in rows]


def test_scores_are_quick_though_the_server_believes_that_there_are_no_measurements(
    backfilled: Tenant, values: list[Measurement], database: Database
) -> None:
    people = people_of(backfilled)
    with backfilled.work() as work:
        work.values.write_measurements(values, work.now, None)
        analyze(database)
        work.session.run(_AT_MOST_FOUR_SECONDS)
        work.values.write_scores(user_days(people, DAYS), backfilled.company.calendar, NOW)
        scores = work.session.rows(
            "select score, count(*) as days from lodestar.snapshots where company_id = :company group by score"
        )
    assert scores == [{"score": Decimal(50), "days": PEOPLE * len(DAYS)}]


def test_the_list_of_a_team_is_quick_though_the_server_believes_the_same(
    backfilled: Tenant, values: list[Measurement], database: Database
) -> None:
    people, day = people_of(backfilled), DAYS[-1]
    ((team,),) = (
        row.values() for row in backfilled.rows("select id from lodestar.teams where company_id = :company")
    )
    rights = {"me": 0, "with_members": True, "min_group_size": 3, "everything": True}
    lists = {
        "users": people,
        "categories": [],
        "granted": [],
        "calendar": (backfilled.company.calendar, day, 7),
    }
    with backfilled.work() as work:
        work.values.write_measurements(values, work.now, None)
        analyze(database)
        work.session.run(_AT_MOST_FOUR_SECONDS)
        told = json.loads(work.views.read("team_kpis", {"team": team, "on": day, **rights, **lists}) or "")
    averages = told["team_averages"]["kpi_averages"].values()
    assert [(each["average"], each["members"]) for each in averages] == [(50, PEOPLE)] * KPIS


@pytest.mark.parametrize("rows", [1, 7, 10_000])
def test_a_write_that_is_cut_into_pieces_writes_the_same(
    context: WorkContext, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    for module in ("values.measurements.ROWS", "calculation.ledger.ROWS", "values.scores.SCORES"):
        monkeypatch.setattr(f"lodestar.persistence.{module}_PER_STATEMENT", rows)
    tenant = new_tenant(context)
    people, definition = [tenant.user() for _ in range(3)], tenant.definition()
    days = DAYS[:4]
    measured = [
        tenant.measurement(tenant.assignment(definition, user_id, target=point(100)), definition, day, "50")
        for user_id in people
        for day in days[:1]
    ]
    measured += [
        replace(row, slot=replace(row.slot, period=replace(row.slot.period, start=day, end=day)))
        for row in measured
        for day in days[1:]
    ]
    with tenant.work() as work:
        assert len(work.values.write_measurements(measured, work.now, None)) == len(measured)
        assert work.values.write_measurements(measured, work.now, None) == []
        calendar = tenant.company.calendar
        work.values.write_scores(user_days(people, days), calendar, NOW)
        work.values.write_scores([UserDay(people[0], day) for day in days], calendar, NOW)
        counted = work.session.value(
            "select count(*) from lodestar.snapshots where company_id = :company and score = 50"
        )
    assert counted == len(people) * len(days)


@pytest.mark.parametrize("rows", [1, 2, 10_000])
def test_entering_that_is_cut_into_pieces_enters_takes_back_and_restores_the_same(
    context: WorkContext, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr("lodestar.persistence.values.measurements.ROWS_PER_STATEMENT", rows)
    tenant = new_tenant(context)
    author, definition = tenant.user(), tenant.definition()
    assignment = tenant.assignment(definition, author)
    entered = [EnteredMeasurement(tenant.measurement(assignment, definition, day, "5")) for day in DAYS[:5]]
    keys = [each.measurement.slot.key for each in entered]
    with tenant.work(actor_id=author) as work:
        assert [each.key for each in work.values.enter(entered, work.now)] == keys
        assert work.values.enter(entered, work.now) == []
        work.values.withdraw(keys, WithdrawalReason.WITHDRAWN, work.now)
        assert work.values.entered_values([assignment.id], DAYS[0], DAYS[4]) == {}
        assert sorted(work.values.restore_entered(keys, work.now)) == keys
        assert len(work.values.entered_values([assignment.id], DAYS[0], DAYS[4])) == len(keys)
