"""Working a run while workers are killed, messages come twice and in any order, and Postgres is killed.

The world that comes of it is compared with that of the same run without any fault.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from local.postgres import Database, describe, postgres
from lodestar.application.calculation import planning
from lodestar.application.calculation.running import mend_batches
from lodestar.domain.alerts import AlertRule, AlertType, NotificationChannel
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import Rollup
from lodestar.domain.runs import NewRun, RunKind, SentBatch
from lodestar.domain.sources import AggregationMethod, FormulaInput, FormulaSource, KpiInput, RecordsSource
from lodestar.domain.tasks import TaskKind
from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext
from tests.crash.worker import POINTS
from tests.integration.conftest import migrate
from tests.integration.tenants import NOW, Tenant, context_of, new_tenant, point

ROOT = Path(__file__).parents[2]
USERS_PER_BATCH = 4
LAST = NOW.date() - timedelta(days=1)
FIRST = LAST - timedelta(days=1)
LEASE_MINUTES = 6
"""How far the clock goes on when nothing is left to do at once: past the leases of batches and notifications."""

type Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Faults:
    """What happens to a run: kills of workers and of Postgres, and the share of messages that come twice."""

    kills: int = 0
    restarts: int = 0
    doubles: float = 0.0
    has_outbox: bool = True


@dataclass
class Found:
    """What came of a run."""

    digest: Mapping[str, object]
    arrived: Counter[tuple[Any, ...]]
    kills: int
    restarts: int

    def lost(self, expected: "Found") -> list[tuple[Any, ...]]:
        """The notifications that did not arrive."""
        return sorted(set(expected.arrived) - set(self.arrived))

    @property
    def doubled(self) -> int:
        """How many notifications came more often than once."""
        return sum(count - 1 for count in self.arrived.values())


def company_of(context: WorkContext, people: int) -> Tenant:
    """A company with a sum, a count and a formula over both, for people, a team and itself; and an alert."""
    tenant = new_tenant(context)
    team = tenant.team()
    users = [tenant.user(team_id=team) for _ in range(people)]
    orders = tenant.definition(
        key="orders", data_source=RecordsSource("orders", AggregationMethod.SUM), rollup=Rollup.SUM
    )
    count = tenant.definition(key="count", data_source=RecordsSource("orders", AggregationMethod.COUNT))
    inputs = (FormulaInput("a", KpiInput("orders")), FormulaInput("b", KpiInput("count")))
    ratio = tenant.definition(key="ratio", data_source=FormulaSource("a / b", inputs))
    for definition in (orders, count, ratio):
        for user_id in users:
            tenant.assignment(definition, user_id, target=point(100))
    tenant.assignment(orders, team_id=team, target=point(100))
    tenant.assignment(orders, target=point(100))
    rule = AlertRule(
        0, orders.id, AlertType.BELOW_TARGET, Decimal(20), channels=(NotificationChannel.SLACK,),
        applies_to=tuple(SubjectType),
    )  # fmt: skip
    with tenant.work() as work:
        work.alerts.add_rule(rule, users[0], NOW)
        work.values.upsert_records(
            [
                _order(user_id, day, 10 + number % 7)
                for number, user_id in enumerate(users)
                for day in (FIRST, LAST)
            ]
        )
        work.commit()
    return tenant


def _order(user_id: int, day: date, value: int) -> Mapping[str, object]:
    at = f"{day}T10:00:00Z"
    return {
        "source": "orders",
        "external_id": f"{user_id} {day}",
        "occurred_at": at,
        "user_id": user_id,
        "value": value,
        "attributes": {},
    }


@dataclass
class Fleet:
    """One worker at a time, and the queue before it."""

    tenant: Tenant
    database: Database
    data: Path
    faults: Faults
    chance: random.Random
    queue: list[Message] = field(default_factory=list)
    arrived: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    minutes: int = 0
    kills: int = 0
    restarts: int = 0
    _worker: subprocess.Popen[str] | None = None

    def run(self) -> Found:
        """Plan the run and work on everything until all is done."""
        self._plan()
        end = monotonic() + 600
        try:
            while self.queue or self._find_lost_work():
                assert monotonic() < end, "The run does not end."
                if self.restarts < self.faults.restarts and self.chance.random() < 0.1:
                    self._kill_postgres()
                self._work_on(self.queue.pop(self.chance.randrange(len(self.queue))))
        finally:
            self._stop()
        return Found(digest_of(self.tenant), self._natural(), self.kills, self.restarts)

    def batches(self, company_id: int, batches: Sequence[SentBatch]) -> None:
        """Put messages into the queue, as the real one is asked to."""
        self.queue += [{"company_id": company_id, **asdict(sent)} for sent in batches]

    def publish(self, company_id: int, *_: object) -> None:
        """As above."""
        self.queue.append({"kind": TaskKind.RELAY, "company_id": company_id})

    def _plan(self) -> None:
        run = NewRun(RunKind.BACKFILL, None, FIRST, LAST, "crash", NOW)
        with self.tenant.work() as work, _batches_of(USERS_PER_BATCH):
            definitions, calendar = work.definitions.all(), self.tenant.company.calendar
            subjects = work.calculation.subjects([each.id for each in definitions], FIRST, LAST)
            run_id = work.calculation.add_run(
                run, planning.plan_batches(run, definitions, subjects, calendar)
            )
            assert run_id is not None
            ready = work.calculation.release_batches(NOW)
            work.commit()
        self.batches(self.tenant.id, ready)

    def _find_lost_work(self) -> bool:
        """What upkeep and the relay do when time goes by; whether anything is left."""
        self.minutes += LEASE_MINUTES
        # Attempts are of the crashes here, and no sign of a batch that kills its worker.
        self.tenant.run("update lodestar.batches set attempts = 0 where company_id = :company")
        now = NOW + timedelta(minutes=self.minutes)
        later = replace(self.tenant.context, clock=lambda: now)
        mend_batches(self.tenant.id, lambda company_id: DatabaseWork(later).bind(company_id), self)
        (waiting,) = self.tenant.rows(
            "select count(*) as count from lodestar.notifications where company_id = :company "
            "and state = 'waiting'"
        )
        if waiting["count"]:
            self.publish(self.tenant.id)
        return bool(self.queue)

    def _work_on(self, message: Message) -> None:
        is_doubled = self.chance.random() < self.faults.doubles
        worker = self._worker or self._start()
        assert worker.stdin is not None
        assert worker.stdout is not None
        try:
            worker.stdin.write(json.dumps({"body": message, "minutes": self.minutes}) + "\n")
            worker.stdin.flush()
            while "done" not in (effect := json.loads(worker.stdout.readline())):
                self._take(effect)
        except (BrokenPipeError, json.JSONDecodeError):
            assert worker.wait() == -signal.SIGKILL, "The worker ended by itself."
            self._close(worker)
            self.kills += 1
            is_doubled = True  # nobody deleted it: it comes again
        else:
            is_doubled |= not effect["done"]
        if is_doubled:
            self.queue.append(message)

    def _take(self, effect: Mapping[str, Any]) -> None:
        if "send" in effect:
            self.queue.append(effect["send"])
        else:
            self.arrived[tuple(effect["arrived"])] += 1

    def _start(self) -> subprocess.Popen[str]:
        # Without an outbox nothing is published later: that point would never be passed.
        points = POINTS if self.faults.has_outbox else ("after a commit",)
        fuse = f"{self.chance.choice(points)}:{self.chance.randint(1, 2)}"
        crash = {"CRASH": fuse} if self.kills < self.faults.kills else {}
        described = {"port": self.database.port, "passwords": dict(self.database.passwords)}
        self._worker = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.worker"],
            cwd=ROOT,
            env=os.environ
            | {"DATABASE": json.dumps(described), "OUTBOX": "on" if self.faults.has_outbox else "off"}
            | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "layers/lodestar", ROOT / "functions")))}
            | {"POWERTOOLS_LOG_LEVEL": "CRITICAL"}
            | crash,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self._worker

    def _kill_postgres(self) -> None:
        file = self.data / "postgres" / "postmaster.pid"
        before = file.read_text().split()[0]
        os.kill(int(before), signal.SIGKILL)
        self.restarts += 1
        while True:  # until the keeper has started another one
            sleep(0.05)
            with suppress(FileNotFoundError, IndexError):
                lines = file.read_text().split()
                if lines[0] != before and lines[-1] == "ready":
                    break
        self.tenant.context.engine.dispose()

    def _stop(self) -> None:
        if self._worker is not None:
            assert self._worker.stdin is not None
            self._worker.stdin.close()
            self._worker.wait()
            self._close(self._worker)

    def _close(self, worker: subprocess.Popen[str]) -> None:
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        self._worker = None

    def _natural(self) -> Counter[tuple[Any, ...]]:
        names = _assignment_names(self.tenant)
        return Counter({(names[key[0]], key[1]): count for key, count in self.arrived.items()})


@contextmanager
def killable_postgres() -> Iterator[tuple[Database, Path]]:
    """A migrated Postgres of its own, with its folder; one that is killed is started again."""
    room = Path(tempfile.mkdtemp(prefix="lodestar-crash-"))
    room.chmod(0o755)
    (room / "logs").mkdir()
    described = describe(room)
    try:
        with postgres(room, described):
            migrate(described)
            yield described, room
    finally:
        shutil.rmtree(room)


def found_under(faults: Faults, people: int, where: tuple[Database, Path], seed: int = 0) -> Found:
    """What comes of a run of a new company with so many people."""
    database, data = where
    context = context_of(database)
    try:
        return Fleet(company_of(context, people), database, data, faults, random.Random(seed)).run()
    finally:
        context.engine.dispose()


@contextmanager
def _batches_of(users: int) -> Iterator[None]:
    """Small batches, so that there are many of them."""
    with ExitStack() as exits:
        exits.callback(setattr, planning, "USERS_PER_BATCH", planning.USERS_PER_BATCH)
        planning.USERS_PER_BATCH = users
        yield


def _assignment_names(tenant: Tenant) -> dict[int, str]:
    """Assignments in words that are the same in every company of this kind."""
    rows = tenant.rows(
        "select a.id, d.key || ' ' || a.subject_type || ' ' "
        "|| row_number() over (partition by a.definition_id, a.subject_type order by a.id) as name "
        "from lodestar.assignments a "
        "join lodestar.definitions d on d.company_id = a.company_id and d.id = a.definition_id "
        "where a.company_id = :company"
    )
    return {row["id"]: row["name"] for row in rows}


def digest_of(tenant: Tenant) -> Mapping[str, object]:
    """All that a run leaves behind, without ids and instants."""
    names = _assignment_names(tenant)

    def named(sql: str) -> list[tuple[object, ...]]:
        rows = tenant.rows(f"{sql} where company_id = :company")
        return sorted((names[row["assignment_id"]], *list(row.values())[1:]) for row in rows)

    return {
        "measurements": named(
            "select assignment_id, period_start, value, achievement, status, state, revision "
            "from lodestar.measurements"
        ),
        "outcomes": named("select assignment_id, period_start, outcome from lodestar.outcomes"),
        "alerts": named("select assignment_id, period_start, state from lodestar.alerts"),
        "revisions": named("select assignment_id, period_start, revision from lodestar.revisions"),
        "scores": tenant.rows(
            "select on_date, score, count(*) from lodestar.snapshots where company_id = :company "
            "group by 1, 2 order by 1, 2"
        ),
        "batches": tenant.rows(
            "select state, count(*) from lodestar.batches where company_id = :company group by 1"
        ),
        "runs": tenant.rows("select state from lodestar.runs where company_id = :company"),
    }
