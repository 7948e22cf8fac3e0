"""Taking in raw facts: up to 1,000 a call, good rows kept when others are bad."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Annotated, Any

from pydantic import Field

from lodestar.application.ports import UnitOfWork
from lodestar.application.values.rows import RowError, Rows, RowsView, checked_rows, refuse_too_many
from lodestar.wire.bodies import Body, ShownAs
from lodestar.wire.fields import Id, Instant, Name, Value

MOST_ATTRIBUTES = 16 * 1024
"""Bytes of JSON in the attributes of one record."""


class RecordBody(Body):
    """One raw fact. The same `source` and `external_id` again updates it."""

    source: Name
    external_id: Name
    occurred_at: Instant
    user_id: Id | None = None
    value: Value | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)


class RecordBatch(Body):
    """Records as they come; each is checked on its own, so that a bad one does not stop the good ones."""

    told_by_row = frozenset({"records"})

    records: Annotated[list[Annotated[Any, ShownAs(RecordBody)]], Field(min_length=1)]


def push_records(batch: RecordBatch, work: UnitOfWork) -> RowsView:
    """Write the good rows and tell about the bad ones.

    Raises:
        TooLarge: more than 1,000 rows; none is written.
    """
    refuse_too_many(batch.records, "records")
    rows = checked_rows(RecordBody, enumerate(batch.records), "record")
    rows = rows.without(_unstorable(rows))
    rows = rows.without(_strangers(rows, work))
    newest = rows.newest(lambda each: (each.source, each.external_id))
    counts = work.records.upsert([_row(each) for each in newest])
    work.commit()
    return rows.view(counts)


def _unstorable(rows: Rows[RecordBody]) -> Iterator[RowError]:
    rule = f"attributes must be at most {MOST_ATTRIBUTES} bytes of JSON, without NUL or half characters."
    for index, row in rows.good.items():
        if not _is_storable(row.attributes):
            yield RowError(index=index, field="attributes", error=rule)


def _is_storable(attributes: Mapping[str, Any]) -> bool:
    """Whether the database takes them: it knows neither NUL nor one half of a surrogate pair."""
    try:
        text = json.dumps(attributes, default=str, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return len(text) <= MOST_ATTRIBUTES and rb"\u0000" not in text


def _strangers(rows: Rows[RecordBody], work: UnitOfWork) -> Iterator[RowError]:
    about = {index: row.user_id for index, row in rows.good.items() if row.user_id is not None}
    known = work.records.known_users(set(about.values()))
    for index, user_id in about.items():
        if user_id not in known:
            rule = "user_id must be the id of a user of your company."
            yield RowError(index=index, field="user_id", error=rule)


def _row(record: RecordBody) -> dict[str, Any]:
    return {**record.model_dump(), "occurred_at": record.occurred_at.astimezone(UTC)}
