"""What every call shares: token, exact numbers, errors, retries, pages. Written by hand; the rest is made."""

import json
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import httpx

type Number = int | float | Decimal
"""A JSON number. In an answer every fraction is a Decimal, so that no digit is lost."""

JSON = "application/json"
MOST_TRIES = 4
LONGEST_WAIT = 30.0
"""Seconds."""
_WORTH_A_RETRY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


@dataclass(frozen=True)
class Detail:
    """One faulty field: its path (`body.weight`) and what to change."""

    field: str
    message: str


class LodestarError(Exception):
    """A refusal: one sentence, a `code` that programs may test, and the faulty fields."""

    def __init__(self, response: httpx.Response) -> None:
        body = _object(response)
        self.status = response.status_code
        self.code: str = body.get("code", "gateway")
        self.request_id: str | None = body.get("request_id")
        self.details = [Detail(each["field"], each["message"]) for each in body.get("details") or ()]
        super().__init__(body.get("error") or body.get("message") or response.text)


@dataclass(frozen=True)
class Request:
    """A call before it is sent; what is None in `query` and `headers` is left out.

    A body of another `media` than JSON is text, and sent as it stands.
    """

    method: str
    path: str
    query: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: object = None
    media: str = JSON


@dataclass
class Core:
    """A deployment and a token. One for each thread: `last` is the response of the latest call."""

    http: httpx.Client
    token: str
    last: httpx.Response | None = None

    def call(self, request: Request) -> Any:  # noqa: ANN401 — JSON of the shape that the caller knows
        """The decoded answer: JSON, or the bytes of a file.

        A POST carries an Idempotency-Key, its own or a new one, so that a repeat changes nothing twice.

        Raises:
            LodestarError: any status but success; 429 and 503 only after MOST_TRIES.
        """
        headers = {name: value for name, value in request.headers.items() if value is not None}
        headers["authorization"] = f"Bearer {self.token}"
        if request.method == "POST":
            headers.setdefault("idempotency-key", str(uuid.uuid4()))
        if request.body is not None:
            headers["content-type"] = request.media
        self.last = self._sent(request, headers)
        if not self.last.is_success:
            raise LodestarError(self.last)
        is_json = self.last.headers.get("content-type", "").startswith(JSON)
        return json.loads(self.last.text, parse_float=Decimal) if is_json else self.last.content

    def _sent(self, request: Request, headers: Mapping[str, str]) -> httpx.Response:
        query = {name: _plain(value) for name, value in request.query.items() if value is not None}
        content = None if request.body is None else encoded(request.body)
        if request.media != JSON:
            content = str(request.body)
        for tried in range(1, MOST_TRIES + 1):
            response = self.http.request(
                request.method, request.path, params=query, headers=headers, content=content
            )
            if response.status_code not in _WORTH_A_RETRY or tried == MOST_TRIES:
                break
            time.sleep(_wait(response, tried))
        return response


def pages[Row](page: Callable[[str | None], Mapping[str, Any]], name: str) -> Iterator[Row]:
    """Every row of a list: `page` answers the page behind a cursor, `name` is where its rows are."""
    cursor: str | None = None
    while True:
        found = page(cursor)
        yield from found[name]
        cursor = found["next_cursor"]
        if cursor is None:
            return


def encoded(value: object) -> str:
    """JSON text in which a Decimal is a number to the last digit, and a date is ISO 8601."""
    match value:
        case Mapping():
            return (
                "{"
                + ",".join(f"{json.dumps(str(name))}:{encoded(each)}" for name, each in value.items())
                + "}"
            )
        case list() | tuple():
            return "[" + ",".join(map(encoded, value)) + "]"
        case Decimal():
            return format(value, "f")
        case date() | datetime():
            return json.dumps(value.isoformat())
        case _:
            return json.dumps(value)


def _plain(value: object) -> str:
    """A query parameter as the API reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


def _wait(response: httpx.Response, tried: int) -> float:
    """Seconds until the next try: what the server says, else doubled each time; with jitter."""
    told = response.headers.get("retry-after", "")
    seconds = float(told) if told.isdigit() else 2.0 ** (tried - 1)
    return min(LONGEST_WAIT, seconds) * (0.5 + random.random() / 2)  # noqa: S311 — jitter, not a secret


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
