"""A request that does not fit its model, told as sentences (spec 2.1)."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)

from lodestar.domain.errors import (
    Detail,
    InvalidContent,
    InvalidRequest,
    LodestarError,
    NotFound,
    UnsupportedContent,
)

_UNIONS = ("function-", "tagged-union", "literal", "is-instance", "json-or-python")


def refused_request(error: RequestValidationError) -> LodestarError:
    """404 for a path that cannot name anything, 400 for query parameters and broken JSON, 422 for a body."""
    problems: Sequence[Mapping[str, Any]] = error.errors()
    places = {each["loc"][0] for each in problems if each["loc"]}
    if "path" in places:
        return NotFound("There is nothing at this address.")
    details = [Detail(_field(each["loc"]), _sentence(each)) for each in problems]
    if any(each["type"] == "json_invalid" for each in problems):
        return InvalidRequest("The body is not valid JSON.", code="invalid_json")
    first = f"{details[0].field}: {details[0].message}"
    if "query" in places:
        return InvalidRequest(first, details, code="invalid_parameter")
    return InvalidContent(first, details)


def refused_content_type(error: RequestUnsupportedContentType) -> LodestarError:
    """415: the API takes JSON only."""
    del error  # its text quotes the header; ours does not
    return UnsupportedContent("Send the body as JSON with Content-Type: application/json.")


def _field(place: Sequence[Any]) -> str:
    return ".".join(str(each) for each in place if not str(each).startswith(_UNIONS))


def _sentence(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "extra_forbidden":
        return "There is no such field: remove it or mend its name."
    if problem["type"] == "missing":
        return "This field is required."
    text = str(problem["msg"]).removeprefix("Value error, ")
    return text if text.endswith(".") else f"{text}."
