"""Lists: their query parameters, and a page of one."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from lodestar.domain.dates import order_problem
from lodestar.domain.periods import FIRST_DAY, LAST_DAY
from lodestar.domain.refusals import InvalidRequest
from lodestar.wire.strict_json import IN_A_QUERY, exacting

UNKNOWN_CURSOR = "cursor must be the next_cursor of the page before."


class QueryModel(BaseModel):
    """Query parameters that belong together."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 — a class
        """Each parameter is written as the document says: 5 for a number, true for a switch."""
        return exacting(IN_A_QUERY, source, handler)


class PageQuery(QueryModel):
    """Which part of a list: at most `limit` rows behind `cursor`. A list adds its filters in a subclass."""

    limit: int = Field(default=50, ge=1, le=200, description="Rows on a page.")
    cursor: str | None = Field(default=None, description="next_cursor of the page before.")

    @property
    def after_id(self) -> int | None:
        """The cursor of a list that is ordered by id; InvalidRequest for one that we never gave."""
        if self.cursor is None:
            return None
        if not (self.cursor.isascii() and self.cursor.isdigit() and len(self.cursor) < 19):
            raise InvalidRequest(UNKNOWN_CURSOR)
        return int(self.cursor)

    @property
    def after_date(self) -> date | None:
        """The cursor of a list that is ordered by date; InvalidRequest as `after_id`."""
        try:
            return None if self.cursor is None else date.fromisoformat(self.cursor)
        except ValueError as error:
            raise InvalidRequest(UNKNOWN_CURSOR) from error


class DatesQuery(QueryModel):
    """Inclusive dates, each open when it is left out."""

    first: date | None = Field(default=None, alias="from", description="First day, inclusive.")
    last: date | None = Field(default=None, alias="to", description="Last day, inclusive.")

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day; InvalidRequest for `to` before `from`, or one outside the calendar."""
        return self.days_or(FIRST_DAY, LAST_DAY)

    def days_or(self, start: date, end: date) -> tuple[date, date]:
        """As `days`, where one that is left out is `start` or `end`, or the other one if that lies beyond."""
        for name, day in (("from", self.first), ("to", self.last)):
            if day is not None and not FIRST_DAY <= day <= LAST_DAY:
                raise InvalidRequest.of(name, f"{name} {day} must lie between {FIRST_DAY} and {LAST_DAY}.")
        first = self.first or min(start, self.last or start)
        last = self.last or max(end, first)
        problem = order_problem(first, last, "from", "to")
        if problem is not None:
            raise InvalidRequest.of("to", problem)
        return first, last


class DatesPageQuery(DatesQuery, PageQuery):
    """A list by date."""

    @property
    def parameters(self) -> dict[str, object]:
        """What the list's view binds; InvalidRequest as `days`."""
        first, last = self.days
        return {"from": first, "to": last, "limit": self.limit, "cursor": self.after_date}
