"""The client's core: exact numbers, errors, retries, pages."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from lodestar_client import Lodestar, LodestarError, core
from lodestar_client.core import encoded


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
            "period_start": "2026-03-02",
            "period_end": "2026-03-02",
        },
    )
    listed, measured = server.asked
    assert (listed.url.path, listed.url.query) == ("/api/teams", b"limit=5")
    assert listed.headers["authorization"] == "Bearer the-token"
    assert measured.url.path == "/api/users/4/kpis/2/measure"
    assert b'"actual_value":12345678901234.5678' in measured.content
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
    with pytest.raises(LodestarError) as raised:
        server.client.teams.create({"name": ""})
    error = raised.value
    assert (str(error), error.status, error.code, error.request_id) == (
        "body.name: No.",
        422,
        "invalid_content",
        "r",
    )
    assert [(each.field, each.message) for each in error.details] == [("body.name", "No.")]


def test_the_gateways_own_words_are_an_error_too() -> None:
    with pytest.raises(LodestarError, match="Unauthorized"):
        Server(answer(401, {"message": "Unauthorized"})).client.me.get()


def test_what_is_away_is_tried_again_under_the_same_key_as_long_as_the_server_says(
    waits: list[float],
) -> None:
    server = Server(answer(503, {}, **{"retry-after": "5"}), answer(429, {}), answer(201, {"id": 1}))
    assert server.client.teams.create({"name": "Support"}) == {"id": 1}
    assert len({each.headers["idempotency-key"] for each in server.asked}) == 1
    assert 2.5 <= waits[0] <= 5
    assert 1 <= waits[1] <= 2


def test_it_gives_up_after_some_tries() -> None:
    server = Server(
        *[answer(503, {"error": "Away.", "code": "unavailable", "request_id": "r"})] * core.MOST_TRIES
    )
    with pytest.raises(LodestarError, match="Away"):
        server.client.me.get()
    assert len(server.asked) == core.MOST_TRIES


def test_all_pages_are_read_with_the_cursor_of_the_one_before() -> None:
    pages: list[Any] = [
        {"teams": [{"id": 1}], "next_cursor": "1"},
        {"teams": [{"id": 2}], "next_cursor": None},
    ]
    server = Server(*(answer(200, each) for each in pages))
    assert [each["id"] for each in server.client.teams.all(limit=1)] == [1, 2]
    assert [each.url.query for each in server.asked] == [b"limit=1", b"limit=1&cursor=1"]


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
