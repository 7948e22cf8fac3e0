"""A company that lives through a history of changes: the real use cases on a real database, without HTTP."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from lodestar.application.calculation.calculating import BatchMessage, calculate_batch
from lodestar.application.calculation.running import plan_due, start_run
from lodestar.application.calculation.shapes import RunDraft
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.workflows.context import ChangeContext
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Actor, Role, permissions_of
from lodestar.domain.runs import SentBatch
from lodestar.domain.sources import (
    AggregationMethod,
    FormulaInput,
    FormulaSource,
    KpiInput,
    ManualSource,
    RecordsSource,
)
from lodestar.domain.tasks import Tick
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.sources.records import RecordsValues
from tests.integration.tenants import Tenant, new_tenant

FIRST_DAY = date(2026, 3, 2)
"""A Monday, on which the company begins to work."""
SOLD = RecordsSource("sales", AggregationMethod.SUM)


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


class World:
    """A company of three people and two teams, whose clock the history moves."""

    def __init__(self, context: WorkContext) -> None:
        self.now = datetime.combine(FIRST_DAY, datetime.min.time(), UTC) + timedelta(days=7, hours=12)
        context = replace(context, clock=lambda: self.now)
        self.tenant: Tenant = new_tenant(context)
        self.queue = Queue()
        tenant = self.tenant
        self.admin = tenant.user(role="admin")
        self.people = [tenant.user() for _ in range(3)]
        self.teams = [tenant.team(), tenant.team()]
        summed: dict[str, Any] = {"data_source": SOLD, "rollup": Rollup.SUM}
        self.sold = tenant.definition(key="sold", **summed)
        self.weekly = tenant.definition(key="sold-a-week", aggregation_period=Cadence.WEEKLY, **summed)
        self.mood = tenant.definition(key="mood", data_source=ManualSource(), rollup=Rollup.AVERAGE)
        twice = FormulaSource("2 * n", (FormulaInput("n", KpiInput("sold")),))
        self.twice = tenant.definition(key="twice", data_source=twice)
        self.kpis = {kpi.id: kpi for kpi in (self.sold, self.weekly, self.mood, self.twice)}
        for kpi in (self.sold, self.weekly, self.mood):
            tenant.assignment(kpi)
            for team in self.teams:
                tenant.assignment(kpi, team_id=team)
        self._let_the_past_be_planned()

    @property
    def today(self) -> date:
        return self.now.date()

    def day(self, offset: int) -> date:
        return self.today + timedelta(days=offset)

    @contextmanager
    def work(self, company_id: int = 0) -> Iterator[UnitOfWork]:
        """A unit of work of the admin, a minute later than the one before."""
        self.now += timedelta(minutes=1)
        with self.tenant.work(actor_id=self.admin) as work:
            yield work

    def caller(self) -> Caller:
        actor = Actor(self.admin, self.tenant.id, Role.ADMIN, permissions_of(Role.ADMIN))
        return Caller(actor, "Ada", "ada@example.com", None, self.tenant.company, "a request")

    def do(self, step: Callable[[ChangeContext], object]) -> None:
        """One use case, and all batches that it sends."""
        with self.work() as work:
            step(ChangeContext(self.caller(), work, self.queue))
            work.commit()
        self.drain()

    def drain(self) -> None:
        """Work all batches that wait, and those that they send."""
        while self.queue.waiting:
            batch = self.queue.waiting.pop(0)
            calculate_batch(BatchMessage(self.tenant.id, batch), self.work, self._sources, self.queue)

    def pass_days(self, days: int) -> None:
        """Let days go by, each with what the clock plans in the morning."""
        for _ in range(days):
            self.now = datetime.combine(self.today, datetime.min.time(), UTC) + timedelta(days=1, hours=6)
            for cadence in (Cadence.DAILY, Cadence.WEEKLY):
                plan_due(Tick(cadence, self.now), self.tenant.id, self.work, self.queue)
                self.drain()

    def calculate_everything(self) -> None:
        """Have every closed period examined again."""
        draft = RunDraft(period_start=FIRST_DAY - timedelta(days=14), period_end=self.today, reason="all")
        self.do(lambda context: start_run(draft, context.caller, context.work, context.messages))

    def rows(self, sql: str, **parameters: object) -> list[Any]:
        return list(self.tenant.rows(sql, **parameters))

    def _let_the_past_be_planned(self) -> None:
        """Weeks of catching up, in which nothing is assigned, would take most of a history's time."""
        self.tenant.run(
            "insert into lodestar.runs (company_id, kind, cadence, period_start, period_end, reason, state, "
            "created_at, finished_at) "
            "select :company, 'scheduled', c.cadence, d.day, d.day + c.days - 1, 'before', 'completed', :at, :at "
            "from generate_series(cast(:first as date), cast(:last as date), interval '1 day') as s(at) "
            "cross join (values ('daily', 1), ('weekly', 7)) as c(cadence, days) "
            "cross join lateral (select cast(s.at as date) as day) as d "
            "where c.cadence = 'daily' or extract(isodow from d.day) = 1",
            at=self.now,
            first=FIRST_DAY - timedelta(days=56),
            last=self.day(-2),
        )

    def _sources(self, work: Any) -> dict[str, Any]:
        return {"records": RecordsValues(work.session)}


def decimal(value: object) -> Decimal:
    """A number as the domain has it."""
    return Decimal(str(value))


__all__ = ["FIRST_DAY", "Definition", "World", "decimal"]
