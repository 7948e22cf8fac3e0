"""The size of a request, looked at before anything else: path, query string, headers, body."""

from collections.abc import Mapping
from typing import Any

from lodestar.domain.refusals import InvalidRequest, TooLarge
from lodestar.wire.error_details import RequestDetail
from lodestar.wire.limits import (
    MAX_BODY_BYTES,
    MAX_FIELD_CHARACTERS,
    MAX_HEADER_CHARACTERS,
    MAX_PATH_CHARACTERS,
    MAX_QUERY_CHARACTERS,
    MAX_QUERY_PARAMETERS,
    shortened,
)

TOO_LONG = "too_long"
"""The code of a path, query string or header that is longer than it can be meant."""


def require_moderate_request(event: Mapping[str, Any]) -> None:
    """Refuse a request that is larger than any that can be meant; nothing of it has been parsed.

    Raises:
        InvalidRequest: a path, query string or header that is too long.
        TooLarge: a body of more than MAX_BODY_BYTES.
    """
    _require_length("request", "The path", len(event.get("rawPath", "")), MAX_PATH_CHARACTERS)
    query = event.get("rawQueryString", "")
    _require_length("query", "The query string", len(query), MAX_QUERY_CHARACTERS)
    _require_parameters(query.count("&") + 1)
    for name, value in event.get("headers", {}).items():
        what = f"The header {shortened(name, MAX_FIELD_CHARACTERS)}"
        _require_length(f"header.{name}", what, len(value), MAX_HEADER_CHARACTERS)
    _require_body(event)


def _require_length(field: str, what: str, length: int, most: int) -> None:
    if length > most:
        rule = f"{what} may have at most {most:,} characters, and has {length:,}: shorten it."
        raise InvalidRequest(rule, [RequestDetail(field, rule)], code=TOO_LONG)


def _require_parameters(number: int) -> None:
    if number > MAX_QUERY_PARAMETERS:
        rule = f"A request may have at most {MAX_QUERY_PARAMETERS} query parameters, not {number:,}."
        raise InvalidRequest(rule, [RequestDetail("query", rule)], code=TOO_LONG)


def _require_body(event: Mapping[str, Any]) -> None:
    body = event.get("body") or ""
    if _bytes_of(body, is_base64=bool(event.get("isBase64Encoded"))) > MAX_BODY_BYTES:
        raise TooLarge(f"A body may have at most {MAX_BODY_BYTES // 1024**2} MB: send it in parts.")


def _bytes_of(body: str, *, is_base64: bool) -> int:
    if is_base64:
        return len(body) * 3 // 4
    # UTF-8 takes four bytes at most: most bodies need not be written out to be judged.
    return len(body) if len(body) * 4 <= MAX_BODY_BYTES else len(body.encode())
