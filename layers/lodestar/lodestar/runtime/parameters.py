"""Parameters that many endpoints share."""

from typing import Annotated, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from lodestar.application.edge import LARGEST_ID

Model = TypeVar("Model")

PathId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
FromQuery = Annotated[Model, Query()]
"""A model whose fields are query parameters. A plain alias: the resolver does not look into `type` ones."""
