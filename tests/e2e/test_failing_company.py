"""One company that fails stops no other: each is planned, kept up and published by a message of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from local.remote import PLAN, tick_event
from local.running_stack import RunningStack
from tests.e2e.client import Body, Client
from tests.e2e.conftest import Found
from tests.e2e.in_time import as_if_assigned_in_time

CALLS = {"type": "records", "source": "calls", "method": "count"}
DAY = "2025-05-06"
TICK = tick_event("daily", "2025-05-07T03:00:00Z")
DATES = {"start_date": "2025-05-05", "end_date": DAY}


def over(key: str, offset: int = 0, formula: str = "x") -> Body:
    inputs = [{"variable": "x", "source": {"type": "kpi", "key": key, "offset": offset}}]
    return {"type": "formula", "formula": formula, "inputs": inputs}


def sql(stack: RunningStack, statement: str, **values: object) -> None:
    connection = stack.database.connect()
    try:
        connection.run(statement, **values)
    finally:
        connection.close()


@contextmanager
def no_runs(stack: RunningStack, company_id: int) -> Iterator[None]:
    """While this holds the database takes no run of the company."""
    sql(
        stack,
        f"alter table lodestar.runs add constraint no_runs check (company_id <> {company_id}) not valid",
    )
    try:
        yield
    finally:
        sql(stack, "alter table lodestar.runs drop constraint no_runs")


def purge(stack: RunningStack) -> None:
    """Take the failed message out of the queue: it would come again for an hour."""
    stack.aws.sqs.purge_queue(QueueUrl=stack.refs["TaskQueue"])


def wait_until(is_so: Callable[[], object], seconds: float = 20) -> None:
    end = monotonic() + seconds
    while not is_so():
        assert monotonic() < end, "It never came about."
        sleep(0.1)


def value_of(admin: Client, user_id: int, assignment_id: int, day: str = DAY) -> object:
    return {
        str(row["period_start"]): row["actual_value"] for row in admin.history(user_id, assignment_id)
    }.get(day)


def test_a_company_whose_planning_fails_is_told_and_those_behind_it_are_planned(
    stack: RunningStack, found_company: Found
) -> None:
    broken, healthy = found_company("broken-plan"), found_company("healthy-plan")
    assigned = []
    for admin in (broken, healthy):
        una = admin.create_user("Una", f"una@{admin.me()['company']['name']}.test")["id"]
        kpi = admin.define("calls", CALLS)["id"]
        assigned.append((una, admin.assign(una, kpi, **DATES)["id"]))
    as_if_assigned_in_time(stack, broken, healthy)
    with no_runs(stack, broken.me()["company"]["id"]):
        stack.invoke(PLAN, TICK)
        wait_until(lambda: value_of(healthy, *assigned[1]) == 0)
        wait_until(lambda: broken.get("/health")["failed_tasks"])
        told = broken.get("/health")
    (failed,) = told["failed_tasks"]
    assert (failed["kind"], failed["error"]) == ("planning", "DatabaseError")
    assert failed["in_a_row"] >= 1
    assert any(problem.startswith("The planning of your company failed") for problem in told["problems"])
    assert healthy.get("/health")["failed_tasks"] == []

    purge(stack)
    stack.invoke(PLAN, TICK)
    stack.wait_idle()
    assert value_of(broken, *assigned[0]) == 0
    told = broken.get("/health")
    assert [task["in_a_row"] for task in told["failed_tasks"]] == [0]
    assert not any("planning" in problem for problem in told["problems"])


def test_a_company_with_a_kpi_that_uses_itself_is_planned_and_can_retire_it(
    stack: RunningStack, found_company: Found
) -> None:
    ada = found_company("circle")
    una = ada.create_user("Una", "una@circle.test")["id"]
    kpis = {key: ada.define(key, CALLS)["id"] for key in ("calls", "one", "other")}
    assigned = {key: ada.assign(una, kpi, **DATES)["id"] for key, kpi in kpis.items()}
    as_if_assigned_in_time(stack, ada)
    ada.put(f"/kpis/definitions/{kpis['one']}", {"data_source": over("other")})
    refused = ada.call("PUT", f"/kpis/definitions/{kpis['other']}", {"data_source": over("one")})
    assert refused.status_code == 422
    assert "in a circle: other → one → other" in refused.json()["error"]
    sql(  # as two edits at once once did
        stack,
        "update lodestar.definitions set calculation_type = 'formula', data_source = (select replace("
        "data_source::text, '\"other\"', '\"one\"')::jsonb from lodestar.definitions where id = :one) "
        "where id = :other",
        one=kpis["one"],
        other=kpis["other"],
    )
    stack.invoke(PLAN, TICK)
    stack.wait_idle()
    assert {key: value_of(ada, una, each) for key, each in assigned.items()} == {
        "calls": 0,
        "one": None,
        "other": None,
    }
    run = ada.run(DAY, DAY)
    assert run["failures"] == [{"reason": "formula_cycle", "count": 2}]
    # One of them has to let the other go: then both can.
    ada.put(f"/kpis/definitions/{kpis['one']}", {"data_source": CALLS})
    for key in ("other", "one"):
        assert ada.call("DELETE", f"/kpis/definitions/{kpis[key]}").status_code == 200


def test_a_running_total_is_planned_calculated_and_retired(stack: RunningStack, found_company: Found) -> None:
    ada = found_company("totals")
    una = ada.create_user("Una", "una@totals.test")["id"]
    total = ada.define("total", CALLS)["id"]
    running_total = over("total", -1, "coalesce(x, 0) + 1")
    ada.put(f"/kpis/definitions/{total}", {"data_source": running_total})
    assigned = ada.assign(una, total, **DATES)["id"]
    as_if_assigned_in_time(stack, ada)
    stack.invoke(PLAN, TICK)
    stack.wait_idle()
    assert [value_of(ada, una, assigned, day) for day in ("2025-05-05", DAY)] == [1, 2]
    assert ada.run("2025-05-05", DAY)["state"] == "completed"
    assert ada.call("DELETE", f"/kpis/definitions/{total}").status_code == 200
