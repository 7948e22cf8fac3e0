"""Requests that are larger than any that is meant, refused before anything is made of them."""

import base64
from typing import Any

import pytest

from lodestar.domain.refusals import InvalidRequest, TooLarge
from lodestar.runtime.sizes import TOO_LONG, require_moderate_request
from lodestar.wire.limits import (
    MAX_BODY_BYTES,
    MAX_HEADER_CHARACTERS,
    MAX_PATH_CHARACTERS,
    MAX_QUERY_CHARACTERS,
    MAX_QUERY_PARAMETERS,
)


def request(**parts: Any) -> dict[str, Any]:
    return {"rawPath": "/api/me", "rawQueryString": "", "headers": {}, "isBase64Encoded": False, **parts}


@pytest.mark.parametrize(
    ("part", "unit", "most", "field"),
    [
        ("rawPath", "p", MAX_PATH_CHARACTERS, "request"),
        ("rawQueryString", "q", MAX_QUERY_CHARACTERS, "query"),
        ("rawQueryString", "&", MAX_QUERY_PARAMETERS - 1, "query"),
    ],
)
def test_a_path_or_query_longer_than_any_is_refused(part: str, unit: str, most: int, field: str) -> None:
    require_moderate_request(request(**{part: unit * most}))
    with pytest.raises(InvalidRequest, match="at most") as refused:
        require_moderate_request(request(**{part: unit * (most + 1)}))
    assert (refused.value.details[0].field, refused.value.code) == (field, TOO_LONG)


def test_a_header_longer_than_any_is_refused_by_its_name() -> None:
    require_moderate_request(request(headers={"if-match": "x" * MAX_HEADER_CHARACTERS}))
    with pytest.raises(
        InvalidRequest, match="The header if-match may have at most 8,000 characters"
    ) as refused:
        require_moderate_request(request(headers={"if-match": "x" * (MAX_HEADER_CHARACTERS + 1)}))
    assert refused.value.details[0].field == "header.if-match"


@pytest.mark.parametrize("unit", ["x", "ä", "€", "😀"])
def test_a_body_counts_by_its_bytes(unit: str) -> None:
    most = MAX_BODY_BYTES // len(unit.encode())
    require_moderate_request(request(body=unit * most))
    with pytest.raises(TooLarge, match="at most 5 MB"):
        require_moderate_request(request(body=unit * (most + 1)))


def test_a_body_that_came_as_base64_counts_by_what_it_stands_for() -> None:
    def encoded(size: int) -> dict[str, Any]:
        return request(body=base64.b64encode(bytes(size)).decode(), isBase64Encoded=True)

    require_moderate_request(encoded(MAX_BODY_BYTES - 2))
    with pytest.raises(TooLarge):
        require_moderate_request(encoded(MAX_BODY_BYTES + 3))


def test_a_request_without_any_of_these_parts_is_small_enough() -> None:
    require_moderate_request({})
