"""Making the demo company: what its superuser, admin and manager do, call by call."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import batched, chain
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from local.demo.api import Api
from local.demo.board import set_up_board
from local.demo.kpis import RESOLUTION_TIME, SALES_GOALS, SUPPORT_GOALS, Goal
from local.demo.packs import load_packs
from local.demo.people import ADMIN_EMAIL, MANAGER_EMAIL, SALES, STRUGGLER, SUPPORT, Person
from local.demo.records import DAYS, TIMEZONE, Record, Shift, records_of, reviewed, sales_day, support_day
from local.errors import CannotRun, FunctionFailed
from local.remote import PLAN, tick_event
from local.running_stack import RunningStack

COMPANY = "Polaris Outfitters"
ALERT_THRESHOLD = 25  # percent off target
CADENCES = ("daily", "weekly", "monthly", "quarterly")
ROWS_PER_CALL = 1000
RUN_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Team:
    """A team: its people, what they do all day, what they are measured by."""

    name: str
    people: tuple[Person, ...]
    work: Callable[[Shift], Iterator[Record]]
    goals: tuple[Goal, ...]


TEAMS = (
    Team("Customer Support", SUPPORT, support_day, SUPPORT_GOALS),
    Team("Sales", SALES, sales_day, SALES_GOALS),
)


@dataclass(frozen=True, slots=True)
class Assigned:
    """A KPI of a person, with the ids that the API gave."""

    person: Person
    goal: Goal
    user_id: int
    assignment_id: int


def set_up(running: RunningStack, http: httpx.Client, superuser: Api) -> Api:
    """Make everything and calculate it; the admin's API.

    Raises:
        CannotRun: the API refused a step, or something could not be calculated.
    """
    last_day = datetime.now(ZoneInfo(TIMEZONE)).date() - timedelta(days=1)
    first_day = last_day - timedelta(days=DAYS - 1)
    superuser.post(
        "/api/companies",
        {"name": COMPANY, "timezone": TIMEZONE, "admin": {"name": "Robert Ansah", "email": ADMIN_EMAIL}},
    )
    admin = Api(http, running.token_for(ADMIN_EMAIL))
    users = _hire(admin, first_day)
    _push_records(admin, users, last_day)
    definitions = _define(admin)
    _watch(
        admin, definitions[RESOLUTION_TIME.definition["key"]]
    )  # before there is a value: alerts are for news
    assigned = list(_assign(admin, users, definitions, first_day))
    set_up_board(admin, definitions, (first_day, last_day))
    _review(Api(http, running.token_for(MANAGER_EMAIL)), assigned, last_day)
    load_packs(admin, Api(http, running.token_for(STRUGGLER.email)), last_day + timedelta(days=1))
    _calculate(running, admin, (first_day, last_day))
    return admin


def check_complete(admin: Api) -> None:
    """Make sure that the company was made to its end.

    Raises:
        CannotRun: it was not; there is no backfill, which comes last.
    """
    if not any(run["kind"] == "backfill" for run in admin.everything("/api/runs", "runs")):
        message = (
            f"The set-up of {COMPANY} was interrupted: delete the data folder or choose another one "
            "(--data), or start without the demo (--no-demo)."
        )
        raise CannotRun(message)


def _hire(admin: Api, first_day: date) -> dict[Person, int]:
    """The manager, both teams and their people, who are in them since a day; the id of each person."""
    since = first_day.isoformat()
    manager = admin.post("/api/users", {"name": "Maya Cohen", "email": MANAGER_EMAIL, "role": "manager"})
    users: dict[Person, int] = {}
    for team in TEAMS:
        team_id = admin.post("/api/teams", {"name": team.name, "manager_id": manager["id"]})["id"]
        for person in team.people:
            draft = {"name": person.name, "email": person.email, "team_id": team_id}
            users[person] = admin.post("/api/users", {**draft, "effective_from": since})["id"]
    return users


def _push_records(admin: Api, users: dict[Person, int], last_day: date) -> None:
    records = chain.from_iterable(
        records_of(person, users[person], team.work, last_day) for team in TEAMS for person in team.people
    )
    for rows in batched(records, ROWS_PER_CALL, strict=False):
        answer = admin.post("/api/records", {"records": rows})
        if answer["errors"]:
            message = f"The demo company is not complete: a record was refused: {answer['errors'][0]}"
            raise CannotRun(message)


def _define(admin: Api) -> dict[str, int]:
    """All KPIs; the id of each by its key. A formula comes behind the KPIs that it uses."""
    goals = chain.from_iterable(team.goals for team in TEAMS)
    drafts = [goal.definition for goal in goals]
    return {draft["key"]: admin.post("/api/kpis/definitions", draft)["id"] for draft in drafts}


def _assign(
    admin: Api, users: dict[Person, int], definitions: dict[str, int], first_day: date
) -> Iterator[Assigned]:
    """Give each team its KPIs, each to all its people at once: what is past is calculated in one run."""
    for team in TEAMS:
        people = {users[person]: person for person in team.people}
        for goal in team.goals:
            draft = {
                "kpi_definition_id": definitions[goal.definition["key"]],
                "user_ids": list(people),
                "target_value": goal.target,
                "weight": goal.weight,
                "start_date": first_day.isoformat(),
            }
            for row in admin.post("/api/kpis/assignments/bulk", draft)["results"]:
                yield Assigned(people[row["user_id"]], goal, row["user_id"], row["assignment_id"])


def _watch(admin: Api, kpi_id: int) -> None:
    """Alert when somebody's value is clearly worse than the target; tell the manager by email."""
    rule = {
        "alert_type": "below_target",
        "threshold_percentage": ALERT_THRESHOLD,
        "notification_channels": ["email", "dashboard"],
    }
    admin.post(f"/api/kpis/{kpi_id}/alerts", rule)
    admin.post("/api/alerts/subscriptions", {"channel": "email", "address": MANAGER_EMAIL})


