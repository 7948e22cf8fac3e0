"""The client's core: exact numbers, errors, retries, pages."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from lodestar_client import Lodestar, LodestarError, Refused, Unreachable, core
from lodestar_client.core import Core, Request, encoded, quoted
from lodestar_client.types import Cadence, JobSearchTable, RunState


class Server:
    """Answers in turn, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers: Iterator[httpx.Response] = iter(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return next(self.answers)

    @property
    def client(self) -> Lodestar:
        http = httpx.Client(transport=httpx.MockTransport(self), base_url="https://lodestar.test")
        return Lodestar(http, "the-token")


def answer(status: int, body: object = None, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers=headers)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(core.time, "sleep", found.append)
    return found


def test_a_call_carries_token_query_and_body_and_every_digit() -> None:
    server = Server(answer(200, {"teams": [], "next_cursor": None}), answer(201, {}))
    server.client.teams.list(limit=5)
    server.client.users.measure(
        4,
        2,
        {
            "actual_value": Decimal("12345678901234.5678"),
            "period_start": date(2026, 3, 2),
            "period_end": date(2026, 3, 2),
        },
    )
    listed, measured = server.asked
    assert (listed.url.path, listed.url.query) == ("/api/teams", b"limit=5")
    assert listed.headers["authorization"] == "Bearer the-token"
    assert measured.url.path == "/api/users/4/kpis/2/measure"
    assert b'"actual_value":12345678901234.5678' in measured.content
    assert b'"period_start":"2026-03-02"' in measured.content
    assert measured.headers["idempotency-key"]


def test_fractions_of_an_answer_are_exact() -> None:
    text = '{"kpis": [], "overall_score": 99.10, "coverage": null}'
    server = Server(httpx.Response(200, text=text, headers={"content-type": "application/json"}))
    assert str(server.client.users.kpis(4)["overall_score"]) == "99.10"


def test_a_refusal_is_an_error_with_its_fields() -> None:
    body = {
        "error": "body.name: No.",
        "code": "invalid_content",
        "request_id": "r",
        "details": [{"field": "body.name", "message": "No."}],
    }
    server = Server(answer(422, body))
    with pytest.raises(Refused) as raised:
        server.client.teams.create({"name": ""})
    error = raised.value
    assert isinstance(error, LodestarError)
    assert (str(error), error.status, error.code, error.request_id) == (
        "body.name: No.",
        422,
        "invalid_content",
        "r",
    )
    assert [(detail.field, detail.message) for detail in error.details] == [("body.name", "No.")]


def test_the_gateways_own_words_are_an_error_too() -> None:
    with pytest.raises(Refused, match="Unauthorized"):
        Server(answer(401, {"message": "Unauthorized"})).client.me.get()


def test_what_is_away_is_tried_again_under_the_same_key_as_long_as_the_server_says(
    waits: list[float],
) -> None:
    server = Server(answer(503, {}, **{"retry-after": "5"}), answer(429, {}), answer(201, {"id": 1}))
    assert server.client.teams.create({"name": "Support"}) == {"id": 1}
    assert len({request.headers["idempotency-key"] for request in server.asked}) == 1
    assert 2.5 <= waits[0] <= 5
    assert 1 <= waits[1] <= 2


def test_a_write_that_the_server_is_still_at_work_on_is_asked_for_again(waits: list[float]) -> None:
    at_work = answer(409, {"error": "In a moment.", "code": "idempotency_in_flight"}, **{"retry-after": "5"})
    server = Server(at_work, answer(201, {"id": 1}))
    assert server.client.teams.create({"name": "Support"}) == {"id": 1}
    assert 2.5 <= waits[0] <= 5


@pytest.mark.parametrize(("status", "headers"), [(409, {}), (422, {"retry-after": "5"}), (500, {})])
def test_any_other_refusal_is_told_at_once(status: int, headers: dict[str, str]) -> None:
    server = Server(answer(status, {"error": "There is one.", "code": "duplicate"}, **headers))
    with pytest.raises(Refused, match="There is one"):
        server.client.teams.create({"name": "Support"})
    assert len(server.asked) == 1


def test_it_gives_up_after_some_tries() -> None:
    server = Server(
        *[answer(503, {"error": "Away.", "code": "unavailable", "request_id": "r"})] * core.MAX_TRIES
    )
    with pytest.raises(Refused, match="Away"):
        server.client.me.get()
    assert len(server.asked) == core.MAX_TRIES


def test_all_pages_are_read_with_the_cursor_of_the_one_before() -> None:
    pages: list[Any] = [
        {"teams": [{"id": 1}], "next_cursor": "1"},
        {"teams": [{"id": 2}], "next_cursor": None},
    ]
    server = Server(*(answer(200, page) for page in pages))
    assert [team["id"] for team in server.client.teams.all(limit=1)] == [1, 2]
    assert [request.url.query for request in server.asked] == [b"limit=1", b"limit=1&cursor=1"]


def test_an_etag_of_the_last_answer_goes_with_a_change() -> None:
    server = Server(answer(200, {}, etag='"a"'), answer(200, {}))
    client = server.client
    client.definitions.get(1)
    assert client.core.last is not None
    client.definitions.update(1, {"name": "Calls"}, if_match=client.core.last.headers["etag"])
    assert server.asked[1].headers["if-match"] == '"a"'


def test_what_is_sent_is_json() -> None:
    value = {"a": [1, Decimal("0.10"), None, True], "d": date(2026, 3, 2), "t": 'x"'}
    assert json.loads(encoded(value)) == {"a": [1, 0.1, None, True], "d": "2026-03-02", "t": 'x"'}
    assert "0.10" in encoded(value)


def test_an_instant_is_sent_with_its_offset_and_refused_without_one() -> None:
    at = datetime(2026, 3, 2, 12, 30, tzinfo=timezone(timedelta(hours=1)))
    assert encoded({"at": at}) == '{"at":"2026-03-02T12:30:00+01:00"}'
    server = Server(answer(200, {"measurements": [], "next_cursor": None}))
    server.client.users.history(1, 2, as_of=at, from_=date(2026, 1, 1))
    assert dict(server.asked[0].url.params) == {"as_of": "2026-03-02T12:30:00+01:00", "from": "2026-01-01"}
    with pytest.raises(ValueError, match=r"2026, 3, 2, 12, 30\) has no offset"):
        encoded({"at": at.replace(tzinfo=None)})
    with pytest.raises(ValueError, match="has no offset"):
        server.client.users.history(1, 2, as_of=at.replace(tzinfo=None))
    assert len(server.asked) == 1


def test_a_word_of_an_enum_is_sent_as_the_api_writes_it() -> None:
    assert encoded({Cadence.DAILY: [Cadence.WEEKLY]}) == '{"daily":["weekly"]}'
    server = Server(answer(200, {"kpis": [], "next_cursor": None}))
    server.client.exports.kpis_csv(period=Cadence.DAILY)
    assert server.asked[0].url.query == b"period=daily"


RUN = {
    "id": 1,
    "state": "completed",
    "period_start": "2026-03-02",
    "created_at": "2026-03-03T00:00:00+00:00",
    "finished_at": None,
}


def test_an_answer_has_dates_instants_and_words_of_enums() -> None:
    run = Server(answer(200, RUN)).client.runs.get(1)
    assert run["state"] is RunState.COMPLETED
    assert run["period_start"] == date(2026, 3, 2)
    assert run["created_at"] == datetime(2026, 3, 3, tzinfo=UTC)
    assert run["finished_at"] is None


def test_the_rows_of_all_pages_are_decoded_too() -> None:
    (run,) = Server(answer(200, {"runs": [RUN], "next_cursor": None})).client.runs.all()
    assert run["state"] is RunState.COMPLETED


def test_an_answer_of_a_newer_server_is_no_error() -> None:
    newer: Any = Server(answer(200, {**RUN, "state": "paused", "paused_at": "2026-03-04"})).client.runs.get(1)
    assert (newer["state"], newer["paused_at"]) == ("paused", "2026-03-04")


def test_a_file_comes_as_its_bytes() -> None:
    file = httpx.Response(200, content=b"name\n", headers={"content-type": "text/csv"})
    assert Server(file).client.exports.kpis_csv() == b"name\n"


def test_a_callers_own_idempotency_key_is_the_only_one_that_is_sent() -> None:
    server = Server(answer(201, {"id": 1}))
    server.client.teams.create({"name": "Support"}, idempotency_key="mine")
    assert server.asked[0].headers.get_list("idempotency-key") == ["mine"]


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("revenue_growth", b"revenue_growth"),
        ("a/b", b"a%2Fb"),
        ("a?b=1", b"a%3Fb%3D1"),
        ("a#b", b"a%23b"),
        ("a b", b"a%20b"),
        ("50%", b"50%25"),
        ("é", b"%C3%A9"),
        ("..", b"%2E%2E"),
        (".", b"%2E"),
        ("a.b", b"a.b"),
    ],
)
def test_a_part_of_the_path_is_quoted_whatever_it_is_made_of(key: str, path: bytes) -> None:
    server = Server(answer(200, {}))
    server.client.catalog.install(key)
    assert server.asked[0].url.raw_path == b"/api/kpis/catalog/" + path + b"/install"


