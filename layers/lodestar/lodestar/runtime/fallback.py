"""What is answered where no endpoint listens: 404, or 405 for an address with other methods."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache

from aws_lambda_powertools.utilities.typing import LambdaContext

from lodestar.domain.errors import LodestarError, MethodNotAllowed, NotFound
from lodestar.runtime.endpoint import PUBLIC, Route
from lodestar.runtime.entrance import entrance
from lodestar.runtime.errors import ErrorBody
from lodestar.runtime.openapi import committed_document
from lodestar.runtime.provided import Event
from lodestar.runtime.responses import Answer
from lodestar.runtime.validation import NOTHING_HERE

DEFAULT_ROUTE = "$default"
"""API Gateway's name for the route of every request that fits no other one."""

type Methods = Mapping[str, tuple[str, ...]]
"""The methods of each path of the API, by its template."""


class Fallback:
    """The function of the `$default` route, as AWS Lambda calls it; it always refuses."""

    route = Route("ANY", DEFAULT_ROUTE, PUBLIC, 404)
    view = ErrorBody

    def __init__(self, handler: Callable[[str, str, Methods], LodestarError]) -> None:
        self._handler = handler
        self.__doc__ = handler.__doc__
        self._invoke = entrance(DEFAULT_ROUTE, self._refuse)

    def __call__(self, event: Event, context: LambdaContext) -> Answer:
        """Refuse one request."""
        return self._invoke(event, context)

    def _refuse(self, event: Event, _: LambdaContext) -> Answer:
        raise self._handler(event["requestContext"]["http"]["method"], event["rawPath"], _documented())


def misdirected(method: str, path: str, known: Methods) -> LodestarError:
    """Why nobody answers a method and a path: the path is not known, or not with this method."""
    allowed = sorted(
        {each for template, methods in known.items() if _fits(template, path) for each in methods}
    )
    if not allowed or method in allowed:
        return NotFound(NOTHING_HERE)
    return MethodNotAllowed(f"{method} is not possible here: use {' or '.join(allowed)}.", allowed)


def _fits(template: str, path: str) -> bool:
    """Whether a path is one of a template's; what ends in a slash answers without it too (spec 2)."""
    parts = template.removesuffix("/").split("/")
    pattern = "/".join("[^/]+" if each.startswith("{") else re.escape(each) for each in parts)
    return re.fullmatch(pattern + "/?" * template.endswith("/"), path) is not None


@cache
def _documented() -> Methods:
    """The paths of the OpenAPI document, which every endpoint is in."""
    paths = json.loads(committed_document())["paths"]
    return {path: tuple(each.upper() for each in operations) for path, operations in paths.items()}
