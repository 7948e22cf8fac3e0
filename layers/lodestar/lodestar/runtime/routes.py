"""The addresses of the API, and what is said where nobody listens: 404, or 405 for other methods."""

import json
import re
from collections.abc import Mapping
from functools import cache

from lodestar.domain.refusals import LodestarError, NotFound
from lodestar.runtime.openapi import committed_document
from lodestar.wire.refusals import MethodNotAllowed

NOTHING_HERE = "There is nothing at this address."

type Methods = Mapping[str, tuple[str, ...]]
"""The methods of each path of the API, by its template."""


class NoSuchRoute(NotFound):
    """The gateway found the way here, but the path holds what no address does."""

    def __init__(self) -> None:
        super().__init__(NOTHING_HERE)


def require_printable(path: str) -> None:
    """NoSuchRoute for a path with a line end or the like, which a pattern may overlook at its end."""
    if not path.isprintable():
        raise NoSuchRoute


def unroutable(method: str, path: str, known: Methods) -> LodestarError:
    """Why nobody answers a method and a path: the path is not known, or not with this method.

    Where it fits several templates, the one with the fewest variables is meant: `…/import` is no id.
    """
    fitting = [template for template in known if _fits(template, path)]
    fewest = min((template.count("{") for template in fitting), default=0)
    meant = [template for template in fitting if template.count("{") == fewest]
    allowed = sorted({spoken for template in meant for spoken in known[template]})
    if not allowed or method in allowed:
        return NotFound(NOTHING_HERE)
    return MethodNotAllowed(f"{method} is not possible here: use {' or '.join(allowed)}.", allowed)


def _fits(template: str, path: str) -> bool:
    """Whether a path is one of a template's; what ends in a slash answers without it too."""
    parts = template.removesuffix("/").split("/")
    pattern = "/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts)
    return re.fullmatch(pattern + "/?" * template.endswith("/"), path) is not None


@cache
def documented_routes() -> Methods:
    """The paths of the OpenAPI document, which every endpoint is in."""
    paths = json.loads(committed_document())["paths"]
    return {path: tuple(operation.upper() for operation in operations) for path, operations in paths.items()}
