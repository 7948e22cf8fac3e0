"""Commands to a stack that runs in another process."""

from datetime import UTC, datetime
from pathlib import Path

import httpx

from local.door import TOKEN_HEADER
from local.errors import CannotRun
from local.state import State, subject_of

PLAN = "PlanFunction"
TICK_SECONDS = 300


def token(data: Path, email: str) -> str:
    """A bearer token for a person, valid for an hour.

    Raises:
        CannotRun: no stack runs on this data folder.
        NoSuchPerson: nobody has this email address.
    """
    state = State.read(data)
    return state.issuer(data).issue(subject_of(email, state.database), email)


def tick(data: Path, cadence: str, at: str | None) -> str:
    """Fire a schedule with a clock (ISO 8601; now without one); the function's answer as JSON.

    Raises:
        CannotRun: no stack runs there, the time is malformed, or the function failed.
    """
    event = tick_event(cadence, at)
    answer = invoke(PLAN, event, State.read(data))
    if answer.is_error:
        raise CannotRun(answer.json()["Message"])
    if "X-Amz-Function-Error" in answer.headers:
        message = f"{PLAN} failed: {answer.text}. Its log is {data / 'logs' / f'{PLAN}.log'}."
        raise CannotRun(message)
    return answer.text


def invoke(function: str, event: object, state: State) -> httpx.Response:
    """Call a function of a running stack by its logical id.

    Raises:
        CannotRun: the stack does not answer.
    """
    url = f"{state.base_url}/2015-03-31/functions/{function}/invocations"
    try:
        return httpx.post(url, json=event, headers={TOKEN_HEADER: state.token}, timeout=TICK_SECONDS)
    except httpx.TransportError as trouble:
        message = f"Lodestar does not answer at {url} ({trouble}): start it again with make up."
        raise CannotRun(message) from None


def tick_event(cadence: str, at: str | None = None) -> dict[str, str]:
    """What a schedule sends: its cadence and the time it was scheduled for, in UTC.

    Raises:
        CannotRun: `at` is no instant with an offset.
    """
    try:
        when = datetime.fromisoformat(at) if at else datetime.now(UTC)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        message = f"--at {at} is no instant: write it like 2026-01-05T02:00:00Z."
        raise CannotRun(message)
    return {"cadence": cadence, "at": when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
