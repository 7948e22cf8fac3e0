"""A company's calendar changes: what is past stays, and at the seam every record counts once."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import batched
from zoneinfo import ZoneInfo

import httpx
import pytest

from local.running_stack import RunningStack
from tests.e2e.client import Body, Client
from tests.e2e.conftest import Found

MANUAL = {"type": "manual"}
COUNT = {"type": "records", "source": "orders", "method": "count"}
FIRST, LAST = date(2025, 9, 1), date(2025, 9, 28)
"""Four weeks from a Monday; in them the week begins on Sundays, and the company moves."""


def refusal(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def push_each_half_hour(admin: Client, user_id: int, first: datetime, last: datetime) -> int:
    """A record each half hour of a range of instants; how many."""
    count = int((last - first) / timedelta(minutes=30))
    records = [
        {
            "source": "orders",
            "external_id": str(n),
            "occurred_at": (first + n * timedelta(minutes=30)).isoformat(),
            "user_id": user_id,
        }
        for n in range(count)
    ]
    for some in batched(records, 1000, strict=False):
        admin.push(*some)
    return count


def counted(admin: Client, user_id: int, assignment_id: int, **query: object) -> dict[tuple[str, str], int]:
    """What was counted, by first and last day."""
    return {
        (str(entry["period_start"]), str(entry["period_end"])): int(entry["actual_value"])
        for entry in admin.history(user_id, assignment_id, **query)
    }


@pytest.mark.parametrize("new_zone", ["Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_a_company_moves_and_every_record_counts_once_in_its_days_weeks_and_quarters(
    stack: RunningStack, found_company: Found, new_zone: str
) -> None:
    name = new_zone.partition("/")[2].lower().replace("_", "-")
    admin = found_company(f"moved-to-{name}", timezone="Europe/Berlin")
    company = admin.me()["company"]["id"]
    admin.put(f"/companies/{company}", {"week_start": "sunday", "effective_from": "2025-09-11"})
    admin.put(f"/companies/{company}", {"timezone": new_zone, "effective_from": "2025-09-17"})
    una = admin.create_user("Una User", f"una@{name}.test")["id"]
    kpis = {
        cadence: admin.define(f"orders_{cadence}", COUNT, cadence)["id"] for cadence in ("daily", "weekly")
    }
    assigned = {
        cadence: admin.assign(una, kpi, start_date=str(FIRST), end_date=str(LAST), weight=1)["id"]
        for cadence, kpi in kpis.items()
    }
    begins = datetime(2025, 9, 1, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    ends = datetime(2025, 9, 28, tzinfo=ZoneInfo(new_zone)).astimezone(UTC)
    pushed = push_each_half_hour(admin, una, begins, ends)

    admin.run(str(FIRST), str(LAST))
    stack.wait_idle()

    days = counted(admin, una, assigned["daily"])
    assert sum(days.values()) == pushed
    usual = Counter(days[str(day), str(day)] for day in (FIRST + timedelta(days=n) for n in range(27)))
    assert usual[48] == 26  # all but the first day in the new timezone, which is longer or shorter
    weeks = counted(admin, una, assigned["weekly"])
    assert sorted(weeks) == [
        ("2025-09-01", "2025-09-07"),
        ("2025-09-08", "2025-09-10"),  # cut short
        ("2025-09-11", "2025-09-13"),  # begins on the seam
        ("2025-09-14", "2025-09-20"),
        ("2025-09-21", "2025-09-27"),
        ("2025-09-28", "2025-10-04"),  # the KPI is assigned on its first day only
    ]
    assert sum(weeks.values()) == pushed


@pytest.fixture(scope="module")
def settled(stack: RunningStack, found_company: Found) -> tuple[Client, int, int]:
    """A company whose week was measured, with that person and the assignment."""
    admin = found_company("settled", timezone="Europe/Berlin")
    una = admin.create_user("Una User", "una@settled.test")["id"]
    kpi = admin.define("orders", COUNT, "weekly")["id"]
    assigned = admin.assign(una, kpi, start_date=str(FIRST), end_date=str(LAST), weight=1)["id"]
    push_each_half_hour(admin, una, datetime(2025, 9, 1, tzinfo=UTC), datetime(2025, 9, 2, tzinfo=UTC))
    admin.run(str(FIRST), str(LAST))
    stack.wait_idle()
    return admin, una, assigned


def company_path(admin: Client) -> str:
    return f"/companies/{admin.me()['company']['id']}"


def test_a_planned_calendar_leaves_what_is_past_as_it_is(settled: tuple[Client, int, int]) -> None:
    admin, una, assigned = settled
    before = admin.history(una, assigned)
    path = company_path(admin)
    change = {"week_start": "sunday", "fiscal_year_start_month": 2, "timezone": "Asia/Tokyo"}
    would_be = admin.put(path, change | {"dry_run": True})
    assert len(admin.get(path)["calendars"]) == 1
    changed = admin.put(path, change)
    assert changed["calendars"] == would_be["calendars"]
    assert changed["timezone"] == "Europe/Berlin"  # until it counts
    assert [seam["aggregation_period"] for seam in changed["calendar_effects"]["seams"]] == [
        "daily",
        "weekly",
        "quarterly",
    ]
    assert admin.history(una, assigned) == before
    back = admin.put(
        path, {"week_start": "monday", "fiscal_year_start_month": 1, "timezone": "Europe/Berlin"}
    )
    assert len(back["calendars"]) == 1


def test_a_wrong_calendar_is_corrected_in_the_past_and_what_was_believed_is_kept(
    stack: RunningStack, found_company: Found
) -> None:
    admin = found_company("recut", timezone="Europe/Berlin")
    una = admin.create_user("Una User", "una@recut.test")["id"]
    kpis = [
        admin.define(key, source, "weekly")["id"]
        for key, source in (("orders", COUNT), ("rating", MANUAL), ("former_orders", COUNT))
    ]
    assigned, rated, retired = (
        admin.assign(una, kpi, start_date=str(FIRST), end_date=str(LAST), weight=1)["id"] for kpi in kpis
    )
    begins = datetime(2025, 9, 1, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    pushed = push_each_half_hour(admin, una, begins, begins + timedelta(days=28))
    week = {"period_start": "2025-09-15", "period_end": "2025-09-21"}
    admin.post(f"/users/{una}/kpis/{rated}/measure", {"actual_value": 7, **week})
    admin.run(str(FIRST), str(LAST))
    stack.wait_idle()
    believed = counted(admin, una, assigned)
    assert set(believed.values()) == {336}
    as_of = datetime.now(UTC).isoformat()
    assert admin.call("DELETE", f"/kpis/definitions/{kpis[2]}").status_code == 200

    path, sundays = company_path(admin), {"week_start": "sunday", "effective_from": "2025-09-10"}
    told = admin.put(path, sundays | {"dry_run": True})["calendar_effects"]
    assert (told["entered_values"], told["targets"], told["run_ids"]) == (1, 0, [])
    response = admin.call("PUT", path, sundays)
    assert refusal(response) == (409, "confirmation_needed")
    assert "set confirm to 1 to go on" in response.json()["error"]
    assert counted(admin, una, assigned) == believed

    (run_id,) = admin.put(path, sundays | {"confirm": 1})["calendar_effects"]["run_ids"]
    stack.wait_idle()
    assert admin.get(f"/runs/{run_id}")["state"] == "completed"
    weeks = counted(admin, una, assigned)
    assert sum(weeks.values()) == pushed
    assert sorted(weeks)[:4] == [
        ("2025-09-01", "2025-09-07"),  # as it was
        ("2025-09-08", "2025-09-09"),  # cut short
        ("2025-09-10", "2025-09-13"),
        ("2025-09-14", "2025-09-20"),
    ]
    assert counted(admin, una, retired) == weeks  # a KPI that is retired by now follows, too
    assert admin.history(una, rated) == []  # the week that it was entered for is none any more
    assert counted(admin, una, assigned, as_of=as_of) == believed


def test_a_measured_kpi_keeps_its_cadence_and_a_copy_has_another(settled: tuple[Client, int, int]) -> None:
    admin, una, assigned = settled
    before = admin.history(una, assigned)
    kpi = admin.get(f"/users/{una}/kpis/{assigned}")["kpi_definition_id"]
    response = admin.call("PUT", f"/kpis/definitions/{kpi}", {"aggregation_period": "daily"})
    assert refusal(response) == (409, "already_measured")
    assert f'"copy_of": {kpi}' in response.json()["error"]
    assert admin.history(una, assigned) == before

    asked = {"key": "orders_by_day", "copy_of": kpi, "aggregation_period": "daily"}
    copy, original = admin.post("/kpis/definitions", asked), admin.get(f"/kpis/definitions/{kpi}")
    own = {"id", "key", "aggregation_period", "created_at", "updated_at"}
    assert {name for name in original if copy[name] != original[name]} == own
    put = admin.put(f"/kpis/definitions/{copy['id']}", {"aggregation_period": "monthly"})
    assert put["aggregation_period"] == "monthly"  # nobody has been measured by it


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"effective_from": "2026-01-01"}, "name one"),
        ({"week_start": "sunday", "effective_from": "1899-12-31"}, "1900-01-01"),
        ({"week_start": "sunday", "confirm": -1}, "greater than or equal to 0"),
        ({"timezone": "UTC", "dry_run": "yes"}, "dry_run"),
    ],
)
def test_a_calendar_that_cannot_be_meant_is_refused(
    settled: tuple[Client, int, int], body: Body, says: str
) -> None:
    admin, *_ = settled
    response = admin.call("PUT", company_path(admin), body)
    assert refusal(response)[0] == 422
    assert says in response.text
