"""A company's calendar in the database: its versions, and the days that SQL makes of them."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.postgres import Database
from lodestar.application.calculation.superseding import supersede_old_dates
from lodestar.application.values.ports import DatesInUse
from lodestar.domain.measurements import EnteredMeasurement, SlotKey
from lodestar.domain.periods import FIRST_DAY, Cadence, Calendar, WeekStart
from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext
from tests.integration.tenants import NOW, Tenant, new_tenant, point, user_days, wait_until_blocked
from tests.oracle.calendars import ZONES, calendars, days_around, instants_around

DATED = {"effective_from", "created_by", "created_at"}


def keep(work: DatabaseWork, calendar: Calendar) -> None:
    """Give the bound company a calendar."""
    work.people.save_company(replace(work.people.company_for_update(), calendar=calendar))


def first_instant(calendar: Calendar, day: date) -> datetime:
    return calendar.instants(calendar.containing(Cadence.DAILY, day))[0]


@pytest.fixture(scope="module")
def firm(context: WorkContext) -> Tenant:
    """A company whose calendar each example sets anew."""
    return new_tenant(context)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(calendars(), st.data())
def test_days_begin_and_instants_lie_in_them_as_the_domain_says(
    firm: Tenant, calendar: Calendar, data: st.DataObject
) -> None:
    days = data.draw(st.lists(days_around(calendar), min_size=20, max_size=20))
    instants = data.draw(st.lists(instants_around(calendar), min_size=20, max_size=20))
    instants += [first_instant(calendar, day) for day in days]
    with firm.work() as work:
        keep(work, calendar)
        begun = work.session.rows(
            "select lodestar.day_start(:company, day) as begins "
            "from unnest(cast(:days as date[])) with ordinality as t(day, n) order by n",
            days=days,
        )
        lain_in = work.session.rows(
            "select lodestar.local_day(:company, at) as day "
            "from unnest(cast(:instants as timestamptz[])) with ordinality as t(at, n) order by n",
            instants=instants,
        )
    assert [row["begins"] for row in begun] == [first_instant(calendar, day) for day in days]
    assert [row["day"] for row in lain_in] == [calendar.local_date(at) for at in instants]


@pytest.mark.parametrize("zone", [*ZONES, "Africa/Cairo", "America/Scoresbysund", "Atlantic/Azores"])
def test_midnight_is_that_of_the_domain_on_every_day_of_years(firm: Tenant, zone: str) -> None:
    with firm.work() as work:
        rows = work.session.rows(
            "select cast(day as date) as day, lodestar.midnight(cast(day as date), :zone) as begins "
            "from generate_series(cast('2020-01-01' as timestamp), '2034-12-31', interval '1 day') as t(day)",
            zone=zone,
        )
    calendar = Calendar(zone)
    wrong = [row for row in rows if row["begins"] != first_instant(calendar, row["day"])]
    assert (len(rows), wrong) == (5479, [])


def test_the_first_days_of_all_have_a_beginning_too(firm: Tenant) -> None:
    with firm.work() as work:
        keep(work, Calendar("Asia/Tokyo").changed(date(2026, 3, 11), {"timezone": "UTC"}))
        found = work.session.one(
            "select lodestar.day_start(:company, :day) as begins, lodestar.local_day(:company, "
            "lodestar.day_start(:company, :day)) as day",
            day=FIRST_DAY,
        )
    assert found["begins"] == first_instant(Calendar("Asia/Tokyo"), FIRST_DAY)
    assert found["day"] == FIRST_DAY


def test_a_calendar_is_read_as_it_was_kept(tenant: Tenant) -> None:
    calendar = (
        Calendar("Europe/Berlin", fiscal_year_start_month=4)
        .changed(date(2026, 4, 5), {"week_start": WeekStart.SUNDAY})
        .changed(date(2026, 6, 1), {"timezone": "Asia/Tokyo"})
    )
    una = tenant.user(email=f"una-{tenant.id}@calendars.test")
    with tenant.work(actor_id=una) as work:
        keep(work, calendar)
        work.commit()
    with tenant.work() as work:
        assert work.people.company().calendar == calendar
    with DatabaseWork(tenant.context) as work:
        caller = work.sign_in(f"una-{tenant.id}@calendars.test")
    assert caller is not None
    assert caller.company.calendar == caller.calendar == calendar


def test_a_version_that_stays_keeps_who_made_it_and_one_that_goes_is_gone(tenant: Tenant) -> None:
    planned = Calendar("UTC").changed(date(2026, 4, 5), {"week_start": WeekStart.SUNDAY})
    for actor, calendar in (
        (1, planned),
        (2, planned.changed(date(2026, 6, 1), {"timezone": "Asia/Tokyo"})),
        (3, planned.changed(date(2026, 6, 1), {"timezone": "Asia/Seoul"})),
    ):
        with tenant.work(actor_id=actor) as work:
            keep(work, calendar)
            work.commit()
    said = "select effective_from, created_by, created_at, timezone from lodestar.calendars "
    rows = tenant.rows(said + "where company_id = :company order by effective_from")
    assert [(str(row["effective_from"]), row["created_by"], row["timezone"]) for row in rows] == [
        ("1900-01-01", None, "UTC"),
        ("2026-04-05", 1, "UTC"),
        ("2026-06-01", 3, "Asia/Seoul"),
    ]
    assert {row["created_at"] for row in rows} == {NOW}
    with tenant.work() as work:
        keep(work, Calendar("UTC"))
        work.commit()
    assert len(tenant.rows(f"{said} where company_id = :company")) == 1


def test_a_company_is_shown_with_the_rules_of_the_day_and_all_versions(
    tenant: Tenant, shown: Callable[..., Any]
) -> None:
    with tenant.work() as work:
        keep(work, Calendar("UTC").changed(date(2026, 3, 11), {"timezone": "Asia/Tokyo"}))
        work.commit()
    before, after = (
        shown(tenant, datetime.fromisoformat(at))
        for at in ("2026-03-10T23:59:59+00:00", "2026-03-11T00:00:00+00:00")
    )
    assert (before["timezone"], after["timezone"]) == ("UTC", "Asia/Tokyo")
    assert before["calendars"] == [
        {"effective_from": day, "timezone": zone, "week_start": "monday", "fiscal_year_start_month": 1}
        for day, zone in (("1900-01-01", "UTC"), ("2026-03-11", "Asia/Tokyo"))
    ]


def test_of_two_changes_at_once_the_second_is_made_to_what_the_first_has_left(
    tenant: Tenant, rival: WorkContext, database: Database
) -> None:
    with ThreadPoolExecutor(1) as other, tenant.work() as first, tenant.work(rival) as second:
        before = first.people.company_for_update()
        pending = other.submit(second.people.company_for_update)
        wait_until_blocked(database)
        changed = before.calendar.changed(date(2026, 6, 1), {"timezone": "Asia/Tokyo"})
        first.people.save_company(replace(before, calendar=changed))
        first.commit()
        assert pending.result().calendar == changed


def test_whoever_writes_by_a_calendar_waits_for_its_correction_and_finds_it(
    tenant: Tenant, rival: WorkContext, database: Database
) -> None:
    with ThreadPoolExecutor(1) as other, tenant.work() as first, tenant.work(rival) as second:
        before = first.people.company_for_update()
        pending = other.submit(second.people.company_for_share)
        wait_until_blocked(database)
        changed = before.calendar.changed(date(2026, 3, 1), {"week_start": WeekStart.SUNDAY})
        first.people.save_company(replace(before, calendar=changed))
        first.commit()
        assert pending.result().calendar == changed


def test_what_has_dates_is_counted_by_cadence(tenant: Tenant) -> None:
    weekly = tenant.definition(aggregation_period=Cadence.WEEKLY)
    week = Calendar("UTC").containing(Cadence.WEEKLY, date(2026, 3, 10))
    users = [tenant.user() for _ in range(3)]
    rows = [
        tenant.measurement(tenant.assignment(weekly, user), weekly, week.start, "5", is_open=True)
        for user in users
    ]
    tenant.write(rows[:2])
    with tenant.work(actor_id=users[0]) as work:
        work.values.enter([EnteredMeasurement(rows[2])], NOW)
        found = [work.values.dates_in_use(week.end + timedelta(days=n)) for n in (0, 1)]
        work.values.reopen_period(week, date(2026, 3, 14), NOW + timedelta(hours=1))
        assert not work.values.dates_in_use(week.end)
        (moved,) = work.values.dates_in_use(date(2026, 3, 14))
        past = work.session.rows(
            "select reason, period_end, value, revision from lodestar.revisions where company_id = :company"
        )
        now = work.session.rows(
            "select revision from lodestar.measurements where company_id = :company and first_calculated_at > :at",
            at=NOW,
        )
    in_use = DatesInUse(Cadence.WEEKLY, week.start, week.end, 2, 1, 0)
    assert found == [[in_use], []]
    assert moved == replace(in_use, last=date(2026, 3, 14))
    assert [(row["reason"], row["period_end"], row["value"]) for row in past] == [
        ("superseded", week.end, 5)
    ] * 3
    assert [row["revision"] for row in now] == [row["revision"] + 1 for row in past]


def test_what_was_final_is_open_again_where_its_period_runs(tenant: Tenant) -> None:
    daily = tenant.definition()
    day = date(2026, 3, 9)
    row = tenant.measurement(tenant.assignment(daily, tenant.user()), daily, day, "5")
    tenant.write([row])
    for _ in range(2):  # a repeat changes nothing
        with tenant.work() as work:
            work.values.reopen_period(row.slot.period, day, NOW + timedelta(hours=1))
            work.commit()
    (found,) = tenant.rows("select state, revision from lodestar.measurements where company_id = :company")
    assert (found["state"], found["revision"]) == ("open", 2)
    (past,) = tenant.rows("select state, reason from lodestar.revisions where company_id = :company")
    assert (past["state"], past["reason"]) == ("final", "superseded")


def test_what_lies_ahead_of_a_day_that_runs_again_is_a_past_version_and_entered_values_stay(
    tenant: Tenant,
) -> None:
    daily, una = tenant.definition(), tenant.user()
    assigned = tenant.assignment(daily, una, target=point(10))
    typed = tenant.assignment(tenant.definition(), una)
    today, tomorrow = date(2026, 3, 9), date(2026, 3, 10)
    rows = [
        tenant.measurement(one, daily, day, "5", is_open=day == tomorrow)
        for one, day in ((assigned, today), (assigned, tomorrow), (typed, tomorrow))
    ]
    tenant.write(rows[:2])
    yesterday = today - timedelta(days=1)
    with tenant.work(actor_id=una) as work:
        work.values.enter([EnteredMeasurement(rows[2])], NOW)
        work.values.write_scores(user_days([una], [yesterday, today]), tenant.company.calendar, NOW)
        work.values.withdraw_ahead(today, NOW + timedelta(hours=1))
        work.commit()
    left = tenant.rows(
        "select assignment_id, period_start from lodestar.measurements where company_id = :company order by 1"
    )
    assert [(row["assignment_id"], row["period_start"]) for row in left] == [
        (assigned.id, today),
        (typed.id, tomorrow),
    ]
    past = tenant.rows("select period_start, reason from lodestar.revisions where company_id = :company")
    assert [dict(row) for row in past] == [{"period_start": tomorrow, "reason": "superseded"}]
    for table, days in (("snapshots", [yesterday]), ("past_snapshots", [today])):
        scored = tenant.rows(f"select on_date from lodestar.{table} where company_id = :company")
        assert [row["on_date"] for row in scored] == days


def test_dates_of_what_is_measured_are_found_by_the_days_that_they_touch(tenant: Tenant) -> None:
    weekly, daily = tenant.definition(aggregation_period=Cadence.WEEKLY), tenant.definition()
    week = Calendar("UTC").containing(Cadence.WEEKLY, date(2026, 3, 3))
    rows = [
        tenant.measurement(tenant.assignment(kpi, tenant.user()), kpi, week.start, "5")
        for kpi in (weekly, daily)
    ]
    tenant.write(rows)
    ids = [row.slot.assignment_id for row in rows]
    with tenant.work() as work:
        for first, last, count in (
            (week.end, week.end, 1),
            (week.start, week.start, 2),
            (NOW.date(), NOW.date(), 0),
        ):
            assert len(work.values.measured_periods(ids, first, last)) == count


def test_what_a_run_supersedes_is_gone_with_its_transaction_and_not_before(tenant: Tenant) -> None:
    weekly = tenant.definition(aggregation_period=Cadence.WEEKLY)
    week = Calendar("UTC").containing(Cadence.WEEKLY, date(2026, 3, 3))
    row = tenant.measurement(tenant.assignment(weekly, tenant.user()), weekly, week.start, "5")
    tenant.write([row])
    rows = "select * from lodestar.measurements where company_id = :company"
    sundays = Calendar("UTC", WeekStart.SUNDAY)
    closed = {
        SlotKey.of(row.slot.assignment_id, period): period
        for day in (week.start, week.end)
        for period in [sundays.containing(Cadence.WEEKLY, day)]
    }
    for is_committed in (False, True):
        with tenant.work() as work:
            gone = supersede_old_dates(closed, sundays, work, run_id=7)
            assert set(gone) == {row.slot.key}
            if is_committed:
                work.commit()
            # Else the worker dies here: what was measured stays.
        assert len(tenant.rows(rows)) == (0 if is_committed else 1)
    (past,) = tenant.rows("select * from lodestar.revisions where company_id = :company")
    assert (past["assignment_id"], past["reason"], past["replaced_by_run"]) == (
        row.slot.assignment_id,
        "superseded",
        7,
    )


@pytest.fixture
def shown() -> Callable[..., Any]:
    def show(tenant: Tenant, at: datetime) -> Any:
        with tenant.work() as work:
            return json.loads(work.views.read("company", {"id": tenant.id, "at": at}))

    return show
