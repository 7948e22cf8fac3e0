"""Which writes of a measurement count: changed, final, restated, newer, entered."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from local.postgres import Database
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import EnteredMeasurement, Measurement, WrittenMeasurement
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.tenants import NOW, Tenant, point, wait_until_blocked

DAY = date(2026, 3, 9)
LATER = NOW + timedelta(hours=1)


@dataclass(frozen=True)
class Kpi:
    """A user's KPI, as a test writes to it."""

    tenant: Tenant
    definition: Definition
    assignment: Assignment
    author: int

    def of(self, value: str | None, day: date = DAY, **changes: Any) -> Measurement:
        return self.tenant.measurement(self.assignment, self.definition, day, value, **changes)

    def calculate(self, value: str | None, at: datetime = NOW, **changes: Any) -> list[WrittenMeasurement]:
        return self.tenant.write([self.of(value, **changes)], at)

    def enter(
        self, value: str, at: datetime = NOW, notes: str = "", **changes: Any
    ) -> list[WrittenMeasurement]:
        with self.tenant.work(actor_id=self.author) as work:
            written = work.values.enter([EnteredMeasurement(self.of(value, **changes), notes)], at)
            work.commit()
        return written

    def stored(self) -> dict[str, Any]:
        (row,) = self.tenant.rows("select *, xmin from lodestar.measurements where company_id = :company")
        return dict(row)

    def revisions(self) -> list[tuple[Any, ...]]:
        """Each past version, with what took its place."""
        rows = self.tenant.rows(
            "select v.revision, v.value, lead(v.value) over (order by v.revision) as new_value, v.reason from ("
            "select revision, value, reason from lodestar.revisions where company_id = :company union all "
            "select revision, value, null from lodestar.measurements where company_id = :company) as v "
            "order by v.revision"
        )
        return [tuple(row.values()) for row in rows if row["reason"] is not None]

    def history(self, as_of: datetime | None) -> list[Any]:
        parameters = {
            "id": self.assignment.id,
            "from": date(2026, 1, 1),
            "to": date(2026, 12, 31),
            "as_of": as_of,
            "cursor": None,
            "limit": 10,
        }
        with self.tenant.work() as work:
            answer = json.loads(work.views.read("history", parameters) or "")
        return [(each["actual_value"], each["achievement_percentage"]) for each in answer["measurements"]]


@pytest.fixture
def kpi(tenant: Tenant) -> Kpi:
    user, definition = tenant.user(), tenant.definition()
    return Kpi(tenant, definition, tenant.assignment(definition, user, target=point(10)), user)


def numbers(written: list[WrittenMeasurement]) -> list[tuple[int, str]]:
    return [(each.revision, each.state) for each in written]


def test_a_write_tells_what_changed(kpi: Kpi) -> None:
    days = [date(2026, 3, number) for number in (1, 2, 3)]
    rows = [kpi.of("5", day=day) for day in days]
    assert sorted(each.key.period_start for each in kpi.tenant.write(rows)) == days
    past = [kpi.of("6" if day == days[1] else "5", day=day) for day in days]
    assert [each.key.period_start for each in kpi.tenant.write(past, LATER)] == [days[1]]
    assert [value for value, _ in kpi.history(LATER)] == [5, 6, 5]


def test_a_first_value_is_inserted(kpi: Kpi) -> None:
    assert numbers(kpi.calculate("5")) == [(1, "final")]
    stored = kpi.stored()
    assert (stored["value"], stored["achievement"], stored["target_low"]) == (5, 50, 10)
    assert stored["first_calculated_at"] == stored["calculated_at"] == NOW
    assert kpi.revisions() == []


