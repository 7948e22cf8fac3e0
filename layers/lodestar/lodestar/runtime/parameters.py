"""Parameters that many endpoints share, and those that are put together of several parts of a request."""

import inspect
import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, TypeVar, get_args, get_origin

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from lodestar.wire.fields import MAX_ID
from lodestar.wire.preconditions import Edit, Precondition
from lodestar.wire.strict_json import DAY, SWITCH, WHOLE

Model = TypeVar("Model")

PathId = Annotated[int, WHOLE, Path(ge=1, le=MAX_ID)]
Day = Annotated[date, DAY]
"""A query parameter by itself, such as `on`."""
Switch = Annotated[bool, SWITCH]
"""A query parameter by itself, such as `dry_run`: true or false, and no other words."""
FromQuery = Annotated[Model, Query()]
"""A model whose fields are query parameters. A plain alias: the resolver does not look into `type` ones."""
FromPath = Annotated[Model, Path()]
"""A choice that is part of the path, such as the name of a table: whatever else stands there is 404."""
type PathIds = tuple[int, int]
"""The two ids of a path, in its order: the thing's own is behind that of what it belongs to."""


def pieces(parameter: inspect.Parameter, path: str) -> list[inspect.Parameter]:
    """What is parsed for a handler's parameter: each id of PathIds, the body of an Edit, else itself."""
    if parameter.annotation is PathIds:
        return [parameter.replace(name=name, annotation=PathId) for name in _ids_in(path)]
    if get_origin(parameter.annotation) is Edit:
        return [parameter.replace(annotation=get_args(parameter.annotation)[0])]
    return [parameter]


def assembled(
    parameter: inspect.Parameter, parsed: Mapping[str, Any], path: str, headers: Mapping[str, str]
) -> object:
    """The argument of a handler's parameter, from its pieces.

    Raises:
        InvalidRequest: it is an Edit, and If-Match cannot be read.
    """
    if parameter.annotation is PathIds:
        return tuple(parsed[name] for name in _ids_in(path))
    if get_origin(parameter.annotation) is Edit:
        return Edit(parsed[parameter.name], Precondition.of(headers.get("if-match")))
    return parsed[parameter.name]


def _ids_in(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)
