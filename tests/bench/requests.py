"""Row 4: the CPU of a read request, against FastAPI."""

import asyncio
import json
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from api.users.kpis import handler as kpis_of_user
from lodestar import bootstrap
from tests.bench.measure import Finding, interleaved, ratio
from tests.bench.peer_fastapi import Peer
from tests.bench.stage import LAMBDA, Stage, http_event, quiet

ROUNDS = 11
CALLS = 50
KPIS, DAYS = 10, 7
READER = "reader@example.com"


@dataclass(frozen=True, slots=True)
class Reading:
    """A person with KPIs, who asks for them here and there."""

    user_id: int
    peer: Peer
    runner: asyncio.Runner

    def ours(self) -> Any:
        """The answer of the handler."""
        event = http_event(READER, f"/api/users/{self.user_id}/kpis", user_id=self.user_id)
        return json.loads(kpis_of_user(event, LAMBDA)["body"])

    def theirs(self, route: str) -> Any:
        """The answer of the peer."""
        return json.loads(self.runner.run(self.peer.get(f"/{route}/{self.user_id}", READER)))

    def our_cpu(self) -> float:
        """CPU seconds of CALLS requests to the handler."""
        event = http_event(READER, f"/api/users/{self.user_id}/kpis", user_id=self.user_id)
        start = time.process_time()
        for _ in range(CALLS):
            kpis_of_user(event, LAMBDA)
        return time.process_time() - start

    def their_cpu(self, route: str) -> float:
        """CPU seconds of as many requests to the peer."""
        return self.runner.run(self._their_cpu(f"/{route}/{self.user_id}"))

    async def _their_cpu(self, path: str) -> float:
        start = time.process_time()
        for _ in range(CALLS):
            await self.peer.get(path, READER)
        return time.process_time() - start


def read_findings(stage: Stage) -> list[Finding]:
    """Row 4: the handler with all that it does around the SQL, and the peer with what FastAPI does."""
    user_id = _reader(stage)
    dsn = stage.database.url().replace("+pg8000", "")
    with asyncio.Runner() as runner, quiet():
        reading = Reading(user_id, runner.run(Peer.connected(dsn)), runner)
        if not reading.ours() == reading.theirs("typical") == reading.theirs("lean"):
            raise RuntimeError("The peer gives another answer: nothing to compare.")
        arms = {route: partial(reading.their_cpu, route) for route in ("typical", "lean")}
        costs = interleaved(ROUNDS, {"ours": reading.our_cpu, **arms})
        runner.run(reading.peer.close())
    what = f"CPU of GET /users/{{id}}/kpis with {KPIS} KPIs ÷ FastAPI + psycopg, same SQL"
    return [
        Finding("4", what, 0.8, ratio(costs["ours"], costs["typical"])),
        Finding("4", "… that passes Postgres' text on, as we do", 0.8, ratio(costs["ours"], costs["lean"])),
    ]


def _reader(stage: Stage) -> int:
    """A person with KPIS daily KPIs and a week of values of each; the id."""
    user_id = stage.tenant.user(email=READER)
    today = bootstrap.work_context().clock().date()
    days = [today - timedelta(days=back) for back in range(1, DAYS + 1)]
    for _ in range(KPIS):
        definition = stage.tenant.definition()
        (assignment,) = stage.assign(definition, [user_id], aim=10)
        stage.tenant.write(
            [stage.tenant.measurement(assignment, definition, day, f"{day.day}.5") for day in days]
        )
    return user_id
