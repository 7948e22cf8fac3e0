"""The world that the sample events speak of. Their ids follow from the order in which it is made."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from local.remote import PLAN, tick_event
from local.running_stack import RunningStack
from tests.e2e.client import Client
from tests.e2e.slack_stub import SlackStub

CALLS = {"type": "records", "source": "calls", "method": "sum"}
TICKETS = {"type": "records", "source": "tickets", "filters": {"status": "closed"}}
SATISFACTION = {"type": "manual", "allowed_range": {"min": 1, "max": 5}}
ALERT_RULE = {
    "alert_type": "below_target",
    "threshold_percentage": 20,
    "notification_channels": ["slack", "dashboard"],
    "applies_to": ["user"],  # one alert, so that its id is certain
}
DATES = {"start_date": "2026-03-02", "end_date": "2026-03-31"}
MINUTES = {"2026-03-02": 12.5, "2026-03-03": 11, "2026-03-04": 5}
"""Una's calls by day: the last one is far below the target, so it fires an alert."""


class World:
    """Company 2 with its admin 2, manager 3, user 4 in team 1, definitions 1 to 4, and a run for each day.

    User 5, team 2, role 2 and subscription 2 are there to go.
    """

    def __init__(self, stack: RunningStack, http: httpx.Client, slack: SlackStub) -> None:
        self.stack = stack
        self.slack = slack
        self._http = http
        self._found_company()
        self._hire_slack()
        self._hire_people()
        self._set_goals()
        self._work()
        self._run_company()
        self._load_packs()

    @property
    def admin(self) -> Client:
        """Ada."""
        return self.person("ada@acme.test")

    def sql(self, text: str, **values: object) -> list[list[Any]]:
        """Run a statement as the owner of the database: to lose what a crash would lose, and to look."""
        connection = self.stack.database.connect()
        try:
            return [list(row) for row in connection.run(text, **values) or ()]
        finally:
            connection.close()

    def person(self, email: str) -> Client:
        """Whoever has an email address."""
        return Client(self._http, self.stack.token_for(email))

    def _found_company(self) -> None:
        admin = {"name": "Ada Admin", "email": "ada@acme.test"}
        draft = {"name": "Acme", "timezone": "Europe/Berlin", "admin": admin}
        self.person("superuser@lodestar.local").post("/companies", draft)

    def _hire_slack(self) -> None:
        secret = json.dumps({"webhook_url": self.slack.webhook_url})
        self.stack.aws.secrets.create_secret(Name="lodestar/local/2/slack", SecretString=secret)

    def _hire_people(self) -> None:
        manager = self.admin.create_user("Max Manager", "max@acme.test", role="manager")
        team = self.admin.create_team("Support", manager["id"])
        self.admin.create_user("Una User", "una@acme.test", team_id=team["id"], effective_from="2026-03-01")
        self.admin.create_user("Lea Leaver", "lea@acme.test")
        self.admin.create_team("Archive")
        self.admin.post("/roles", {"name": "auditor", "permissions": ["audit.view"]})
        self.admin.post("/roles", {"name": "intern", "permissions": []})

    def _set_goals(self) -> None:
        support = {"category": "customer_support"}
        self.admin.define("calls", CALLS, **support, name="Calls")
        self.admin.define("satisfaction", SATISFACTION, **support, unit="score")
        self.admin.define("faxes", {"type": "records", "source": "faxes"}, unit="count")
        self.admin.define("tickets", TICKETS, **support, unit="count", target_type="range")
        self.admin.assign(4, 1, target_value=10, weight=60, **DATES)
        self.admin.assign(4, 2, target_value=4, weight=20, **DATES)
        self.admin.assign_to_company(1, target_value=100, **DATES)
        self.admin.post("/kpis/1/alerts", ALERT_RULE)
        for address in ("ops@acme.test", "former@acme.test"):
            self.admin.post("/alerts/subscriptions", {"channel": "email", "address": address})

    def _work(self) -> None:
        self.admin.push(*(_call(day, value) for day, value in MINUTES.items()))
        self.stack.invoke(PLAN, tick_event("daily", "2026-03-05T01:00:00Z"))
        self.stack.wait_idle()

    def _run_company(self) -> None:
        """KPI 2 for the company itself: ten closed days, two targets of which the second is there to go."""
        self.admin.assign_to_company(2, target_value=4, start_date="2026-03-02")
        today = datetime.now(ZoneInfo("Europe/Berlin")).date()
        for back, value in enumerate((4.5, 4.4, 4.1, 4.3, 4, 3.8, 3.9, 3.6, 3.7, 3.5), 1):
            day = (today - timedelta(days=back)).isoformat()
            self.admin.post("/kpis/2/values", {"value": value, "period_date": day})
        for first, last in (("2026-03-01", "2026-03-31"), ("2026-04-01", "2026-04-30")):
            target = {"target_value": 4.2, "period_start": first, "period_end": last}
            self.admin.post("/kpis/2/targets", target)
        self.admin.put(
            "/kpis/2/permissions/3", {"can_view": True, "can_edit": False, "can_set_targets": True}
        )

    def _load_packs(self) -> None:
        """January as the worked example has it, some vans and leads, and Una's search; the last of each is there to go."""
        una = self.person("una@acme.test")
        for table, rows in PACK_ROWS.items():
            (una if table.startswith("job-search") else self.admin).post(f"/{table}", {"rows": rows}, 200)