def test_ids_words_and_dates_are_parts_of_a_path_as_well() -> None:
    assert [quoted(4), quoted(JobSearchTable.FOLLOW_UPS), quoted(date(2026, 3, 2))] == [
        "4",
        "follow-ups",
        "2026-03-02",
    ]


def test_an_empty_part_of_a_path_is_refused() -> None:
    server = Server()
    with pytest.raises(ValueError, match="A part of the path is empty"):
        server.client.catalog.install("")
    assert server.asked == []


@dataclass
class Line:
    """A loopback server that drops the first `drops` connections after it has read their request."""

    drops: int
    stalls: bool = False
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)

    def take(self, request: BaseHTTPRequestHandler) -> None:
        request.rfile.read(int(request.headers.get("content-length", 0)))
        self.asked.append((request.command, request.path, request.headers["idempotency-key"]))
        if len(self.asked) > self.drops:
            body = b'{"id": 1}'
            request.send_response(200)
            request.send_header("content-type", "application/json")
            request.send_header("content-length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)
        elif self.stalls:
            self.hung_up.wait(10)


@contextmanager
def running(line: Line) -> Iterator[Core]:
    """A client of a line; it waits a fifth of a second for an answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            line.take(self)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 — the names that http.server looks for

        def log_message(self, *args: object) -> None:
            """Not on the test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", timeout=0.2) as http:
                yield Core(http, "the-token")
        finally:
            line.hung_up.set()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_a_lost_connection_is_tried_again(method: str, waits: list[float]) -> None:
    line = Line(drops=2)
    with running(line) as client:
        assert client.call(Request(method, "/api/teams/1", body={"name": "A"})) == {"id": 1}
    assert [asked[:2] for asked in line.asked] == [(method, "/api/teams/1")] * 3
    keys = {key for *_, key in line.asked}
    assert len(keys) == 1
    assert (None in keys) == (method != "POST")
    assert 0.5 <= waits[0] <= 1
    assert 1 <= waits[1] <= 2


def test_a_server_that_is_too_slow_is_asked_again() -> None:
    line = Line(drops=1, stalls=True)
    with running(line) as client:
        assert client.call(Request("GET", "/api/me")) == {"id": 1}
    assert len(line.asked) == 2


def test_a_server_that_always_hangs_up_is_unreachable() -> None:
    line = Line(drops=99)
    with running(line) as client:
        client.last = httpx.Response(200)  # of a call before
        with pytest.raises(Unreachable) as raised:
            client.call(Request("GET", "/api/me"))
    error = raised.value
    assert len(line.asked) == core.MAX_TRIES
    assert str(error).startswith(
        "GET /api/me got no answer in 4 tries. RemoteProtocolError: Server disconnected"
    )
    assert (error.method, error.path) == ("GET", "/api/me")
    assert isinstance(error.__cause__, httpx.RemoteProtocolError)
    assert isinstance(error, LodestarError)
    assert not isinstance(error, Refused)
    assert client.last is None


def test_nobody_at_the_address_is_unreachable(waits: list[float]) -> None:
    with running(Line(drops=0)) as client:
        pass
    with httpx.Client(base_url=client.http.base_url) as http, pytest.raises(Unreachable) as raised:
        Lodestar(http, "the-token").me.get()
    assert isinstance(raised.value.__cause__, httpx.ConnectError)
    assert len(waits) == core.MAX_TRIES - 1


def test_a_mistake_of_the_caller_is_not_tried_again(waits: list[float]) -> None:
    with httpx.Client(base_url="lodestar.test") as http, pytest.raises(httpx.UnsupportedProtocol):
        Lodestar(http, "the-token").me.get()
    assert waits == []
