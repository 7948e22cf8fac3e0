"""Taking in raw facts: up to 1,000 a call, good rows kept when others are bad (spec 2.6)."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field, ValidationError

from lodestar.application.edge import Body, Id, Name, ShownAs, Value, View
from lodestar.application.ports import UnitOfWork
from lodestar.application.sentences import sentence
from lodestar.domain.errors import TooLarge
from lodestar.domain.periods import FIRST_DAY, LAST_DAY

MOST_ROWS = 1000
MOST_ATTRIBUTES = 16 * 1024
"""Bytes of JSON in the attributes of one record."""


def _in_calendar(instant: datetime) -> datetime:
    if not FIRST_DAY < instant.date() < LAST_DAY:
        raise ValueError(f"must lie between {FIRST_DAY} and {LAST_DAY}")
    return instant


class RecordBody(Body):
    """One raw fact. The same `source` and `external_id` again updates it."""

    source: Name
    external_id: Name
    occurred_at: Annotated[AwareDatetime, AfterValidator(_in_calendar)]
    user_id: Id | None = None
    value: Value | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)


class RecordBatch(Body):
    """Records as they come; each is checked on its own, so that a bad one does not stop the good ones."""

    told_by_row = frozenset({"records"})

    records: Annotated[list[Annotated[Any, ShownAs(RecordBody)]], Field(min_length=1)]


class RowError(View):
    """Why one row was left out."""

    index: int
    field: str
    error: str


class RecordsView(View):
    """What became of the rows."""

    created: int
    updated: int
    unchanged: int
    errors: list[RowError]


def push_records(batch: RecordBatch, work: UnitOfWork) -> RecordsView:
    """Write the good rows and tell about the bad ones.

    Raises:
        TooLarge: more than MOST_ROWS rows; none is written.
    """
    if len(batch.records) > MOST_ROWS:
        raise TooLarge(f"One call takes at most {MOST_ROWS} records: send the {len(batch.records)} in parts.")
    rows: dict[int, RecordBody] = {}
    errors: list[RowError] = []
    for index, raw in enumerate(batch.records):
        checked = _checked(index, raw)
        if isinstance(checked, RowError):
            errors.append(checked)
        else:
            rows[index] = checked
    rows, strangers = _without_strangers(rows, work)
    errors += strangers
    counts: Mapping[str, int] = work.records.upsert([_row(each) for each in _newest(rows).values()])
    repeated = len(rows) - len(_newest(rows))
    work.commit()
    return RecordsView(
        created=counts["created"],
        updated=counts["updated"],
        unchanged=counts["unchanged"] + repeated,
        errors=sorted(errors, key=lambda each: each.index),
    )


def _checked(index: int, raw: Any) -> RecordBody | RowError:  # noqa: ANN401 — whatever JSON the client sent
    try:
        row = RecordBody.model_validate(raw)
    except ValidationError as refused:
        first = refused.errors(include_url=False)[0]
        return RowError(
            index=index, field=".".join(str(each) for each in first["loc"]) or "record", error=sentence(first)
        )
    if not _is_storable(row.attributes):
        rule = f"attributes must be at most {MOST_ATTRIBUTES} bytes of JSON, without NUL or half characters."
        return RowError(index=index, field="attributes", error=rule)
    return row


def _is_storable(attributes: Mapping[str, Any]) -> bool:
    """Whether the database takes them: it knows neither NUL nor one half of a surrogate pair."""
    try:
        text = json.dumps(attributes, default=str, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return len(text) <= MOST_ATTRIBUTES and rb"\u0000" not in text


def _without_strangers(
    rows: dict[int, RecordBody], work: UnitOfWork
) -> tuple[dict[int, RecordBody], list[RowError]]:
    known = work.records.known_users({each.user_id for each in rows.values() if each.user_id is not None})
    errors = [
        RowError(index=index, field="user_id", error="user_id must be the id of a user of your company.")
        for index, each in rows.items()
        if each.user_id is not None and each.user_id not in known
    ]
    bad = {each.index for each in errors}
    return {index: each for index, each in rows.items() if index not in bad}, errors


def _newest(rows: Mapping[int, RecordBody]) -> dict[tuple[str, str], RecordBody]:
    """One row for each key: the last one of the call, as if they had come one after the other."""
    return {(each.source, each.external_id): each for each in rows.values()}


def _row(record: RecordBody) -> dict[str, Any]:
    occurred: datetime = record.occurred_at.astimezone(UTC)
    return {
        "source": record.source,
        "external_id": record.external_id,
        "occurred_at": occurred,
        "user_id": record.user_id,
        "value": record.value,
        "attributes": record.attributes,
    }
