"""Types: records. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from typing import Any, NotRequired, TypedDict

from lodestar_client.core import Number
from lodestar_client.types.shared import OverruledRow, RowError


class BeyondLookback(TypedDict):
    """Rows that no scheduled calculation takes in: a run over these days does."""

    first_day: dt.date
    last_day: dt.date
    rows: int


class RecordBody(TypedDict):
    """One raw fact. The same `source` and `external_id` again updates it."""

    attributes: NotRequired[dict[str, Any]]
    external_id: str
    occurred_at: dt.datetime
    source: str
    user_id: NotRequired[int | None]
    value: NotRequired[Number | str | None]


class RecordBatch(TypedDict):
    """Records as they come; each is checked on its own, so that a bad one does not stop the good ones."""

    records: list[RecordBody | Any]


class RecordsView(TypedDict):
    """What became of the records."""

    beyond_lookback: BeyondLookback | None
    created: int
    errors: list[RowError]
    overruled: list[OverruledRow]
    unchanged: int
    updated: int
