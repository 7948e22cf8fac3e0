"""A request that does not fit its model, told as sentences."""

import base64
import inspect
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn, TypeGuard

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from lodestar.domain.refusals import InvalidContent, InvalidRequest, LodestarError
from lodestar.runtime.routes import NoSuchRoute
from lodestar.wire.bodies import Body
from lodestar.wire.error_details import RequestDetail
from lodestar.wire.fields import fault_of_text
from lodestar.wire.json_sizes import require_moderate
from lodestar.wire.limits import (
    MAX_BODY_VALUES,
    MAX_BODY_VALUES_OF_ROWS,
    MAX_DETAILS,
    MAX_FIELD_CHARACTERS,
    MAX_NAME_CHARACTERS,
    MAX_NUMBER_DIGITS,
    shortened,
)
from lodestar.wire.refusals import UnsupportedContent
from lodestar.wire.sentences import sentence

JSON_TYPE = "application/json"
_SUSPECT = re.compile(r"[\u202a-\u202e\u2066-\u2069]|\\u(?:0000|[dD][89a-fA-F]|202[a-eA-E]|206[6-9])")
"""How JSON writes what no text may hold, or half of what one may; without any, every text is good."""
_UNIONS = ("function-", "tagged-union", "literal", "is-instance", "json-or-python")


def require_readable_body(
    event: Mapping[str, Any], accepts: str = JSON_TYPE, *, is_parsed: bool = False
) -> None:
    """Take no body but one of the type that the endpoint accepts, in UTF-8; Powertools would read forms too.

    Where a body `is_parsed`, the type of an empty one counts too: Powertools would go by it.

    Raises:
        UnsupportedContent: the body is of another type.
        InvalidRequest: it is not UTF-8.
    """
    if not (event.get("body") or is_parsed):
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
        TooLarge: it has more values than a body may have.
        InvalidRequest: it is not JSON.
        InvalidContent: it is JSON, but no object, or nested too deeply, or with a number or the name of a
            field that is too long, or with a text that cannot be kept.
    """
    require_moderate(text, MAX_BODY_VALUES_OF_ROWS if checked_by_row else MAX_BODY_VALUES)
    try:
        body = json.loads(
            text,
            parse_float=_exact,
            parse_int=_whole,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object_of,
        )
    except (ValueError, RecursionError) as error:
        raise _broken_json() from error
    if not isinstance(body, dict):
        raise _refused_body('The body must be a JSON object, such as {"name": "…"}.')
    if _SUSPECT.search(text):
        _refuse_texts({name: value for name, value in body.items() if name not in checked_by_row})
    return body


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object without a doubled field: Python would take the last one and say nothing."""
    found = dict(pairs)
    if max(map(len, found), default=0) > MAX_NAME_CHARACTERS:
        raise _refused_body(
            f"The body has a field with a name of more than {MAX_NAME_CHARACTERS} characters: shorten it."
        )
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        shown = shortened(twice, MAX_FIELD_CHARACTERS)
        raise _refused_body(f"The body has the field {shown!r} twice in one object: send it once.")
    return found


def is_body(annotation: Any) -> TypeGuard[type[Body]]:  # noqa: ANN401 — any annotation
    """Whether a parameter is the body: a bare model. One of query parameters is marked as such."""
    return isinstance(annotation, type) and issubclass(annotation, Body)


def checked_by_row(parsed: Iterable[inspect.Parameter]) -> frozenset[str]:
    """The fields of an endpoint's body whose elements are judged one by one."""
    return frozenset(
        name
        for parameter in parsed
        if is_body(parameter.annotation)
        for name in parameter.annotation.checked_by_row
    )


def refused_request(error: RequestValidationError) -> LodestarError:
    """NoSuchRoute for a path that cannot name anything, 400 for query parameters, 422 for a body."""
    problems: Sequence[Mapping[str, Any]] = error.errors()
    places = {problem["loc"][0] for problem in problems if problem["loc"]}
    if "path" in places:
        return NoSuchRoute()
    # Only those that are told are put into words: there may be as many as the body has values.
    details = [RequestDetail(_field(each["loc"]), sentence(each)) for each in problems[:MAX_DETAILS]]
    omitted = len(problems) - len(details)
    first = f"{shortened(details[0].field, MAX_FIELD_CHARACTERS)}: {details[0].message}"
    if "query" in places:
        return InvalidRequest(first, details, code="invalid_parameter", omitted=omitted)
    return InvalidContent(first, details, omitted=omitted)


def _refuse_texts(body: Mapping[str, Any]) -> None:
    told = ((place, fault_of_text(text)) for place, text in _texts(body, "body"))
    faults = [(place, fault) for place, fault in told if fault is not None]
    if faults:
        details = [RequestDetail(place, f"A text {fault}.") for place, fault in faults[:MAX_DETAILS]]
        first = shortened(details[0].field, MAX_FIELD_CHARACTERS)
        raise InvalidContent(f"{first}: {details[0].message}", details, omitted=len(faults) - len(details))


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


def _refused_body(rule: str) -> InvalidContent:
    return InvalidContent(rule, [RequestDetail("body", rule)])


def _exact(text: str) -> Decimal:
    try:
        number = Decimal(_moderate(text))
    except ArithmeticError:  # an exponent that is a number beyond all measures itself
        raise _long_number(text) from None
    if abs(number.adjusted()) > MAX_NUMBER_DIGITS:
        raise _long_number(text)
    return number


def _whole(text: str) -> int:
    return int(_moderate(text))


def _moderate(text: str) -> str:
    if len(text) > MAX_NUMBER_DIGITS:
        raise _long_number(text)
    return text


def _long_number(text: str) -> InvalidContent:
    shown = shortened(text, 20)
    return _refused_body(
        f"The body holds the number {shown}: send numbers of at most {MAX_NUMBER_DIGITS:,} digits."
    )


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
