"""Taking in raw facts: up to 1,000 a call, good rows written when others are bad."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from lodestar.application.definitions.dependents import least_lookbacks
from lodestar.application.values.ports import ValueWork, WrittenRecords
from lodestar.application.values.rows import MAX_ROWS_PER_CALL, Rows, checked_rows
from lodestar.application.values.shapes import BeyondLookback, RecordBatch, RecordBody, RecordsView, RowError
from lodestar.domain.definitions import Definition
from lodestar.domain.limits import require_at_most
from lodestar.domain.sources import FormulaSource, RecordsSource
from lodestar.wire.fields import fault_of_text, is_storable

MAX_ATTRIBUTES_BYTES = 16 * 1024
"""Of the JSON of one record's attributes."""


def push_records(batch: RecordBatch, work: ValueWork) -> RecordsView:
    """Write the good rows, one after the other, and tell about the bad ones and those that come too late.

    Raises:
        TooLarge: more than 1,000 rows; none is written.
    """
    require_at_most(MAX_ROWS_PER_CALL, len(batch.records), "records")
    rows = checked_rows(RecordBody, enumerate(batch.records), "record")
    rows = rows.without(_unstorable(rows))
    # Last, as it asks the database: only about rows that can be written otherwise.
    rows = rows.without(_about_unknown_users(rows, work))
    since = _looked_at_since(work)
    turns = rows.in_turns(_key)
    written = [work.values.upsert_records([_columns(each) for each in turn], since) for turn in turns]
    work.commit()
    view = rows.view(_key, [{"created": each.created, "updated": each.updated} for each in written])
    return RecordsView(**dict(view), beyond_lookback=_beyond(written, work))


def _key(record: RecordBody) -> tuple[str, str]:
    return record.source, record.external_id


def _looked_at_since(work: ValueWork) -> Mapping[str, datetime]:
    """From when on each source is read again by the schedule, by the KPI over it that looks back least.

    The next period that is planned begins it, with the closed ones before it that are looked at again.
    """
    calendar, definitions = work.people.company().calendar, work.definitions.all()
    lookbacks = least_lookbacks(definitions)
    since: dict[str, datetime] = {}
    for definition in definitions:
        for source in _sources(definition) if definition.is_active else ():
            next_due = calendar.next(calendar.last_due(definition.aggregation_period, work.now))
            oldest = calendar.previous(next_due, lookbacks[definition.id])
            begins = calendar.instants(oldest)[0]
            since[source] = max(begins, since.get(source, begins))
    return since


def _sources(definition: Definition) -> Iterator[str]:
    """The sources of records that a KPI is calculated from."""
    source = definition.data_source
    inputs = [given.source for given in source.inputs] if isinstance(source, FormulaSource) else [source]
    for each in inputs:
        if isinstance(each, RecordsSource):
            yield each.source


def _beyond(written: Iterable[WrittenRecords], work: ValueWork) -> BeyondLookback | None:
    found = [each.beyond for each in written if each.beyond is not None]
    if not found:
        return None
    calendar = work.people.company().calendar
    return BeyondLookback(
        rows=sum(each.rows for each in found),
        first_day=calendar.local_date(min(each.first for each in found)),
        last_day=calendar.local_date(max(each.last for each in found)),
    )


def _unstorable(rows: Rows[RecordBody]) -> Iterator[RowError]:
    for index, record in rows.good.items():
        fault = _fault_of(record.attributes)
        if fault is not None:
            yield RowError(index=index, field="attributes", error=f"attributes {fault}.")


def _fault_of(attributes: Mapping[str, Any]) -> str | None:
    """Why attributes cannot be kept, or must not be shown; None: they are good."""
    text = json.dumps(attributes, default=_written_out, ensure_ascii=False)
    if not is_storable(text) or "\\u0000" in text or len(text.encode()) > MAX_ATTRIBUTES_BYTES:
        return f"must be at most {MAX_ATTRIBUTES_BYTES} bytes of JSON, without NUL or half characters"
    return fault_of_text(text)


def _written_out(value: object) -> str:
    """As the database writes it when a query reads it: 1e1000 has a thousand digits there."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _about_unknown_users(rows: Rows[RecordBody], work: ValueWork) -> Iterator[RowError]:
    user_ids = {index: record.user_id for index, record in rows.good.items() if record.user_id is not None}
    known = work.people.known_users(set(user_ids.values()))
    for index, user_id in user_ids.items():
        if user_id not in known:
            rule = "user_id must be the id of a user of your company."
            yield RowError(index=index, field="user_id", error=rule)


def _columns(record: RecordBody) -> dict[str, Any]:
    return {**record.model_dump(), "occurred_at": record.occurred_at.astimezone(UTC)}
