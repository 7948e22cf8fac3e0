"""Parameters that many endpoints share."""

from datetime import date
from typing import Annotated, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from lodestar.application.edge import LARGEST_ID
from lodestar.application.json_types import DAY, WHOLE

Model = TypeVar("Model")

PathId = Annotated[int, WHOLE, Path(ge=1, le=LARGEST_ID)]
Day = Annotated[date, DAY]
"""A query parameter by itself, such as `on`."""
FromQuery = Annotated[Model, Query()]
"""A model whose fields are query parameters. A plain alias: the resolver does not look into `type` ones."""
