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
from urllib.parse import quote

import httpx

from lodestar_client.decoding import decoded

type Number = int | float | Decimal
"""A JSON number. In an answer every fraction is a Decimal, so that no digit is lost."""

JSON = "application/json"
MAX_TRIES = 4
MAX_WAIT = 30.0
"""Seconds."""
_BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
# The other errors of httpx are the caller's own, such as an address without a scheme: another try is no use.
_NO_ANSWER = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)


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


@dataclass(frozen=True)
class Detail:
    """One faulty field: its path (`body.weight`) and what to change."""

    field: str
    message: str


class LodestarError(Exception):
    """A call that failed: `Refused`, with an answer, or `Unreachable`, without one."""


class Refused(LodestarError):
    """An answer that is no success: one sentence, a `code` that programs may test, and the faulty fields.

    `status` is that of HTTP. `code` is `gateway` where API Gateway itself refused, in words of its own.
    """

    def __init__(self, response: httpx.Response) -> None:
        body = _object(response)
        self.status = response.status_code
        self.code: str = body.get("code", "gateway")
        self.request_id: str | None = body.get("request_id")
        self.details = [Detail(detail["field"], detail["message"]) for detail in body.get("details") or ()]
        super().__init__(body.get("error") or body.get("message") or response.text)


class Unreachable(LodestarError):
    """No answer came, however often it was tried; `__cause__` is httpx's error of the last try.

    Whether the server did what it was asked is not known: it may have, and only its answer was lost.
    """

    def __init__(self, request: Request, cause: httpx.TransportError) -> None:
        self.method, self.path = request.method, request.path
        reason = f"{type(cause).__name__}: {cause}".rstrip(". ")
        super().__init__(f"{self.method} {self.path} got no answer in {MAX_TRIES} tries. {reason}.")


@dataclass
class Core:
    """A deployment and a token. One for each thread: `last` is the response of the latest call."""

    http: httpx.Client
    token: str
    last: httpx.Response | None = None

    def call(self, request: Request, kind: object = Any) -> Any:  # noqa: ANN401 — what `kind` says
        """The answer: JSON decoded as the type `kind` declares, or the bytes of a file.

        It is tried up to MAX_TRIES times while the server is busy or does not answer. That changes nothing
        twice: GET, PUT and DELETE may be repeated, and a POST carries an Idempotency-Key, its own or a new
        one. But where an answer was lost on its way, the next try sees what the first one did: a PUT with
        If-Match may then be refused with 409, a DELETE with 404.

        Raises:
            Refused: any status but success; 429, 503 and a 409 with Retry-After only after MAX_TRIES.
            Unreachable: no answer after MAX_TRIES.
            ValueError: a datetime of the request has no offset, and so is no instant.
        """
        headers = {name.lower(): value for name, value in request.headers.items() if value is not None}
        headers["authorization"] = f"Bearer {self.token}"
        if request.method == "POST":
            headers.setdefault("idempotency-key", str(uuid.uuid4()))
        if request.body is not None:
            headers["content-type"] = request.media
        self.last = None
        self.last = self._answer(request, headers)
        if not self.last.is_success:
            raise Refused(self.last)
        if not self.last.headers.get("content-type", "").startswith(JSON):
            return self.last.content
        return decoded(json.loads(self.last.text, parse_float=Decimal), kind)

    def _answer(self, request: Request, headers: Mapping[str, str]) -> httpx.Response:
        """The first answer that another try would not better, or the one of the last try."""
        query = {name: _plain(value) for name, value in request.query.items() if value is not None}
        content = None if request.body is None else encoded(request.body)
        if request.media != JSON:
            content = str(request.body)
        tried = 1
        while True:
            try:
                response = self.http.request(
                    request.method, request.path, params=query, headers=headers, content=content
                )
                if tried == MAX_TRIES or not _is_worth_another_try(response):
                    return response
                retry_after = response.headers.get("retry-after", "")
            except _NO_ANSWER as error:
                if tried == MAX_TRIES:
                    raise Unreachable(request, error) from error
                retry_after = ""
            time.sleep(_wait(retry_after, tried))
            tried += 1


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
    """JSON text in which a Decimal is a number to the last digit, and a date or an instant is ISO 8601."""
    match value:
        case Mapping():
            return (
                "{" + ",".join(f"{encoded(str(name))}:{encoded(item)}" for name, item in value.items()) + "}"
            )
        case list() | tuple():
            return "[" + ",".join(map(encoded, value)) + "]"
        case Decimal():
            return format(value, "f")
        case date():
            return json.dumps(_iso(value))
        case _:
            return json.dumps(value)


def quoted(value: object) -> str:
    """A value as one part of a path, whatever it is made of.

    Raises:
        ValueError: it is empty; without it the path would be that of another operation.
    """
    text = _plain(value)
    if not text:
        message = "A part of the path is empty: an id or a key has at least one character."
        raise ValueError(message)
    # Written out, these two would be taken for steps in the tree of paths.
    return text.replace(".", "%2E") if text in {".", ".."} else quote(text, safe="")


def _plain(value: object) -> str:
    """A parameter as the API reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    return _iso(value) if isinstance(value, date) else str(value)


def _iso(value: date) -> str:
    """ISO 8601; of a datetime with its offset."""
    if isinstance(value, datetime) and value.utcoffset() is None:
        message = f"{value!r} has no offset, so it is no instant: give it a tzinfo, such as datetime.UTC."
        raise ValueError(message)
    return value.isoformat()


def _is_worth_another_try(response: httpx.Response) -> bool:
    """Whether the server is busy, or still at work on an earlier try whose answer was lost."""
    is_at_work = response.status_code == HTTPStatus.CONFLICT and "retry-after" in response.headers
    return is_at_work or response.status_code in _BUSY


def _wait(retry_after: str, tried: int) -> float:
    """Seconds until the next try: what the server says, else doubled each time; with jitter."""
    seconds = float(retry_after) if retry_after.isdigit() else 2.0 ** (tried - 1)
    return min(MAX_WAIT, seconds) * (0.5 + random.random() / 2)  # noqa: S311 — jitter, not a secret


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
