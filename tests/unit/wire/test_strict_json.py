"""A body takes JSON types as the document names them, a query their texts; nothing is guessed."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import AwareDatetime, Field, ValidationError

from lodestar.wire.bodies import Body
from lodestar.wire.fields import Value, Weight
from lodestar.wire.paging import PageQuery


class Inner(Body):
    size: Weight | None = None


class Sent(Body):
    count: int = 0
    value: Value | None = None
    weight: Weight = Decimal(1)
    switch: bool = False
    day: date | None = None
    at: AwareDatetime | None = None
    inner: list[Inner] = Field(default_factory=list)
    mixed: dict[str, str | Decimal | bool] = Field(default_factory=dict)


class Asked(PageQuery):
    switch: bool | None = None
    day: date | None = None


RIGHT = [
    {"count": 5},
    {"count": Decimal("5.0")},
    {"value": 5},
    {"value": Decimal("5.25")},
    {"value": "5.25"},
    {"value": None},
    {"switch": True},
    {"day": "2026-03-02"},
    {"at": "2026-03-02T09:00:00Z"},
    {"at": "2026-03-02T09:00:00.25+01:00"},
    {"inner": [{"size": 1}]},
    {"mixed": {"a": "x", "b": 1, "c": True}},
]
WRONG: list[dict[str, Any]] = [
    {"count": "5"},
    {"count": True},
    {"count": Decimal("5.5")},
    {"weight": "5.25"},
    {"value": "5,25"},
    {"value": False},
    {"switch": 1},
    {"switch": "true"},
    {"day": 0},
    {"day": "0"},
    {"day": "2026-03-02T00:00:00"},
    {"at": 1_772_000_000},
    {"at": "2026-03-02"},
    {"at": "2026-03-02 09:00:00Z"},
    {"inner": [{"size": "1"}]},
]


@pytest.mark.parametrize("body", RIGHT, ids=str)
def test_a_body_takes_the_json_type_that_a_field_has(body: dict[str, Any]) -> None:
    assert Sent.model_validate(body).model_fields_set == body.keys()


@pytest.mark.parametrize("body", WRONG, ids=str)
def test_a_body_takes_no_other_json_type(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Sent.model_validate(body)


def test_a_number_in_a_choice_of_types_stays_what_it_was() -> None:
    assert Sent.model_validate({"mixed": {"a": "1", "b": 1, "c": True}}).mixed == {
        "a": "1",
        "b": Decimal(1),
        "c": True,
    }


@pytest.mark.parametrize(
    "query", [{"limit": "5"}, {"switch": "true"}, {"switch": "false"}, {"day": "2026-03-02"}], ids=str
)
def test_a_query_takes_the_text_of_a_type(query: dict[str, str]) -> None:
    assert Asked.model_validate(query).model_fields_set == query.keys()


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "1_0"},
        {"limit": " 5"},
        {"limit": "+5"},
        {"limit": "5.0"},
        {"switch": "yes"},
        {"switch": "1"},
        {"day": "0"},
    ],
    ids=str,
)
def test_a_query_takes_no_other_text(query: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Asked.model_validate(query)
