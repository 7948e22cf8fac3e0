"""Query parameters that many endpoints share."""

from datetime import date
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import AwareDatetime

from lodestar.application.edge import LARGEST_ID
from lodestar.application.reading import Page

PathId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
QueryId = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]
Limit = Annotated[int, Query(ge=1, le=200, description="Rows on a page.")]
Cursor = Annotated[str | None, Query(description="next_cursor of the page before.")]
From = Annotated[date | None, Query(alias="from", description="First day, inclusive.")]
To = Annotated[date | None, Query(alias="to", description="Last day, inclusive.")]
AsOf = Annotated[AwareDatetime | None, Query(description="What was believed at this instant.")]


def page(limit: int, cursor: str | None) -> Page:
    """The page that two parameters ask for."""
    return Page(limit, cursor)
