"""Taking in raw facts: up to 1,000 a call, good rows written when others are bad."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from lodestar.application.values.ports import ValueWork
from lodestar.application.values.rows import MAX_ROWS_PER_CALL, Rows, checked_rows
from lodestar.application.values.shapes import RecordBatch, RecordBody, RowError, RowsView
from lodestar.domain.limits import require_at_most

MAX_ATTRIBUTES_BYTES = 16 * 1024
"""Of the JSON of one record's attributes."""


def push_records(batch: RecordBatch, work: ValueWork) -> RowsView:
    """Write the good rows and tell about the bad ones.

    Raises:
        TooLarge: more than 1,000 rows; none is written.
    """
    require_at_most(MAX_ROWS_PER_CALL, len(batch.records), "records")
    rows = checked_rows(RecordBody, enumerate(batch.records), "record")
    rows = rows.without(_unstorable(rows))
    # Last, as it asks the database: only about rows that can be written otherwise.
    rows = rows.without(_about_unknown_users(rows, work))
    newest = rows.newest(lambda record: (record.source, record.external_id))
    counts = work.values.upsert_records([_columns(record) for record in newest])
    work.commit()
    return rows.view(counts)


def _unstorable(rows: Rows[RecordBody]) -> Iterator[RowError]:
    rule = f"attributes must be at most {MAX_ATTRIBUTES_BYTES} bytes of JSON, without NUL or half characters."
    for index, record in rows.good.items():
        if not _is_storable(record.attributes):
            yield RowError(index=index, field="attributes", error=rule)


def _is_storable(attributes: Mapping[str, Any]) -> bool:
    """Whether the database takes them: it knows neither NUL nor one half of a surrogate pair."""
    try:
        text = json.dumps(attributes, default=str, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return len(text) <= MAX_ATTRIBUTES_BYTES and rb"\u0000" not in text


def _about_unknown_users(rows: Rows[RecordBody], work: ValueWork) -> Iterator[RowError]:
    user_ids = {index: record.user_id for index, record in rows.good.items() if record.user_id is not None}
    known = work.people.known_users(set(user_ids.values()))
    for index, user_id in user_ids.items():
        if user_id not in known:
            rule = "user_id must be the id of a user of your company."
            yield RowError(index=index, field="user_id", error=rule)


def _columns(record: RecordBody) -> dict[str, Any]:
    return {**record.model_dump(), "occurred_at": record.occurred_at.astimezone(UTC)}
