"""One person's calls to a running stack, as a client program would make them."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from lodestar_client import Lodestar

type Body = dict[str, Any]


class Csv(str):
    """A body that is not JSON but CSV."""

    __slots__ = ()


RUN_SECONDS = 60
_LARGEST_PAGE = 200

LONG_AGO = "2024-01-01"
"""Since when people are in their teams, unless a test says otherwise."""


@dataclass(frozen=True, slots=True)
class Client:
    """A person with a token. Numbers of an answer are exact: every fraction is a Decimal."""

    http: httpx.Client
    token: str

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        **query: object,
    ) -> httpx.Response:
        """The bare answer to a request under /api; a query parameter of None is left out."""
        kind = "application/json"
        if isinstance(body, Csv):
            content, kind = str(body), "text/csv"
        else:
            content = "" if body is None else json.dumps(body)
        return self.http.request(
            method,
            f"/api{path}",
            content=content or None,
            # None, for an empty one would take away a query that the path has
            params={name.rstrip("_"): str(value) for name, value in query.items() if value is not None}
            or None,
            headers={
                "authorization": f"Bearer {self.token}",
                "content-type": kind,
                **(headers or {}),
            },
        )

    def get(self, path: str, **query: object) -> Body:
        """What a read answers."""
        return decoded(self.call("GET", path, **query), 200)

    def post(self, path: str, body: object, status: int = 201) -> Body:
        """What a write answers, if that has the expected status."""
        return decoded(self.call("POST", path, body), status)

    def import_values(self, text: str, *, dry_run: bool | None = None) -> Body:
        """What became of a file of values."""
        return self.api.values.import_csv(text, dry_run=dry_run)

    def put(self, path: str, body: object) -> Body:
        """What a change answers."""
        return decoded(self.call("PUT", path, body), 200)

    def all_of(self, name: str, path: str, limit: int = _LARGEST_PAGE, **query: object) -> list[Body]:
        """Every row of a list, page by page; `name` is where the rows are in an answer."""
        return [row for page in self.pages(path, limit, **query) for row in page[name]]

    def pages(self, path: str, limit: int, **query: object) -> Iterator[Body]:
        """The pages of a list, each found with the cursor of the one before."""
        cursor: str | None = None
        while True:
            page = self.get(path, limit=limit, cursor=cursor, **query)
            yield page
            cursor = page["next_cursor"]
            if cursor is None:
                return

    @property
    def api(self) -> Lodestar:
        """The typed client, which is made from the OpenAPI document."""
        return Lodestar(self.http, self.token)

    def me(self) -> Body:
        """Who the token belongs to."""
        return self.api.me.get()

    def create_user(self, name: str, email: str, **fields: object) -> Body:
        """A user of the company: `role`, `team_id` and the like follow by name; in the team since long ago."""
        since = {"effective_from": LONG_AGO} if fields.get("team_id") else {}
        return self.api.users.create({"name": name, "email": email, **since, **fields})

    def create_team(self, name: str, manager_id: int | None = None) -> Body:
        """A team of the company."""
        return self.api.teams.create({"name": name, "manager_id": manager_id})

    def define(self, key: str, data_source: object, cadence: str = "daily", **fields: object) -> Body:
        """A KPI definition, named as its key."""
        draft = {"key": key, "name": key, "data_source": data_source, "aggregation_period": cadence}
        return self.api.definitions.create({**draft, **fields})

    def assign(self, user_id: int, kpi_id: int, **fields: object) -> Body:
        """A KPI for a person."""
        return self.api.users.assign(user_id, {"kpi_definition_id": kpi_id, **fields})

    def assign_to_company(self, kpi_id: int, **fields: object) -> Body:
        """A KPI for the company itself, or with `team_id` for a team."""
        return self.api.kpis.assign(kpi_id, fields)

    def push(self, *records: Mapping[str, object]) -> Body:
        """What became of the records."""
        return self.api.records.push({"records": records})

    def measure(self, user_id: int, assignment_id: int, value: object, period: tuple[str, str]) -> Body:
        """Enter a value."""
        body = {"actual_value": value, "period_start": period[0], "period_end": period[1]}
        return self.api.users.measure(user_id, assignment_id, body)

    def watch(self, kpi_id: int, threshold: int, *channels: str) -> Body:
        """An alert rule for values that are worse than their target by a percentage."""
        rule = {"alert_type": "below_target", "threshold_percentage": threshold}
        return self.api.kpis.create_alert(kpi_id, {**rule, "notification_channels": channels})

    def kpis(self, user_id: int, on: str) -> Body:
        """How a person stood on a day."""
        return self.api.users.kpis(user_id, on=on)

    def history(self, user_id: int, assignment_id: int, **query: object) -> list[Body]:
        """Every measurement of a person's KPI, oldest first."""
        return [*self.api.users.all_history(user_id, assignment_id, **query)]

    def company_history(self, kpi_id: int, **query: object) -> list[Body]:
        """Every measurement of a KPI of the company itself, oldest first."""
        return [*self.api.kpis.all_history(kpi_id, **query)]

    def run(self, first: str, last: str, **fields: object) -> Body:
        """Calculate the closed periods of a range; the run when it has ended.

        Raises:
            TimeoutError: it is still under way after RUN_SECONDS.
        """
        draft = {"period_start": first, "period_end": last, "reason": "test", **fields}
        started = self.api.runs.create(draft)
        end = time.monotonic() + RUN_SECONDS
        while time.monotonic() < end:
            run = self.api.runs.get(started["id"])
            if run["state"] not in ("planned", "running"):
                return run
            time.sleep(0.1)
        message = f"After {RUN_SECONDS} s the run is still {run}."
        raise TimeoutError(message)


def decoded(response: httpx.Response, status: int) -> Body:
    """The JSON of an answer, which has to have the expected status."""
    assert response.status_code == status, f"{response.status_code} instead of {status}: {response.text}"
    body: Body = json.loads(response.text, parse_float=Decimal)
    return body
