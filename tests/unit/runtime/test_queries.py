"""Query parameters before they are parsed."""

import inspect
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from lodestar.domain.refusals import InvalidRequest
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.runtime.queries import query_names, require_known_query
from lodestar.wire.fields import is_storable


class Filters(BaseModel):
    limit: int = 3
    first: date | None = Field(default=None, alias="from")


class Draft(BaseModel):
    name: str


def everything(
    thing_id: PathId,
    query: FromQuery[Filters],
    draft: Draft,
    on: date | None = None,
    word: Annotated[str, ""] = "",
) -> None: ...


def nothing(thing_id: PathId) -> None: ...


def names(handler: Callable[..., Any]) -> frozenset[str]:
    return query_names(inspect.signature(handler).parameters.values(), "/api/things/{thing_id}")


def test_the_names_are_those_that_clients_write_and_neither_of_the_path_nor_of_the_body() -> None:
    assert names(everything) == {"limit", "from", "on", "word"}
    assert names(nothing) == set()


def refused(raw: str, known: frozenset[str] = frozenset({"limit", "q"})) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as error:
        require_known_query(raw, known)
    return error.value


def test_a_typo_is_told_with_what_there_is() -> None:
    refusal = refused("limti=3&q=a&on=1")
    assert [detail.field for detail in refusal.details] == ["query.limti", "query.on"]
    assert refusal.message == "query.limti: There is no such query parameter: choose from limit, q."
    assert refused("x=1", frozenset()).message.endswith("this endpoint has none.")


def test_a_parameter_that_comes_twice_is_told_once() -> None:
    refusal = refused("q=a&limit=1&q=a&q=b")
    assert [(detail.field, detail.message) for detail in refusal.details] == [
        ("query.q", "Send q once, not 3 times.")
    ]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_any_text_may_be_looked_for(text: str) -> None:
    require_known_query(urlencode({"q": text, "limit": ""}), {"limit", "q"})


@given(st.binary(), st.sampled_from([b"\x00", b"\xff", b"\xed\xa0\x80", b"\xc0\x80"]), st.binary())
def test_bytes_that_are_no_text_never_pass(before: bytes, bad: bytes, after: bytes) -> None:
    assert refused(f"q={quote(before + bad + after)}").details[0].field == "query.q"


@given(st.text())
def test_an_unknown_name_is_told_in_characters_that_can_be_sent(name: str) -> None:
    raw = "&".join([f"{quote(name, errors='surrogatepass')}=1"])
    for detail in refused(raw, frozenset()).details if name else ():
        assert is_storable(detail.field)
        detail.field.encode()
