"""A request that does not fit its model, told as sentences."""

import base64
import inspect
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from lodestar.domain.refusals import InvalidContent, InvalidRequest, LodestarError
from lodestar.runtime.routes import NoSuchRoute
from lodestar.wire.bodies import Body
from lodestar.wire.error_details import RequestDetail
from lodestar.wire.fields import fault_of_text
from lodestar.wire.refusals import UnsupportedContent
from lodestar.wire.sentences import sentence

JSON_TYPE = "application/json"
MAX_DIGITS = 1000
"""Powers of ten: what lies beyond is no measured number, and the database could not read it."""
_SUSPECT = re.compile(r"[\u202a-\u202e\u2066-\u2069]|\\u(?:0000|[dD][89a-fA-F]|202[a-eA-E]|206[6-9])")
"""How JSON writes what no text may hold, or half of what one may; without any, every text is good."""
_UNIONS = ("function-", "tagged-union", "literal", "is-instance", "json-or-python")


def require_readable_body(event: Mapping[str, Any], accepts: str = JSON_TYPE) -> None:
    """Take no body but one of the type that the endpoint accepts, in UTF-8; Powertools would read forms too.

    Raises:
        UnsupportedContent: the body is of another type.
        InvalidRequest: it is not UTF-8.
    """
    if not event.get("body"):
        return
    kind = event.get("headers", {}).get("content-type", accepts)
    if kind.partition(";")[0].strip().lower() != accepts:
        name = accepts.rpartition("/")[2].upper()
        raise UnsupportedContent(f"Send the body as {name} with Content-Type: {accepts}.")
    try:
        body_text(event)
    except InvalidRequest as error:
        if accepts == JSON_TYPE:
            raise _broken_json() from error
        raise


def body_text(event: Mapping[str, Any]) -> str:
    """The body of a request as it was sent.

    Raises:
        InvalidRequest: it is not UTF-8.
    """
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body).decode()
    except ValueError as error:
        rule = "The body is not UTF-8: save it as UTF-8 and send it again."
        raise InvalidRequest(rule, code="not_utf8") from error


def exact_object(text: str, checked_by_row: Collection[str] = ()) -> dict[str, Any]:
    """The JSON object in a body, its fractions exact; Powertools would take a list for its first element.

    Texts under the names in `checked_by_row` are left for the use case to judge.

    Raises:
        InvalidRequest: it is not JSON, or nested or long beyond reading.
        InvalidContent: it is JSON, but no object, or with a number beyond all measures, or with a text
            that cannot be kept.
    """
    try:
        body = json.loads(
            text, parse_float=_exact, parse_constant=_refuse_constant, object_pairs_hook=_object_of
        )
    except (ValueError, RecursionError) as error:
        raise _broken_json() from error
    if not isinstance(body, dict):
        rule = 'The body must be a JSON object, such as {"name": "…"}.'
        raise InvalidContent(rule, [RequestDetail("body", rule)])
    if _SUSPECT.search(text):
        _refuse_texts({name: value for name, value in body.items() if name not in checked_by_row})
    return body


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object without a doubled field: Python would take the last one and say nothing."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        rule = f"The body has the field {twice[:100]!r} twice in one object: send it once."
        raise InvalidContent(rule, [RequestDetail("body", rule)])
    return found


def checked_by_row(parsed: Iterable[inspect.Parameter]) -> frozenset[str]:
    """The fields of an endpoint's body whose elements are judged one by one."""
    return frozenset(
        name
        for parameter in parsed
        if isinstance(parameter.annotation, type) and issubclass(parameter.annotation, Body)
        for name in parameter.annotation.checked_by_row
    )


def refused_request(error: RequestValidationError) -> LodestarError:
    """NoSuchRoute for a path that cannot name anything, 400 for query parameters, 422 for a body."""
    problems: Sequence[Mapping[str, Any]] = error.errors()
    places = {problem["loc"][0] for problem in problems if problem["loc"]}
    if "path" in places:
        return NoSuchRoute()
    details = [RequestDetail(_field(problem["loc"]), sentence(problem)) for problem in problems]
    first = f"{details[0].field}: {details[0].message}"
    if "query" in places:
        return InvalidRequest(first, details, code="invalid_parameter")
    return InvalidContent(first, details)


def _refuse_texts(body: Mapping[str, Any]) -> None:
    faults = ((place, fault_of_text(text)) for place, text in _texts(body, "body"))
    details = [RequestDetail(place, f"A text {fault}.") for place, fault in faults if fault is not None]
    if details:
        raise InvalidContent(f"{details[0].field}: {details[0].message}", details)


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 — any JSON
    """Every text in a JSON value with the path of its field; the name of a field counts as a text of it."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            inside = f"{place}.{name}" if fault_of_text(name) is None else place
            yield inside, name
            yield from _texts(inner, inside)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{place}.{index}")


def _broken_json() -> InvalidRequest:
    return InvalidRequest("The body is not valid JSON: correct it and send it again.", code="invalid_json")


def _exact(text: str) -> Decimal:
    number = Decimal(text)
    if abs(number.adjusted()) > MAX_DIGITS:
        rule = f"The body holds the number {text[:20]}: send numbers of at most {MAX_DIGITS} digits."
        raise InvalidContent(rule, [RequestDetail("body", rule)])
    return number


def _refuse_constant(name: str) -> NoReturn:
    """Python would read NaN and Infinity, which are no JSON."""
    raise ValueError(name)


def _field(place: Sequence[Any]) -> str:
    """The path of a field. Powertools tells of a query parameter as `query`, `query`, `limit`."""
    path = place[1:] if place[:2] == ("query", "query") else place
    return ".".join(str(step) for step in path if not _is_branch(str(step)))


def _is_branch(step: str) -> bool:
    """Whether a step of a path is not the client's: pydantic names the branch of a union that it tried."""
    return step.startswith(_UNIONS) or step in {subclass.__name__ for subclass in Body.__subclasses__()}
