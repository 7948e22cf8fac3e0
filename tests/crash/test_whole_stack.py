"""All of a running stack is killed at once, over and over, while it calculates; each time it is started again.

The runner, the functions and Postgres die in the same moment, as when the machine loses power.
`STACK_KILLS=20` does it more often.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import batched
from pathlib import Path
from time import monotonic, sleep

import httpx
import psutil
import pytest

from local.remote import invoke
from local.state import State, subject_of
from tests.e2e.client import Body, Client

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("STACK_KILLS", "2"))
PEOPLE, DAYS = 30, 184
FIRST = date(2025, 3, 1)
LAST = FIRST + timedelta(days=DAYS - 1)
PATIENCE = 120
"""Seconds in which a run ends after the last kill, with the leases of what was lost cut short."""


@pytest.fixture
def data() -> Iterator[Path]:
    """The folder that outlives the stack. Not pytest's own: the user of Postgres may not enter that."""
    path = Path(tempfile.mkdtemp(prefix="lodestar-crash-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@contextmanager
def up(data: Path) -> Iterator[psutil.Popen]:
    """`make up` without the demo, ready; all that it started is killed at the end."""
    command = [sys.executable, "-m", "local", "up", "--port", "0", "--no-demo", "--data", str(data)]
    process = psutil.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        while "A token for the superuser" not in process.stdout.readline():
            assert process.poll() is None
        yield process
    finally:
        kill_all_of(process)
        process.stdout.close()


def kill_all_of(runner: psutil.Popen) -> None:
    """End the runner and everything that it started, without a word to any of them."""
    if runner.poll() is not None:
        return
    together = [runner, *runner.children(recursive=True)]
    for process in together:
        process.kill()
    psutil.wait_procs(together)


@contextmanager
def signed_in(data: Path, email: str) -> Iterator[Client]:
    state = State.read(data)
    token = state.issuer(data).issue(subject_of(email, state.database), email)
    with httpx.Client(base_url=state.base_url, timeout=30) as http:
        yield Client(http, token)


def begin(data: Path) -> tuple[int, int]:
    """A sum of the company over people with a record each day, and a run over all of it; both ids."""
    with signed_in(data, "superuser@lodestar.local") as superuser:
        admin = {"name": "Ada", "email": "ada@crash.test"}
        superuser.post("/companies", {"name": "Crash", "timezone": "UTC", "admin": admin})
    with signed_in(data, "ada@crash.test") as ada:
        people = [ada.create_user(f"P{n}", f"p{n}@crash.test")["id"] for n in range(PEOPLE)]
        source = {"type": "records", "source": "calls", "method": "count"}
        kpi = ada.define("calls", source, rollup="sum")["id"]
        terms = {"weight": 1, "start_date": str(FIRST), "end_date": str(LAST)}
        ada.post(
            "/kpis/assignments/bulk", {"kpi_definition_id": kpi, "user_ids": people, **terms}, status=200
        )
        ada.assign_to_company(kpi, start_date=str(FIRST), end_date=str(LAST))
        records = [
            {"source": "calls", "external_id": f"{user}-{n}", "user_id": user,
             "occurred_at": f"{FIRST + timedelta(days=n)}T12:00:00Z"}
            for user in people for n in range(DAYS)
        ]  # fmt: skip
        for some in batched(records, 1000, strict=False):
            ada.push(*some)
        asked = {"period_start": str(FIRST), "period_end": str(LAST), "reason": "all of it"}
        return kpi, ada.post("/runs", asked, status=202)["id"]


def unfinished_batches(data: Path) -> int:
    superuser = State.read(data).database.connect()
    ((count,),) = superuser.run("select count(*) from lodestar.batches where state in ('planned', 'sent')")
    superuser.close()
    return int(count)


def let_leases_end(data: Path) -> None:
    """Let the minutes pass in which a worker or a message may still live, and upkeep look for what was lost.

    A batch that was marked as sent in the moment of the kill has no message.
    """
    state = State.read(data)
    superuser = state.database.connect()
    superuser.run("update lodestar.batches set leased_until = now() where state = 'sent'")
    superuser.close()
    assert invoke("MaintainFunction", {}, state).status_code == 200


def finished(ada: Client, run_id: int, data: Path) -> Body:
    """The run when it has ended, or as it is when the patience does."""
    for _ in range(PATIENCE // 15):
        end = monotonic() + 15
        while monotonic() < end:
            run = ada.get(f"/runs/{run_id}")
            if run["state"] not in ("planned", "running"):
                return run
            sleep(0.5)
        let_leases_end(data)
    return run


def test_a_run_ends_as_if_nothing_had_been_killed(data: Path) -> None:
    moments = random.Random(1)
    with up(data) as runner:
        kpi, run_id = begin(data)
        left = unfinished_batches(data)
        kill_all_of(runner)
        assert left > 0  # else this proves nothing: take more days
    for _ in range(KILLS - 1):
        with up(data):
            sleep(moments.uniform(0, 2))
    with up(data), signed_in(data, "ada@crash.test") as ada:
        run = finished(ada, run_id, data)
        assert run["state"] == "completed"
        assert run["outcomes"]["computed"] == (PEOPLE + 1) * DAYS
        values = [entry["actual_value"] for entry in ada.company_history(kpi)]
        assert values == [PEOPLE] * DAYS
