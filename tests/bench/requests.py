"""Rows 4 and 5: the CPU of a read request, and the round trips of a read, a batch and a write."""

import asyncio
import contextlib
import io
import json
import time
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from api.definitions.create import handler as create_definition
from api.users.kpis import handler as kpis_of_user
from api.users.measure import handler as measure
from lodestar import bootstrap
from lodestar.application.batches import BatchPlan, NewRun
from lodestar.domain.sources import AggregationMethod, RecordsSource
from tests.bench.measure import Finding, interleaved, ratio
from tests.bench.peer_fastapi import Peer
from tests.bench.stage import LAMBDA, Stage, http_event, sqs_event
from tests.bench.trips import counted, trips_of
from workers.calculate import handler as calculate

ROUNDS = 11
CALLS = 100
KPIS, DAYS = 10, 7
SUB = "reader"


@dataclass(frozen=True, slots=True)
class Reader:
    """A person with KPIs, who asks for them."""

    stage: Stage
    user_id: int

    def ours(self) -> float:
        """CPU seconds of CALLS requests to the handler."""
        path = f"/api/users/{self.user_id}/kpis"
        event = http_event(SUB, path, user_id=self.user_id)
        start = time.process_time()
        for _ in range(CALLS):
            kpis_of_user(event, LAMBDA)
        return time.process_time() - start

    def body(self) -> Any:
        """What the handler answers."""
        event = http_event(SUB, f"/api/users/{self.user_id}/kpis", user_id=self.user_id)
        return json.loads(kpis_of_user(event, LAMBDA)["body"])


def read_findings(stage: Stage) -> list[Finding]:
    """Row 4."""
    reader = _reader(stage)
    with asyncio.Runner() as runner, contextlib.redirect_stdout(io.StringIO()):
        dsn = stage.database.url().replace("postgresql+pg8000", "postgresql")
        peer = runner.run(Peer.connected(dsn))

        def theirs(route: str) -> float:
            return runner.run(_cpu_of_peer(peer, f"/{route}/{reader.user_id}"))

        _check_same(reader, peer, runner)
        arms = {
            "ours": reader.ours,
            "typical": partial(theirs, "typical"),
            "lean": partial(theirs, "lean"),
        }
        costs = interleaved(ROUNDS, arms)
        runner.run(peer.close())
    return [
        Finding("4", f"CPU of GET /users/{{id}}/kpis with {KPIS} KPIs ÷ FastAPI + psycopg", 0.8, ratio(costs["ours"], costs["typical"])),
        Finding("4", "… ÷ the same without a response model, text passed on", 0.8, ratio(costs["ours"], costs["lean"])),
    ]


async def _cpu_of_peer(peer: Peer, path: str) -> float:
    start = time.process_time()
    for _ in range(CALLS):
        await peer.get(path, SUB)
    return time.process_time() - start


def _check_same(reader: Reader, peer: Peer, runner: asyncio.Runner) -> None:
    answers = [json.loads(runner.run(peer.get(f"/{route}/{reader.user_id}", SUB))) for route in ("typical", "lean")]
    print(answers)


def _reader(stage: Stage) -> Reader:
    tenant = stage.tenant
    user_id = tenant.user(email=SUB)
    today = bootstrap.work_context().clock().date()
    rows = []
    for _ in range(KPIS):
        definition = tenant.definition()
        (assignment,) = stage.assign(definition, [user_id], aim=10)
        days = [today - timedelta(days=back) for back in range(1, DAYS + 1)]
        rows += [tenant.measurement(assignment, definition, day, f"{day.day}.5") for day in days]
    tenant.write(rows)
    return Reader(stage, user_id)
