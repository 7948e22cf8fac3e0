"""A request that does not fit its model, told as sentences (spec 2.1)."""

import base64
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from lodestar.application.edge import sentence
from lodestar.domain.errors import (
    Detail,
    InvalidContent,
    InvalidRequest,
    LodestarError,
    NotFound,
    UnsupportedContent,
)

MOST_MAGNITUDE = 1000
"""Powers of ten: what lies beyond is no measured number, and the database could not read it."""
_UNIONS = ("function-", "tagged-union", "literal", "is-instance", "json-or-python")


def refuse_unreadable(event: Mapping[str, Any]) -> None:
    """Take no body but JSON in UTF-8; Powertools would read forms too.

    Raises:
        UnsupportedContent: the body is of another type.
        InvalidRequest: it is not UTF-8.
    """
    if not event.get("body"):
        return
    kind = event.get("headers", {}).get("content-type", "application/json")
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedContent("Send the body as JSON with Content-Type: application/json.")
    if event.get("isBase64Encoded"):
        try:
            base64.b64decode(event["body"]).decode()
        except ValueError as error:
            raise _broken_json() from error


def exact_object(text: str) -> dict[str, Any]:
    """The JSON object in a body, its fractions exact; Powertools would take a list for its first element.

    Raises:
        InvalidRequest: it is not JSON, or nested or long beyond reading.
        InvalidContent: it is JSON, but no object, or with a number beyond all measures.
    """
    try:
        body = json.loads(text, parse_float=_exact, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _broken_json() from error
    if not isinstance(body, dict):
        rule = 'The body must be a JSON object, such as {"name": "…"}.'
        raise InvalidContent(rule, [Detail("body", rule)])
    return body


def refused_request(error: RequestValidationError) -> LodestarError:
    """404 for a path that cannot name anything, 400 for query parameters, 422 for a body."""
    problems: Sequence[Mapping[str, Any]] = error.errors()
    places = {each["loc"][0] for each in problems if each["loc"]}
    if "path" in places:
        return NotFound("There is nothing at this address.")
    details = [Detail(_field(each["loc"]), sentence(each)) for each in problems]
    first = f"{details[0].field}: {details[0].message}"
    if "query" in places:
        return InvalidRequest(first, details, code="invalid_parameter")
    return InvalidContent(first, details)


def _broken_json() -> InvalidRequest:
    return InvalidRequest("The body is not valid JSON: correct it and send it again.", code="invalid_json")


def _exact(text: str) -> Decimal:
    number = Decimal(text)
    if abs(number.adjusted()) > MOST_MAGNITUDE:
        rule = f"The body holds the number {text[:20]}: send numbers of at most {MOST_MAGNITUDE} digits."
        raise InvalidContent(rule, [Detail("body", rule)])
    return number


def _refuse_constant(name: str) -> NoReturn:
    """Python would read NaN and Infinity, which are no JSON."""
    raise ValueError(name)


def _field(place: Sequence[Any]) -> str:
    """The path of a field. Powertools tells of a query parameter as `query`, `query`, `limit`."""
    path = place[1:] if place[:2] == ("query", "query") else place
    return ".".join(str(each) for each in path if not str(each).startswith(_UNIONS))
