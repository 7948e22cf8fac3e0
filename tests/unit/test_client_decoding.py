"""The client's decoder: JSON becomes what the types declare, and what does not fit them stays as it came."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, NotRequired, TypedDict

import pytest

from lodestar_client.core import Number
from lodestar_client.decoding import decoded

DAY = dt.date(2026, 3, 2)
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


class Colour(StrEnum):
    RED = "red"


class Band(TypedDict):
    min: Number
    max: Number


type Target = Number | Band


class Part(TypedDict):
    on: dt.date


class Whole(TypedDict):
    parts: list[Part]
    by_name: dict[str, Part]
    colour: Colour | None
    target: Target | None
    at: NotRequired[dt.datetime | None]


class Queried(TypedDict):
    type: Literal["query"]
    since: dt.date


class Counted(TypedDict):
    type: Literal["count"]
    since: dt.date
    until: dt.date


class Other(TypedDict):
    type: str
    since: str


class Longer(TypedDict):
    type: str
    since: str
    until: dt.date


type Source = Queried | Counted | Other

Odd = TypedDict("Odd", {"from": dt.date})


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("2026-03-02", dt.date, DAY),
        ("2026-03-02T12:00:00Z", dt.datetime, NOON),
        ("2026-03-02T13:00:00.000000+01:00", dt.datetime, NOON),
        ("red", Colour, Colour.RED),
        ("red", str, "red"),
        ("2026-03-02", str, "2026-03-02"),
        ("2026-03-02", Any, "2026-03-02"),
        (None, dt.date | None, None),
        ("2026-03-02", dt.date | None, DAY),
        ("red", dt.date | Colour | None, Colour.RED),
        ("2026-03-02", dt.date | Colour | None, DAY),
        ("2026-03-02", Number | str, "2026-03-02"),
        (["2026-03-02", None], list[dt.date | None], [DAY, None]),
        (["2026-03-02"], list[dt.date] | None, [DAY]),
        ({"a": "2026-03-02"}, dict[str, dt.date], {"a": DAY}),
        ({"a": "2026-03-02"}, dict[str, dt.date] | None, {"a": DAY}),
        ({"a": {"on": "2026-03-02"}}, dict[str, Any], {"a": {"on": "2026-03-02"}}),
        ({"from": "2026-03-02"}, Odd, {"from": DAY}),
        (3, Target, 3),
        ({"min": 1, "max": Decimal("2.50")}, Target, {"min": 1, "max": Decimal("2.50")}),
        (True, bool, True),
    ],
    ids=str,
)
def test_a_value_becomes_what_its_type_declares(value: object, kind: object, expected: object) -> None:
    found = decoded(value, kind)
    assert found == expected
    assert type(found) is type(expected)


def test_an_object_is_decoded_to_its_depth() -> None:
    body = {
        "parts": [{"on": "2026-03-02"}],
        "by_name": {"first": {"on": "2026-03-02"}},
        "colour": "red",
        "target": {"min": 1, "max": 2},
        "at": "2026-03-02T12:00:00+00:00",
    }
    whole: Whole = decoded(body, Whole)
    assert whole == {
        "parts": [{"on": DAY}],
        "by_name": {"first": {"on": DAY}},
        "colour": Colour.RED,
        "target": {"min": 1, "max": 2},
        "at": NOON,
    }
    assert isinstance(whole["colour"], Colour)


def test_an_exact_number_stays_exact() -> None:
    number = decoded(Decimal("0.10"), Number | None)
    assert (type(number), str(number)) == (Decimal, "0.10")
    assert type(decoded(3, Number)) is int


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("blue", Colour),
        ("blue", Colour | None),
        ("soon", dt.date),
        ("2026-03-02T12:00:00Z", dt.date),
        ("soon", dt.datetime | None),
        ("2026-03-02T12:00:00", dt.datetime),
        (3, dt.date),
        (3, Colour),
        ("red", list[Colour]),
        (["red"], Colour),
        ({"on": "2026-03-02"}, list[Part]),
        ({"on": "2026-03-02"}, dt.date),
        ([{"on": "2026-03-02"}], Part | None),
        ({"unknown": "2026-03-02"}, Source),
        (None, Colour),
    ],
    ids=str,
)
def test_what_does_not_fit_its_type_stays_as_it_came(value: object, kind: object) -> None:
    found = decoded(value, kind)
    assert found == value
    assert type(found) is type(value)


def test_a_field_that_the_type_does_not_have_stays_as_it_came() -> None:
    assert decoded({"on": "2026-03-02", "new": ["2026-03-02"]}, Part) == {"on": DAY, "new": ["2026-03-02"]}


def test_a_field_that_is_missing_stays_missing() -> None:
    assert decoded({"parts": []}, Whole) == {"parts": []}


def test_an_object_of_a_union_is_read_as_the_one_whose_constants_it_has() -> None:
    both = {"since": "2026-03-02", "until": "2026-03-02"}
    assert decoded({"type": "query", **both}, Source) == {
        "type": "query",
        "since": DAY,
        "until": "2026-03-02",
    }
    assert decoded({"type": "count", **both}, Source) == {"type": "count", "since": DAY, "until": DAY}
    assert decoded({"type": "guess", **both}, Source) == {"type": "guess", **both}


def test_an_object_that_fits_two_of_a_union_is_read_as_the_one_that_knows_more_of_it() -> None:
    body = {"type": "guess", "since": "a", "until": "2026-03-02"}
    assert decoded(body, Other | Longer) == {**body, "until": DAY}
    assert decoded(body, Longer | Other) == {**body, "until": DAY}


def test_an_object_of_a_union_that_lacks_a_field_is_read_as_another() -> None:
    assert decoded({"type": "count", "since": "2026-03-02"}, Counted | Other) == {
        "type": "count",
        "since": "2026-03-02",
    }


def test_what_was_given_is_not_changed() -> None:
    body = {"on": "2026-03-02"}
    decoded(body, Part)
    assert body == {"on": "2026-03-02"}