def test_an_equal_value_writes_nothing(kpi: Kpi, database: Database) -> None:
    kpi.calculate("5")
    before = kpi.stored()
    superuser = database.connect()
    ends = [superuser.run("select pg_current_wal_insert_lsn()::text")]
    for _ in range(3):
        assert kpi.calculate("5.0000", LATER) == []
        ends.append(superuser.run("select pg_current_wal_insert_lsn()::text"))
    superuser.close()
    assert kpi.stored() == before
    # Three times: the server's own housekeeping may write in between.
    assert any(end == start for start, end in pairwise(ends))


def test_a_changed_value_is_restated_and_leaves_a_revision(kpi: Kpi) -> None:
    kpi.calculate("5")
    assert numbers(kpi.calculate("6", LATER)) == [(2, "restated")]
    assert numbers(kpi.calculate("7", LATER)) == [(3, "restated")]
    assert kpi.revisions() == [(1, 5, 6, "recalculated"), (2, 6, 7, "recalculated")]
    assert kpi.stored()["first_calculated_at"] == NOW


def test_another_target_is_a_change_too(kpi: Kpi) -> None:
    kpi.calculate("5")
    assert numbers(kpi.calculate("5", LATER, target=point(20))) == [(2, "restated")]
    assert kpi.revisions() == [(1, 5, 5, "recalculated")]


def test_another_version_of_the_definition_is_a_change_too(kpi: Kpi) -> None:
    row = kpi.of("5")
    kpi.tenant.write([row])
    next_version = replace(row, slot=replace(row.slot, definition=replace(kpi.definition, version=2)))
    assert numbers(kpi.tenant.write([next_version], LATER)) == [(2, "restated")]


def test_a_value_that_went_away_is_a_change(kpi: Kpi) -> None:
    kpi.calculate("5")
    assert numbers(kpi.calculate(None, LATER)) == [(2, "restated")]
    assert kpi.stored()["no_data_reason"] == "no_rows"
    assert numbers(kpi.calculate("5", LATER)) == [(3, "restated")]
    assert kpi.revisions() == [(1, 5, None, "recalculated"), (2, None, 5, "recalculated")]


def test_an_open_period_becomes_final_without_a_revision(kpi: Kpi) -> None:
    assert numbers(kpi.calculate("3", is_open=True)) == [(1, "open")]
    assert numbers(kpi.calculate("4", is_open=True)) == [(2, "open")]
    assert numbers(kpi.calculate("4", LATER)) == [(3, "final")]
    assert kpi.revisions() == []


def test_a_final_period_is_not_opened_again(kpi: Kpi) -> None:
    kpi.calculate("5")
    assert kpi.calculate("4", LATER, is_open=True) == []
    assert kpi.stored()["state"] == "final"


def test_an_older_calculation_never_overwrites_a_newer_one(kpi: Kpi) -> None:
    kpi.calculate("5", LATER)
    assert kpi.calculate("4", NOW) == []
    assert kpi.stored()["value"] == 5


def test_an_automatic_value_never_overwrites_an_entered_one(kpi: Kpi) -> None:
    kpi.enter("5")
    assert kpi.calculate("4", LATER) == []
    assert kpi.stored()["value"] == 5
    assert kpi.stored()["entered_by"] == kpi.author


def test_an_entered_value_becomes_final_as_its_period_closes(kpi: Kpi) -> None:
    kpi.enter("5", is_open=True)
    assert numbers(kpi.calculate("5", LATER, is_entered=True)) == [(2, "final")]
    assert kpi.stored()["entered_by"] == kpi.author
    assert kpi.revisions() == [(1, 5, 5, "recalculated")]  # it was open, and believed to be


def test_an_entered_value_is_judged_by_another_target_when_it_is_calculated_again(kpi: Kpi) -> None:
    kpi.enter("5", notes="by hand")
    again = kpi.calculate("5", LATER, target=point(20), achievement=Decimal(25), is_entered=True)
    assert numbers(again) == [(2, "restated")]
    stored = kpi.stored()
    assert (stored["target_low"], stored["achievement"], stored["notes"]) == (20, 25, "by hand")
    assert kpi.revisions() == [(1, 5, 5, "recalculated")]


