"""Query parameters before they are parsed: only known ones, each once, of characters that can be meant."""

import inspect
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Annotated, get_args, get_origin
from urllib.parse import parse_qsl

from pydantic import BaseModel

from lodestar.domain.refusals import InvalidRequest
from lodestar.wire.error_details import RequestDetail
from lodestar.wire.fields import fault_of_text, is_storable
from lodestar.wire.limits import MAX_FIELD_CHARACTERS, shortened


def query_names(parsed: Iterable[inspect.Parameter], path: str) -> frozenset[str]:
    """The query parameters of an endpoint: what it parses, but for the path and the body."""
    return frozenset(
        name for parameter in parsed if f"{{{parameter.name}}}" not in path for name in _names(parameter)
    )


def require_known_query(raw: str, known: Collection[str]) -> None:
    """Check the names of a query string; a typo in a filter would else answer as if there were none.

    Raises:
        InvalidRequest: a parameter that the endpoint does not know, one that comes twice, or one with
            characters that are no text.
    """
    pairs = parse_qsl(raw, keep_blank_values=True, errors="surrogateescape")
    problems = [*_problems(pairs, known)]
    if problems:
        first = f"{shortened(problems[0].field, MAX_FIELD_CHARACTERS)}: {problems[0].message}"
        raise InvalidRequest(first, problems, code="invalid_parameter")


def _names(parameter: inspect.Parameter) -> Iterator[str]:
    is_marked = get_origin(parameter.annotation) is Annotated  # as FromQuery; a bare model is the body
    kind = get_args(parameter.annotation)[0] if is_marked else parameter.annotation
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        yield parameter.name
    elif is_marked:
        yield from (field.alias or name for name, field in kind.model_fields.items())


def _problems(pairs: list[tuple[str, str]], known: Collection[str]) -> Iterator[RequestDetail]:
    choice = f"choose from {', '.join(sorted(known))}" if known else "this endpoint has none"
    times = Counter(name for name, _ in pairs)
    for name, value in dict(pairs).items():
        if name not in known:
            shown = name if fault_of_text(name) is None else repr(name)
            yield RequestDetail(f"query.{shown}", f"There is no such query parameter: {choice}.")
        elif times[name] > 1:
            yield RequestDetail(f"query.{name}", f"Send {name} once, not {times[name]} times.")
        elif not is_storable(value):
            yield RequestDetail(f"query.{name}", f"{name} must be UTF-8 without control characters.")
