"""Every operation × every odd part of a request × every role: a small answer of ours, soon, and never a fault.

The requests are made from the OpenAPI document, so that a new operation or field is among them at once.
"""

import base64
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from logging import getLogger
from typing import Any

import httpx
import pytest

from local.running_stack import RunningStack
from tests.architecture.house import functions_of, read_template
from tests.conformance import Contract, committed
from tests.e2e.attempts import Attempted, attempted
from tests.e2e.conftest import Found, SignIn
from tests.e2e.direct import USUAL_SECONDS, Handlers, event_of, handlers_of
from tests.e2e.oddities import MEGABYTE, Odd, media_type, odd_requests, odd_values
from tests.e2e.two_companies import PEOPLE, furnish, give_role

ROLES = (*PEOPLE, "root")
ALL = "EXAMPLES" in os.environ
"""Whether every role sends every odd request; `make fuzz` has the time."""
SHARE = 1 if ALL else 7
"""One of so many odd values of a field is sent: each field gets some, and each value comes in many fields."""
FEWEST = 4_000
ROUTING = (404, 405)
"""What is said of a path that is another one: of no operation, so in no operation's document."""
MAX_DETAILS = 20
MAX_CHARACTERS = 300
SMALL = 16 * 1024
"""Bytes of a refusal."""


@dataclass
class Edge:
    """The operations, who calls them, and what was measured."""

    handlers: Handlers
    contract: Contract
    operations: tuple[Attempted, ...]
    seconds: Mapping[str, float]
    """That the function of an operation may take, by operation."""
    sent: int = 0
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    largest: list[tuple[int, str]] = field(default_factory=list)

    def troubles(self, operation: Attempted, odd: Odd, role: str) -> Iterator[str]:
        """What is wrong with the answer to one odd request."""
        event = odd.put_into(event_of(operation.request, self.handlers.claims[role]))
        seconds = self.seconds[operation.id]
        begins = time.monotonic()
        answer = self.handlers.call(operation.id, event, seconds)
        took = time.monotonic() - begins
        what = f"{role} {operation.id} with {odd.what}"
        self.sent += 1
        self.statuses[role, answer["statusCode"]] += 1
        self.slowest = sorted([*self.slowest, (took, what)])[-20:]
        self.largest = sorted([*self.largest, (len(str(answer["body"]).encode()), what)])[-20:]
        if took > seconds / 2:
            yield f"{what} takes {took:.1f} s"
        yield from (f"{what}: {trouble}" for trouble in self._unlike_ours(operation, answer))

    def _unlike_ours(self, operation: Attempted, answer: Mapping[str, Any]) -> Iterator[str]:
        status, body = answer["statusCode"], answer["body"]
        promised = self.contract.operation(operation.request.method, operation.request.template)
        assert promised is not None
        if len(str(body).encode()) > MEGABYTE:
            yield f"an answer of {len(str(body)):,} characters"
        if status >= 500 or (status not in ROUTING and str(status) not in promised["responses"]):
            yield f"{status}: {body[:300]}"
        elif status >= 400:
            yield from _unlike_a_refusal(body)


def _unlike_a_refusal(body: str) -> Iterator[str]:
    refusal = json.loads(body)
    details = refusal.get("details", [])
    longest = max((len(each["field"] + each["message"]) for each in details), default=0)
    if not {"error", "code", "request_id"} <= refusal.keys() <= {"error", "code", "request_id", "details"}:
        yield f"a refusal of another shape: {body[:300]}"
    if len(details) > MAX_DETAILS + 1 or longest > MAX_CHARACTERS or len(body.encode()) > SMALL:
        yield f"a refusal of {len(details)} details, {longest} characters, {len(body)} in all: {body[:300]}"


@pytest.fixture(scope="module")
def edge(stack: RunningStack, found_company: Found, sign_in: SignIn) -> Iterator[Edge]:
    admin = found_company("edge")
    house = furnish(admin, "edge", "Edge", "10")
    give_role(admin, house)
    stack.wait_idle()
    emails = {person: f"{person}@edge.test" for person in PEOPLE} | {"root": "superuser@lodestar.local"}
    operations = tuple(attempted(committed(), house.own))
    with pytest.MonkeyPatch.context() as patch, handlers_of(stack, emails) as handlers:
        # It writes the way of every refusal through the handler, which pytest would keep.
        patch.setattr(getLogger("aws_lambda_powertools.event_handler.api_gateway"), "disabled", True)
        yield Edge(handlers, committed(), operations, timeouts())


