"""An endpoint answers a view as JSON in which every number keeps its digits."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lodestar.domain.definitions import Category
from lodestar.runtime.endpoint import PUBLIC, endpoint
from lodestar.wire.bodies import Body, View
from lodestar.wire.fields import Number

EVENTS = Path(__file__).parents[3] / "events"
CONTEXT: Any = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb=512,
    invoked_function_arn="arn",
    aws_request_id="a-1",
    get_remaining_time_in_millis=lambda: 15_000,
)


class Inner(View):
    value: Number


class Shown(View):
    value: Number
    missing: Number | None
    inner: list[Inner]
    category: Category
    day: date
    at: datetime


def shown_by(view: View) -> dict[str, Any]:
    """What the endpoint of a handler that returns this answers, its fractions exact."""

    def handler() -> View:
        return view

    event = json.loads((EVENTS / "api" / "health" / "get.json").read_text())
    del event["headers"]["authorization"]
    answered = endpoint("GET", "/api/health", needs=PUBLIC)(handler)(event, CONTEXT)
    assert answered["statusCode"] == 200
    found: dict[str, Any] = json.loads(answered["body"], parse_float=Decimal)
    return found


@pytest.mark.parametrize("number", ["99999999999999.9999", "-0.0001", "5.0000", "0"])
def test_a_number_of_a_view_keeps_its_digits(number: str) -> None:
    view = Shown(
        value=Decimal(number),
        missing=None,
        inner=[Inner(value=Decimal(number))],
        category=Category.SALES,
        day=date(2026, 3, 4),
        at=datetime(2026, 3, 4, 12, tzinfo=UTC),
    )
    found = shown_by(view)
    assert (found["value"], found["inner"][0]["value"]) == (Decimal(number), Decimal(number))
    assert (found["missing"], found["category"], found["day"]) == (None, "sales", "2026-03-04")
    assert datetime.fromisoformat(found["at"]) == view.at


class Draft(Body):
    value: int


@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x", ";"],
)
def test_an_empty_body_of_another_type_is_refused_in_our_own_shape(kind: str) -> None:
    def handler(draft: Draft) -> Shown:
        raise AssertionError(draft)

    event = json.loads((EVENTS / "api" / "teams" / "create.json").read_text())
    sent = {**event, "rawPath": "/api/health", "body": "", "headers": {"content-type": kind}}
    answered = endpoint("POST", "/api/health", needs=PUBLIC)(handler)(sent, CONTEXT)
    assert answered["statusCode"] == 415
    assert json.loads(answered["body"])["code"] == "unsupported_content"
