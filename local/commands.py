"""Commands that run a stack themselves: `up` and `run`."""

import contextlib
import logging
import signal
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from local.demo import load
from local.errors import CannotRun, FunctionFailed
from local.parameters import SUPERUSER_EMAIL
from local.remote import PLAN, tick_event
from local.running_stack import RunningStack, running_stack

TEMPLATE = Path("template.yaml")
CALCULATION_SECONDS = 900
_FINISHED = "select state, count(*) from lodestar.batches where finished_at >= :since group by state"


def up(data: Path, port: int, *, with_demo: bool) -> int:
    """Serve the template until Ctrl-C, with the demo company unless it is not wanted; 0."""
    _set_up_process()
    with contextlib.suppress(KeyboardInterrupt), running_stack(TEMPLATE, data, port) as running:
        _migrate(running)
        people = load(running) if with_demo else {"superuser": SUPERUSER_EMAIL}
        _welcome(running, people)
        signal.pause()
    return 0


def run_once(data: Path, cadences: Iterable[str]) -> int:
    """Calculate everything that is due and print what became of its batches; 1 if something failed."""
    _set_up_process()
    began = datetime.now(UTC)
    with running_stack(TEMPLATE, data) as running:
        _migrate(running)
        try:
            for cadence in cadences:
                print(f"{cadence}: {running.invoke(PLAN, tick_event(cadence))}")
            running.wait_idle(CALCULATION_SECONDS)
        except (FunctionFailed, TimeoutError) as failure:
            print(f"Not everything was calculated: {failure}")
            return 1
        batches = _finished_batches(running, began)
    seconds = (datetime.now(UTC) - began).total_seconds()
    summary = ", ".join(f"{count} {state}" for state, count in batches.items()) or "nothing was due"
    print(f"Batches: {summary}. It took {seconds:.1f} s.")
    return 1 if "failed" in batches else 0


def _finished_batches(running: RunningStack, since: datetime) -> dict[str, int]:
    """How many batches of all companies ended in each state."""
    connection = running.database.connect()
    try:
        rows = connection.run(_FINISHED, since=since)
    finally:
        connection.close()
    return {str(state): int(count) for state, count in rows}


def _migrate(running: RunningStack) -> None:
    try:
        running.migrate()
    except FunctionFailed as failure:
        message = f"The database could not be brought up to date. {failure}"
        raise CannotRun(message) from failure


def _welcome(running: RunningStack, people: Mapping[str, str]) -> None:
    print(f"\nLodestar serves {running.base_url} (data and logs in {running.data}). Ctrl-C stops it.")
    for role, email in people.items():
        print(
            f"\nA token for the {role} (again: uv run python -m local token {email} --data {running.data}):"
        )
        print(running.token_for(email), flush=True)


def _set_up_process() -> None:
    """Log what goes wrong, and end in order on Ctrl-C and on a polite kill."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    logging.getLogger("local").setLevel(logging.INFO)
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it misses a place to send its metrics to
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop_once)


def _stop_once(_number: int, _frame: FrameType | None) -> None:
    """The first signal stops the runner; more of them must not interrupt the stopping, or Postgres stays."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