def timeouts() -> Mapping[str, float]:
    """Seconds of each operation's function, from the template."""
    return {
        "_".join(function.module.split(".")[1:]): function.properties.get("Timeout", USUAL_SECONDS)
        for function in functions_of(read_template())
        if function.module.startswith("api.")
    }


@pytest.mark.parametrize("role", ROLES)
def test_whatever_is_odd_about_a_request_is_answered_soon_and_briefly(edge: Edge, role: str) -> None:
    troubles = [
        trouble
        for number, operation in enumerate(edge.operations)
        for odd in whole_requests(edge, operation, number + ROLES.index(role))
        for trouble in edge.troubles(operation, odd, role)
    ]
    assert not troubles, "\n".join(troubles[:100])


def whole_requests(edge: Edge, operation: Attempted, turn: int) -> Iterator[Odd]:
    """The odd requests that one role sends to one operation: the roles take turns, unless all is sent."""
    usual, large = [], []
    for odd in odd_requests(edge.contract, operation):
        (large if odd.is_large else usual).append(odd)
    yield from usual if ALL else usual[turn % len(ROLES) :: len(ROLES)]
    # A body that is too large is refused alike by all that take JSON; a file is read by what takes files.
    times = 1 if ALL else len(ROLES) if media_type(edge.contract, operation) == "text/csv" else 20
    yield from large[turn % times :: times]


def test_whatever_is_odd_about_a_field_or_parameter_is_answered_soon_and_briefly(edge: Edge) -> None:
    troubles = [
        trouble
        for number, operation in enumerate(edge.operations)
        for odd in islice(odd_values(edge.contract, operation), number % SHARE, None, SHARE)
        for trouble in edge.troubles(operation, odd, "ada")
    ]
    assert not troubles, "\n".join(troubles[:100])


def test_enough_was_sent_and_by_people_who_may(edge: Edge) -> None:
    print(f"{edge.sent:,} requests", *edge.slowest, *edge.largest, dict(edge.statuses), sep="\n")
    assert edge.sent > FEWEST
    assert edge.statuses["ada", 403] < edge.sent / 20
    assert min(edge.statuses["ada", status] for status in (200, 400, 404, 413, 415, 422)) > 5


OVER_HTTP = ("kpis_list", "definitions_create", "records_push", "values_import_csv")
LONGEST_HEAD = 50_000
"""What the server takes of a request before its body; API Gateway takes far less."""


@pytest.mark.parametrize("name", OVER_HTTP)
def test_the_same_holds_over_http(edge: Edge, stack: RunningStack, name: str) -> None:
    (operation,) = (each for each in edge.operations if each.id == name)
    token = stack.token_for("ada@edge.test")
    with httpx.Client(
        base_url=stack.base_url, timeout=30, headers={"authorization": f"Bearer {token}"}
    ) as http:
        sent = [
            (odd, http.send(request))
            for odd in odd_requests(edge.contract, operation)
            if (request := over_http(operation, odd, http)) is not None
        ]
    troubles = [
        f"{odd.what}: {response.status_code} {response.text[:300]}"
        for odd, response in sent
        if response.status_code >= 500
        or len(response.content) > MEGABYTE
        or response.elapsed.total_seconds() > edge.seconds[name] / 2
        or (response.is_client_error and not response.json().keys() & {"error", "message"})
    ]
    assert not troubles, "\n".join(troubles)
    assert len(sent) >= 10


def over_http(operation: Attempted, odd: Odd, http: httpx.Client) -> httpx.Request | None:
    """An odd request as a client sends it; None where no client can."""
    event = odd.put_into({"rawPath": operation.request.address, "rawQueryString": "", "headers": {}})
    head = [event["rawPath"], event["rawQueryString"], *event["headers"].values()]
    if sum(map(len, head)) > LONGEST_HEAD or not all(part.isascii() and part.isprintable() for part in head):
        return None
    body = str(event.get("body") or "").encode()
    content = base64.b64decode(body) if event.get("isBase64Encoded") else body
    url = httpx.URL(f"{http.base_url}{event['rawPath']}").copy_with(query=event["rawQueryString"].encode())
    headers = {name: value.strip() for name, value in event["headers"].items()}
    return http.build_request(operation.request.method, url, headers=headers, content=content or None)
