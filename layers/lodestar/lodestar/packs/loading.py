"""Loading, listing and deleting rows of a pack's source tables: the same for every one of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lodestar.application.access import require_found
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.values.rows import Rows, checked_rows, refuse_too_many
from lodestar.application.values.shapes import RowError, RowsView
from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.refusals import Detail, InvalidRequest, NotFound
from lodestar.packs import statements
from lodestar.packs.source_tables import Reference, SourceTable
from lodestar.persistence.kernel.bound import session_of
from lodestar.wire.bodies import Body, View
from lodestar.wire.exact_json import to_json
from lodestar.wire.paging import DatesQuery, PageQuery


class RowsQuery(DatesQuery, PageQuery):
    """Which rows; a filter that is left out takes any. A pack adds the filters of its tables.

    `from` and `to` are about the table's own day.
    """


class DeletedView(View):
    """The id that no row has any more."""

    deleted: int


@dataclass(frozen=True, slots=True)
class TableDesk:
    """What work on the rows of a table needs: the table, who asks, and the database."""

    table: SourceTable
    caller: Caller
    work: UnitOfWork

    @property
    def calendar(self) -> Calendar:
        """When the days of a list begin: the owner's, or else the company's."""
        return self.caller.calendar if self.table.is_owned else self.caller.company.calendar

    @property
    def owner(self) -> dict[str, int]:
        """Whose rows they are, of an owned table."""
        return {"owner": self.caller.user_id} if self.table.is_owned else {}


def load_rows(raws: Sequence[Any], desk: TableDesk) -> RowsView:
    """Write the good rows and tell about the bad ones; the same row again changes nothing.

    Raises:
        TooLarge: more than 1,000 rows; none is written.
    """
    refuse_too_many(raws, "rows")
    return load_checked(checked_rows(desk.table.row, enumerate(raws)), desk)


def load_checked(rows: Rows[Body], desk: TableDesk) -> RowsView:
    """Write rows whose fields are checked, but for those that refer to what is not there."""
    table, session = desk.table, session_of(desk.work)
    for each in table.references:
        rows = rows.without(_dangling(rows, each, desk))
    newest = rows.newest(lambda row: tuple(getattr(row, each) for each in table.key))
    sent = to_json([_in_utc(each.model_dump()) for each in newest])
    upsert = statements.upsert(table)
    return rows.view(desk.work.commit_with(lambda: session.one(upsert, rows=sent, **desk.owner)))


def list_rows(query: RowsQuery, desk: TableDesk) -> str:
    """A page of the table's rows, as JSON text of the shape of the pack's list.

    Raises:
        InvalidRequest: a filter that the table does not have, or days out of order.
    """
    table = desk.table
    given = query.model_dump(exclude={"limit", "cursor", "first", "last"}, exclude_none=True, mode="json")
    known = statements.filters_of(table)
    strange = [each for each in given if each not in known]
    if not table.day:
        strange += [name for name, day in (("from", query.first), ("to", query.last)) if day]
    if strange:
        _refuse_filters(strange, table)
    filters = {name: None if name not in given else _text(given[name]) for name in known}
    days = _days(query, desk)
    parameters = {**filters, **days, **desk.owner, "limit": query.limit, "cursor": query.after_id}
    return require_found(desk.work.views.read_and_commit(table.view, parameters), table.name)


def delete_row(row_id: int, desk: TableDesk) -> DeletedView:
    """Delete one row.

    Raises:
        NotFound: the table has none of that id, or it is somebody else's.
        Conflict: rows of other tables still refer to it.
    """
    session, delete = session_of(desk.work), statements.delete(desk.table)
    if not desk.work.commit_with(lambda: session.remove(delete, id=row_id, **desk.owner)):
        raise NotFound(f"There is no such row in {desk.table.name}.")
    return DeletedView(deleted=row_id)


def _dangling(rows: Rows[Body], reference: Reference, desk: TableDesk) -> Iterator[RowError]:
    """The rows that refer to what is not there; it is made first where it may be."""
    named = {index: getattr(row, reference.field) for index, row in rows.good.items()}
    wanted = sorted({each for each in named.values() if each is not None})
    known = _known(wanted, reference, desk) if wanted else set()
    for index, key in named.items():
        if key is not None and key not in known:
            rule = f"There is no {reference.what} {key}: load it first."
            yield RowError(index=index, field=reference.field, error=rule)


def _known(wanted: Sequence[str], reference: Reference, desk: TableDesk) -> set[str]:
    session, keys = session_of(desk.work), to_json(wanted)
    if reference.is_made:
        session.run(statements.make_keys(reference), keys=keys)
        return set(wanted)
    rows = session.rows(statements.keys_found(desk.table, reference), keys=keys, **desk.owner)
    return {row["key"] for row in rows}


def _in_utc(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each.astimezone(UTC) if isinstance(each, datetime) else each for name, each in row.items()}


def _text(value: object) -> str:
    """A filter as Postgres casts the column: true, not True."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refuse_filters(strange: Iterable[str], table: SourceTable) -> None:
    known = [*statements.filters_of(table), *(("from", "to") if table.day else ())]
    details = [
        Detail(each, f"{table.name} cannot be filtered by {each}: choose from {', '.join(known)}.")
        for each in strange
    ]
    raise InvalidRequest(details[0].message, details)


def _days(query: RowsQuery, desk: TableDesk) -> dict[str, object]:
    """What `since` and `until` of the view are bound to: days of a date, else the instants they begin at."""
    table, calendar = desk.table, desk.calendar
    if table.day is None:
        return {}
    first, last = (calendar.containing(Cadence.DAILY, each) for each in query.days)
    since, until = first.start, calendar.next(last).start
    if table.columns[table.day] == "timestamptz":
        since, until = calendar.instants(first)[0], calendar.instants(last)[1]
    # A row without a day is on no side of any: only a list of all days has it.
    return {"since": since if query.first else None, "until": until if query.last else None}