def _review(manager: Api, assigned: Iterable[Assigned], last_day: date) -> None:
    """The manager enters the manual values of the last closed month."""
    month_end = (last_day + timedelta(days=1)).replace(day=1) - timedelta(days=1)
    month = month_end.replace(day=1)
    for given in assigned:
        if given.goal.is_manual and given.person.is_reviewed:
            value = reviewed(given.person, month, Decimal(given.goal.target), given.goal.most)
            entry = {
                "actual_value": float(value),
                "period_start": month.isoformat(),
                "period_end": month_end.isoformat(),
                "notes": "Monthly review.",
            }
            manager.post(f"/api/users/{given.user_id}/kpis/{given.assignment_id}/measure", entry)


def _calculate(running: RunningStack, admin: Api, days: tuple[date, date]) -> None:
    """Everything so far by a backfill, then each schedule once, as the clock will fire it from now on."""
    first, last = (day.isoformat() for day in days)
    admin.post("/api/runs", {"period_start": first, "period_end": last, "reason": "the first 90 days"})
    _wait_for_runs(admin)
    try:
        for cadence in CADENCES:
            running.invoke(PLAN, tick_event(cadence))
        running.wait_idle(RUN_SECONDS)  # a tick only sends: the runs are planned over a queue
    except (FunctionFailed, TimeoutError) as failure:
        raise CannotRun(str(failure)) from failure
    _wait_for_runs(admin)


def _wait_for_runs(admin: Api) -> None:
    """Wait until every run has ended well; `CannotRun` when one has not."""
    deadline = time.monotonic() + RUN_SECONDS
    while not all(_has_ended(run) for run in admin.everything("/api/runs", "runs")):
        if time.monotonic() > deadline:
            message = (
                f"The demo company was not calculated in {RUN_SECONDS} s: see the logs in the data folder."
            )
            raise CannotRun(message)
        time.sleep(0.25)


def _has_ended(run: dict[str, Any]) -> bool:
    if run["failures"]:
        worst = run["failures"][0]
        failed = f"{worst['reason']}, {worst['count']} times"
        message = f"The demo company is not complete: run {run['id']} failed: {failed}."
        raise CannotRun(message)
    return bool(run["state"] == "completed")
