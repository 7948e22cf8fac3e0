"""Taking in raw facts: up to 1,000 a call, good rows kept when others are bad."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from lodestar.application.values.ports import ValueWork
from lodestar.application.values.rows import Rows, checked_rows, refuse_too_many
from lodestar.application.values.shapes import RecordBatch, RecordBody, RowError, RowsView

MAX_ATTRIBUTES_BYTES = 16 * 1024
"""Bytes of JSON in the attributes of one record."""


def push_records(batch: RecordBatch, work: ValueWork) -> RowsView:
    """Write the good rows and tell about the bad ones.

    Raises:
        TooLarge: more than 1,000 rows; none is written.
    """
    refuse_too_many(batch.records, "records")
    rows = checked_rows(RecordBody, enumerate(batch.records), "record")
    rows = rows.without(_unstorable(rows))
    rows = rows.without(_strangers(rows, work))
    newest = rows.newest(lambda each: (each.source, each.external_id))
    counts = work.values.upsert_records([_row(each) for each in newest])
    work.commit()
    return rows.view(counts)


def _unstorable(rows: Rows[RecordBody]) -> Iterator[RowError]:
    rule = f"attributes must be at most {MAX_ATTRIBUTES_BYTES} bytes of JSON, without NUL or half characters."
    for index, row in rows.good.items():
        if not _is_storable(row.attributes):
            yield RowError(index=index, field="attributes", error=rule)


def _is_storable(attributes: Mapping[str, Any]) -> bool:
    """Whether the database takes them: it knows neither NUL nor one half of a surrogate pair."""
    try:
        text = json.dumps(attributes, default=str, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return len(text) <= MAX_ATTRIBUTES_BYTES and rb"\u0000" not in text


def _strangers(rows: Rows[RecordBody], work: ValueWork) -> Iterator[RowError]:
    about = {index: row.user_id for index, row in rows.good.items() if row.user_id is not None}
    known = work.people.known_users(set(about.values()))
    for index, user_id in about.items():
        if user_id not in known:
            rule = "user_id must be the id of a user of your company."
            yield RowError(index=index, field="user_id", error=rule)


def _row(record: RecordBody) -> dict[str, Any]:
    return {**record.model_dump(), "occurred_at": record.occurred_at.astimezone(UTC)}
