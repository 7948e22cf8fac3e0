"""What is made of a value follows it: entered late, corrected, pushed late, or calculated for one day alone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from local.running_stack import RunningStack
from tests.e2e.client import Body, Client
from tests.e2e.conftest import Found

OCTOBER = ("2025-10-01", "2025-10-31")
SINCE = {"start_date": "2025-01-01", "end_date": "2025-12-31"}
LATE = date(2025, 9, 2)
COUNT = {"type": "records", "source": "orders", "method": "sum"}


def formula(text: str, **inputs: Body) -> Body:
    given = [{"variable": name, "source": {"type": "kpi", **source}} for name, source in inputs.items()]
    return {"type": "formula", "formula": text, "inputs": given}


@pytest.fixture(scope="module")
def admin(found_company: Found) -> Client:
    return found_company("following")


@pytest.fixture(scope="module")
def una(admin: Client) -> int:
    user_id: int = admin.create_user("Una User", "una@following.test")["id"]
    return user_id


def values(admin: Client, user_id: int, assignment_id: int) -> dict[str, int | None]:
    """What a person has, by the first days of the periods."""
    entries = admin.history(user_id, assignment_id)
    return {
        str(entry["period_start"]): None if entry["actual_value"] is None else int(entry["actual_value"])
        for entry in entries
    }


def test_a_formula_over_a_month_follows_the_value_that_is_entered_weeks_later(
    stack: RunningStack, admin: Client, una: int
) -> None:
    kpi = admin.define("sold", {"type": "manual"}, "monthly")["id"]
    twice = formula("x * 2", x={"key": "sold"})
    made = admin.define("sold_twice", twice, "monthly", rollup="sum")["id"]
    entered, formed = (admin.assign(una, each, **SINCE)["id"] for each in (kpi, made))
    admin.assign_to_company(made, **SINCE)

    answer = admin.measure(una, entered, 10, OCTOBER)
    stack.wait_idle()
    assert values(admin, una, formed)[OCTOBER[0]] == 20
    assert admin.api.runs.get(answer["run_id"])["state"] == "completed"
    of_company = {str(entry["period_start"]): entry for entry in admin.company_history(made)}
    assert of_company[OCTOBER[0]]["actual_value"] == 20

    header = "kpi,user,period_start,value"
    told = admin.import_values(f"{header}\nsold,{una},2025-10-01,11")
    stack.wait_idle()
    assert len(told["run_ids"]) == 1
    assert values(admin, una, formed)[OCTOBER[0]] == 22
    assert admin.import_values(f"{header}\nsold,{una},2025-10-01,11")["run_ids"] == []


def test_the_companys_value_tells_of_whom_it_is_made(stack: RunningStack, admin: Client, una: int) -> None:
    kpi = admin.define("made", {"type": "manual"}, "monthly", rollup="sum")["id"]
    team = admin.post("/teams", {"name": "Makers"})["id"]
    uma = admin.create_user("Uma", "uma@following.test", team_id=team, effective_from="2025-09-01")["id"]
    admin.assign_to_company(kpi, **SINCE)
    admin.post(f"/kpis/{kpi}/assign", {"team_id": team, **SINCE})
    for user, value in ((una, 10), (uma, 5)):
        admin.measure(user, admin.assign(user, kpi, **SINCE)["id"], value, OCTOBER)
    stack.wait_idle()
    dates = {"period_start": OCTOBER[0], "period_end": OCTOBER[1]}
    told = admin.get(f"/kpis/{kpi}/explain", **dates)
    assert (told["way"], told["value_now"], told["measurement"]["actual_value"]) == ("rolled_up", 15, 15)
    assert [(part["name"], part["value"]) for part in told["parts"]] == [("Una User", 10), ("Uma", 5)]
    of_team = admin.get(f"/kpis/{kpi}/explain", team_id=team, **dates)
    assert (of_team["value_now"], len(of_team["parts"])) == (5, 1)
    by_team = admin.get(f"/kpis/{kpi}/breakdown", by="team", **dates)
    assert [(line["kind"], line["name"], line["value"]) for line in by_team["lines"]] == [
        ("team", "Makers", 5),
        ("no_team", None, 10),
    ]


def test_a_value_of_which_nothing_is_made_starts_no_run(admin: Client, una: int) -> None:
    kpi = admin.define("mood", {"type": "manual"}, "monthly")["id"]
    assert admin.measure(una, admin.assign(una, kpi, **SINCE)["id"], 3, OCTOBER)["run_id"] is None


def order(number: int, user_id: int, day: str, value: int) -> Body:
    return {
        "source": "orders",
        "external_id": str(number),
        "occurred_at": f"{day}T12:00:00Z",
        "user_id": user_id,
        "value": value,
    }


def test_records_before_the_lookback_are_told_and_a_run_over_their_day_restates_what_looks_back(
    stack: RunningStack, admin: Client, una: int
) -> None:
    kpi = admin.define("ordered", COUNT)["id"]
    growth = formula("x - y", x={"key": "ordered"}, y={"key": "ordered", "offset": -1})
    grown = admin.define("growth", growth)["id"]
    counted, formed = (admin.assign(una, each, **SINCE)["id"] for each in (kpi, grown))
    admin.push(order(1, una, "2025-09-01", 5), order(2, una, "2025-09-02", 5), order(3, una, "2025-09-03", 5))
    admin.run("2025-09-01", "2025-09-03")
    late = admin.push(order(4, una, "2025-09-02", 7), order(4, una, "2025-09-02", 2))
    assert (late["created"], late["updated"], late["unchanged"]) == (1, 1, 0)
    assert late["overruled"] == [{"index": 0, "by": 1}]
    beyond = late["beyond_lookback"]
    assert beyond == {"rows": 2, "first_day": LATE, "last_day": LATE}

    admin.run(str(LATE), str(LATE), definition_ids=[kpi])
    stack.wait_idle()
    assert values(admin, una, counted)["2025-09-02"] == 7
    grown_by = values(admin, una, formed)
    assert (grown_by["2025-09-02"], grown_by["2025-09-03"]) == (2, -2)


def test_an_alert_that_an_entered_value_fires_is_sent_without_a_tick(
    stack: RunningStack, admin: Client, una: int
) -> None:
    kpi = admin.define("watched", {"type": "manual"}, "daily")["id"]
    given = admin.assign(una, kpi, target_value=10, start_date="2025-01-01")["id"]
    admin.watch(kpi, 20, "email")
    yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    admin.measure(una, given, 5, (yesterday, yesterday))
    stack.wait_idle()
    (alert,) = admin.get("/alerts")["alerts"]
    assert [(each["channel"], each["state"]) for each in alert["notifications"]] == [("email", "sent")]