def test_an_entered_value_takes_the_place_of_an_automatic_one(kpi: Kpi) -> None:
    kpi.calculate("4")
    assert numbers(kpi.enter("5", LATER)) == [(2, "restated")]
    assert kpi.revisions() == [(1, 4, 5, "corrected")]


def test_a_correction_of_an_entered_value_leaves_a_revision_with_its_author(kpi: Kpi) -> None:
    assert numbers(kpi.enter("5")) == [(1, "final")]
    assert numbers(kpi.enter("6", LATER, notes="counted twice")) == [(2, "restated")]
    assert kpi.revisions() == [(1, 5, 6, "corrected")]
    (row,) = kpi.tenant.rows("select author_id from lodestar.revisions where company_id = :company")
    assert row["author_id"] == kpi.author
    assert kpi.stored()["notes"] == "counted twice"


def test_an_entered_value_that_is_repeated_writes_nothing(kpi: Kpi) -> None:
    kpi.enter("5")
    before = kpi.stored()
    assert kpi.enter("5", LATER) == []
    assert kpi.stored() == before


def test_many_measurements_are_written_at_once_and_only_the_changed_ones_again(kpi: Kpi) -> None:
    days = [date(2025, 12, 1) + timedelta(days=number) for number in range(90)]
    assert len(kpi.tenant.write([kpi.of("5", day) for day in days])) == 90
    again = [kpi.of("6" if day.day == 1 else "5", day) for day in days]
    changed = kpi.tenant.write(again, LATER)
    assert sorted(each.key.period_start for each in changed) == [day for day in days if day.day == 1]


def test_a_value_outside_of_all_months_is_late_and_not_lost(kpi: Kpi) -> None:
    assert numbers(kpi.calculate("5", day=date(2019, 12, 31))) == [(1, "final")]


def test_history_shows_what_was_believed_at_a_time(kpi: Kpi) -> None:
    kpi.calculate("5", NOW)
    kpi.calculate("6", NOW + timedelta(hours=2), target=point(12), achievement=Decimal(50))
    kpi.enter("7", NOW + timedelta(hours=4), target=point(12))
    believed = [kpi.history(NOW + timedelta(hours=hours)) for hours in (-1, 0, 1, 2, 3, 4, 5)]
    assert believed == [[], *[[(5, 50)]] * 2, *[[(6, 50)]] * 2, *[[(7, 58.33)]] * 2]
    assert kpi.history(None) == [(7, 58.33)]


def test_of_two_calculations_at_once_the_newer_one_stays(
    kpi: Kpi, rival: WorkContext, database: Database
) -> None:
    kpi.calculate("1", NOW - timedelta(hours=1))
    with ThreadPoolExecutor(1) as other, kpi.tenant.work() as newer, kpi.tenant.work(rival) as older:
        newer.values.write_measurements([kpi.of("3")], LATER, None)
        written = other.submit(older.values.write_measurements, [kpi.of("2")], NOW, None)
        wait_until_blocked(database)
        newer.commit()
        assert written.result() == []
        older.commit()
    assert kpi.stored()["value"] == 3


def test_of_two_corrections_at_once_both_leave_a_revision(
    kpi: Kpi, rival: WorkContext, database: Database
) -> None:
    kpi.enter("1")
    with (
        ThreadPoolExecutor(1) as other,
        kpi.tenant.work(actor_id=kpi.author) as first,
        kpi.tenant.work(rival, kpi.author) as second,
    ):
        first.values.enter([EnteredMeasurement(kpi.of("2"))], LATER)
        written = other.submit(second.values.enter, [EnteredMeasurement(kpi.of("3"))], LATER)
        wait_until_blocked(database)
        first.commit()
        assert numbers(written.result()) == [(3, "restated")]
        second.commit()
    assert kpi.revisions() == [(1, 1, 2, "corrected"), (2, 2, 3, "corrected")]
