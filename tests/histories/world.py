"""The company that lives through a history: the real use cases on a real database, without HTTP."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lodestar.application.calculation.calculating import BatchMessage, calculate_batch
from lodestar.application.calculation.running import plan_due
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.defining import define_kpi
from lodestar.application.workflows.shapes import DefinitionDraft
from lodestar.domain.companies import Company
from lodestar.domain.definitions import Definition
from lodestar.domain.periods import Cadence, Calendar, WeekStart
from lodestar.domain.permissions import Actor, Role, permissions_of
from lodestar.domain.runs import SentBatch
from lodestar.domain.tasks import Tick
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.sources.records import RecordsValues
from tests.histories.facts import Formula, How, Rows, Who
from tests.integration.tenants import Tenant, new_tenant

NOON = datetime(2027, 2, 26, 12, tzinfo=UTC)
"""A Friday: with the Sunday end a week, a month and a quarter."""
_SECOND = timedelta(seconds=1)


@dataclass
class Queue:
    """The queue of batches, worked when the test says so."""

    waiting: list[SentBatch] = field(default_factory=list)

    def batches(self, company_id: int, batches: Sequence[SentBatch]) -> None:
        self.waiting += batches

    def publish(self, company_id: int, wait: timedelta = timedelta(0)) -> None:
        """Nobody is told."""


class Directory:
    """A user pool that does as it is told."""

    def invite(self, email: str, name: str) -> str:
        return f"sub of {email}"

    def change_email(self, sub: str, email: str) -> None:
        """Nothing."""

    enable = disable = lambda self, sub: None


class AnyQuery:
    """No definition of a history has a query."""

    def check(self, definition: Definition) -> None:
        """Nothing."""


class World:
    """A company of some people and two teams, whose clock the history moves."""

    def __init__(self, context: WorkContext) -> None:
        self.now = NOON
        self.tenant: Tenant = new_tenant(replace(context, clock=lambda: self.now), fiscal_year_start_month=3)
        self.queue = Queue()
        self.admin = self.tenant.user(role="admin")
        self.people = [self.tenant.user() for _ in range(3)]
        self.teams = [self.tenant.team(), self.tenant.team()]
        self.company: Company = self.tenant.company

    @contextmanager
    def work(self, company_id: int = 0) -> Iterator[UnitOfWork]:
        """A unit of work of the admin, a second later than the one before."""
        self.now += _SECOND
        with self.tenant.work(actor_id=self.admin) as work:
            yield work

    def caller(self) -> Caller:
        actor = Actor(self.admin, self.tenant.id, Role.ADMIN, permissions_of(Role.ADMIN))
        return Caller(actor, "Ada", "ada@example.com", None, self.company, "a request")

    def do[Result](self, step: Callable[[ChangeContext], Result]) -> Result:
        """One use case, and all batches that it sends."""
        with self.work() as work:
            result = step(ChangeContext(self.caller(), work, self.queue))
            work.commit()
        self.drain()
        return result

    def read[Result](self, view: Callable[[Caller, UnitOfWork], Result]) -> Result:
        with self.work() as work:
            return view(self.caller(), work)

    def drain(self) -> None:
        """Work all batches that wait, and those that they send."""
        while self.queue.waiting:
            batch = self.queue.waiting.pop(0)
            calculate_batch(BatchMessage(self.tenant.id, batch), self.work, self._sources, self.queue)

    def tick(self) -> None:
        """What the clock plans, of all cadences."""
        for cadence in Cadence:
            plan_due(Tick(cadence, self.now), self.tenant.id, self.work, self.queue)
            self.drain()

    def rows(self, sql: str, **parameters: object) -> list[Mapping[str, Any]]:
        return self.tenant.rows(sql, **parameters)

    def define(self, key: str, cadence: Cadence, how: How) -> int:
        """A KPI in its first version; its id."""
        draft = DefinitionDraft(key=key, name=key, aggregation_period=cadence, **body_of(how))
        text = self.do(lambda c: define_kpi(draft, c.caller, c.work, AnyQuery()).text)
        return int(json.loads(text)["id"])

    def assignment_ids(self) -> dict[tuple[int, Who], int]:
        rows = self.rows("select * from lodestar.assignments where company_id = :company")
        return {(row["definition_id"], who_of(row)): row["id"] for row in rows}

    def let_the_past_be_planned(self) -> None:
        """Weeks of catching up, in which nothing is assigned, would take most of a history's time."""
        calendar = Calendar("UTC", WeekStart.MONDAY, 3)
        for cadence in Cadence:
            period = calendar.last_due(cadence, self.now)
            while period.end > self.now.date() - timedelta(days=150):
                self.tenant.run(
                    "insert into lodestar.runs (company_id, kind, cadence, period_start, period_end, reason, "
                    "state, created_at, finished_at) values (:company, 'scheduled', :cadence, :first, :last, "
                    "'before', 'completed', :at, :at)",
                    cadence=cadence,
                    first=period.start,
                    last=period.end,
                    at=self.now,
                )
                period = calendar.previous(period)

    def _sources(self, work: Any) -> dict[str, Any]:
        return {"records": RecordsValues(work.session)}


def who_of(row: Mapping[str, Any]) -> Who:
    """Whom an assignment is of."""
    if row["user_id"] is not None:
        return Who("user", row["user_id"])
    return Who("company") if row["team_id"] is None else Who("team", row["team_id"])


def body_of(how: How) -> dict[str, Any]:
    """A version, as bodies have it."""
    names = ("exceeds", "on_track", "needs_attention")
    return {
        "data_source": _source_body(how),
        "rollup": how.rollup,
        "target_type": how.direction,
        "missing_data": how.missing,
        "unit": how.unit,
        "thresholds": dict(zip(names, how.thresholds, strict=True)),
    }


def _source_body(how: How) -> dict[str, Any]:
    match how.source:
        case Rows(source, method):
            return {"type": "records", "source": source, "method": method}
        case Formula(text, inputs):
            declared = [
                {"variable": variable, "source": {"type": "kpi", **used._asdict()}}
                for variable, used in inputs.items()
            ]
            return {"type": "formula", "formula": text, "inputs": declared}
        case _:
            return {"type": "manual"}
