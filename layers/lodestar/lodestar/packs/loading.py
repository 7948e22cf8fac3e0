"""Loading, listing and deleting rows of a pack's source tables: the same for every one of them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from lodestar.application.access import require_found
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.values.rows import MAX_ROWS_PER_CALL, Rows, checked_rows
from lodestar.application.values.shapes import RowError, RowsView
from lodestar.domain.limits import require_at_most
from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.refusals import Detail, InvalidRequest, NotFound
from lodestar.packs import statements
from lodestar.packs.source_tables import Reference, SourceTable
from lodestar.persistence.kernel.bound import session_of
from lodestar.wire.bodies import Body, View
from lodestar.wire.exact_json import to_json
from lodestar.wire.limits import shortened
from lodestar.wire.paging import DatesQuery, PageQuery

MAX_KEY_SHOWN = 24
"""Characters of a row's text that its error repeats: a file may have 5,000 rows in error."""


class RowsQuery(DatesQuery, PageQuery):
    """Which rows; a filter that is left out takes any. A pack adds the filters of its tables.

    `from` and `to` are about the table's own day.
    """


class DeletedView(View):
    """The id that no row has any more."""

    deleted: int


def load_rows(raw_rows: Sequence[Any], table: SourceTable, caller: Caller, work: UnitOfWork) -> RowsView:
    """Write the good rows and tell about the bad ones; the same row again changes nothing.

    Raises:
        TooLarge: more than 1,000 rows; none is written.
    """
    require_at_most(MAX_ROWS_PER_CALL, len(raw_rows), "rows")
    return load_checked(checked_rows(table.row, enumerate(raw_rows)), table, caller, work)


def load_checked(rows: Rows[Body], table: SourceTable, caller: Caller, work: UnitOfWork) -> RowsView:
    """Write rows whose fields are checked, but for those that refer to what is not there."""
    session, owner = session_of(work), _owner(table, caller)
    rows = _without_dangling(rows, table, caller, work)
    statement = statements.upsert(table)

    def key(row: Body) -> tuple[Any, ...]:
        return tuple(getattr(row, column) for column in table.key)

    def write(turn: Sequence[Body]) -> Mapping[str, int]:
        sent = to_json([_in_utc(row.model_dump()) for row in turn])
        return session.one(statement, rows=sent, **owner)

    *turns, last = rows.in_turns(key)
    counts = [write(turn) for turn in turns]
    return rows.view(key, [*counts, work.commit_with(lambda: write(last))])


def list_rows(query: RowsQuery, table: SourceTable, caller: Caller, work: UnitOfWork) -> str:
    """A page of the table's rows, as JSON text of the shape of the pack's list.

    Raises:
        InvalidRequest: a filter that the table does not have, or days out of order.
    """
    given = query.model_dump(exclude={"limit", "cursor", "first", "last"}, exclude_none=True, mode="json")
    _require_filters_of(table, given, query)
    filters = {name: _text(given[name]) if name in given else None for name in statements.filters_of(table)}
    # Whoever keeps rows of their own thinks in the days of their own clocks.
    calendar = caller.calendar if table.is_owned else caller.company.calendar
    days = _days(query, table, calendar)
    page = {"limit": query.limit, "cursor": query.after_id}
    parameters = {**filters, **days, **_owner(table, caller), **page}
    return require_found(work.views.read_and_commit(table.view, parameters), table.name)


def delete_row(row_id: int, table: SourceTable, caller: Caller, work: UnitOfWork) -> DeletedView:
    """Delete one row.

    Raises:
        NotFound: the table has none of that id, or it is somebody else's.
        Conflict: rows of other tables still refer to it.
    """
    session, delete = session_of(work), statements.delete(table)
    if not work.commit_with(lambda: session.remove(delete, id=row_id, **_owner(table, caller))):
        raise NotFound(f"There is no such row in {table.name}.")
    return DeletedView(deleted=row_id)


def _owner(table: SourceTable, caller: Caller) -> dict[str, int]:
    """What statements on an owned table bind: whose rows they are about."""
    return {"owner": caller.user_id} if table.is_owned else {}


def _without_dangling(rows: Rows[Body], table: SourceTable, caller: Caller, work: UnitOfWork) -> Rows[Body]:
    """The rows but for those that refer to what is not there; it is made first where it may be."""
    session = session_of(work)
    for reference in table.references:
        # Sorted, so that two calls make or lock the same keys in one order and never wait for each other.
        keys = sorted({getattr(row, reference.field) for row in rows.good.values()} - {None})
        if keys and reference.is_made:
            session.run(statements.make_keys(reference), keys=to_json(keys))
        elif keys:
            statement = statements.keys_found(table, reference)
            found = session.rows(statement, keys=to_json(keys), **_owner(table, caller))
            rows = rows.without(_dangling(rows, reference, {row["key"] for row in found}))
    return rows


def _dangling(rows: Rows[Body], reference: Reference, found: Collection[str]) -> Iterator[RowError]:
    for index, row in rows.good.items():
        key = getattr(row, reference.field)
        if key is not None and key not in found:
            rule = f"There is no {reference.what} {shortened(str(key), MAX_KEY_SHOWN)}: load it first."
            yield RowError(index=index, field=reference.field, error=rule)


def _in_utc(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.astimezone(UTC) if isinstance(value, datetime) else value for name, value in row.items()
    }


def _text(value: object) -> str:
    """A filter as Postgres casts the column: true, not True."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _require_filters_of(table: SourceTable, given: Iterable[str], query: RowsQuery) -> None:
    """InvalidRequest for filters that the table has no column for, each named."""
    known = statements.filters_of(table)
    strange = [name for name in given if name not in known]
    if table.day is None:
        strange += [name for name, day in (("from", query.first), ("to", query.last)) if day]
    if not strange:
        return
    choice = ", ".join([*known, *(("from", "to") if table.day else ())])
    details = [
        Detail(name, f"{table.name} cannot be filtered by {name}: choose from {choice}.") for name in strange
    ]
    raise InvalidRequest(details[0].message, details)


def _days(query: RowsQuery, table: SourceTable, calendar: Calendar) -> dict[str, object]:
    """What `since` and `until` of the view are bound to: days of a date, else the instants they begin at."""
    if table.day is None:
        return {}
    first, last = (calendar.containing(Cadence.DAILY, day) for day in query.days)
    since, until = first.start, calendar.next(last).start
    if table.columns[table.day] == "timestamptz":
        since, until = calendar.instants(first)[0], calendar.instants(last)[1]
    # A row without a day is on no side of any: only a list of all days has it.
    return {"since": since if query.first else None, "until": until if query.last else None}