def _snapshot(center: str, unit: str, cost: str, units: int) -> Mapping[str, object]:
    return {
        "cost_center": center,
        "basis_unit": unit,
        "period_start": "2026-01-01",
        "period_end": "2026-01-31",
        "total_cost": cost,
        "total_units": units,
        "status": "OK" if units else "MISSING_ACTIVITY",
    }


def _van(number: int, **sale: object) -> Mapping[str, object]:
    dates = {"listed_at": "2026-02-02T09:00:00Z"}
    return {"external_id": f"van-{number}", "cost": 9000, "list_price": 11500, "score": 80, **dates, **sale}


PACK_ROWS: Mapping[str, list[Mapping[str, object]]] = {
    "fleet/snapshots": [
        _snapshot("CC-DEMO-001", "KM", "1000.00", 500),
        _snapshot("Overhead-General", "KM", "300.00", 0),
        _snapshot("CC-DEMO-001", "TRIP", "1000.00", 20),
    ],
    "vehicle-sales/vehicles": [_van(1, sold_at="2026-02-20T15:00:00Z", sold_price=11000), _van(2)],
    "vehicle-sales/buyers": [{"external_id": "buyer-1", "last_active_at": "2026-02-20T15:00:00Z"}],
    "vehicle-sales/leads": [
        {
            "external_id": "lead-1",
            "vehicle": "van-1",
            "buyer": "buyer-1",
            "created_at": "2026-02-10T09:00:00Z",
            "purchased_at": "2026-02-20T15:00:00Z",
            "outcome": "purchased",
        },
        {
            "external_id": "lead-2",
            "vehicle": "van-2",
            "buyer": "buyer-1",
            "created_at": "2026-02-11T09:00:00Z",
            "outcome": "lost",
        },
    ],
    "job-search/jobs": [
        {
            "external_id": "j-1",
            "title": "Support lead",
            "company": "Harbour",
            "stage": "APPLIED",
            "heat": 3,
            "archived": False,
        },
        {"external_id": "j-2", "title": "Team coach", "stage": "REJECTED", "heat": 0, "archived": False},
    ],
    "job-search/follow-ups": [{"external_id": "f-1", "job": "j-1", "due_at": "2026-03-02T15:00:00Z"}],
    "job-search/growth-events": [
        {"external_id": "g-1", "title": "Talk", "attended": True, "date": "2026-03-02T18:00:00Z"}
    ],
}


def _call(day: str, value: float) -> Mapping[str, object]:
    at = f"{day}T10:00:00Z"
    return {"source": "calls", "external_id": at, "occurred_at": at, "user_id": 4, "value": value}
