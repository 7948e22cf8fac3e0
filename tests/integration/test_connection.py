"""The one-trip connection, held to the answers of the stock driver."""

import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pg8000 import dbapi
from sqlalchemy import text

from local.postgres import APP, Database
from lodestar.persistence.kernel.connection import Address, OneTripConnection
from lodestar.persistence.kernel.database import is_connection_lost, sqlstate
from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext
from tests.integration.tenants import Tenant, address_of, context_of, new_tenant

# The connections outlive an example on purpose: one that spoils its connection is found by the next.
on_open_connections = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)


class Wire:
    """A connection's socket that counts how often the client stops sending and waits for an answer."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._has_sent = False
        self.trips = 0

    def write(self, data: bytes) -> None:
        self._has_sent = True
        self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def read(self, size: int) -> bytes:
        self.trips += self._has_sent
        self._has_sent = False
        return bytes(self._file.read(size))


@contextmanager
def counted(driver: Any) -> Iterator[Wire]:
    """The round trips of a driver's connection within the block."""
    plain = driver._sock
    driver._sock = wire = Wire(plain)
    yield wire
    driver._sock = plain


def driver_of(work: DatabaseWork) -> Any:
    return work.connection.connection.driver_connection


@pytest.fixture
def address(database: Database) -> Address:
    return address_of(database)


@pytest.fixture
def one_trip(address: Address) -> Iterator[OneTripConnection]:
    connection = OneTripConnection(address)
    yield connection
    connection.close()


@pytest.fixture
def stock(database: Database) -> Iterator[dbapi.Connection]:
    connection = dbapi.connect(
        APP,
        host=database.host,
        port=database.port,
        database=database.name,
        password=database.passwords[APP],
    )
    yield connection
    connection.close()


def run(connection: dbapi.Connection, statement: str, *values: object) -> object:
    """The rows, names and count of a statement, or the SQLSTATE of its error."""
    cursor = connection.cursor()
    try:
        cursor.execute(statement, values)
    except dbapi.DatabaseError as error:
        return sqlstate(error)
    names = cursor.description and [(column[0], column[1]) for column in cursor.description]
    rows = [list(row) for row in cursor.fetchall()] if names else None
    return rows, names, cursor.rowcount


plain_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# A day inside the years that Python knows: an instant is told in UTC.
instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=zones)  # noqa: DTZ001 — bounds
values_of_types = st.one_of(
    st.tuples(st.just("bigint"), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just("bigint"), st.integers(2**63, 2**80)),  # an error in both
    st.tuples(st.just("smallint"), st.integers(-(2**15), 2**15 - 1)),
    st.tuples(st.just("numeric"), st.integers(-(10**40), 10**40)),
    st.tuples(st.just("numeric"), st.decimals(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just("numeric(18, 4)"), st.decimals(-(10**14) + 1, 10**14 - 1, places=4)),
    st.tuples(st.just("double precision"), st.floats(allow_nan=False)),
    st.tuples(st.just("text"), plain_text),
    st.tuples(st.just("text"), st.just("a\0b")),  # an error in both
    st.tuples(st.just("boolean"), st.booleans()),
    st.tuples(st.just("bytea"), st.binary()),
    st.tuples(st.just("date"), st.dates()),
    st.tuples(st.just("timestamptz"), instants),
    st.tuples(st.just("interval"), st.timedeltas(timedelta(-9999), timedelta(9999))),
    st.tuples(st.just("uuid"), st.uuids()),
    st.tuples(st.just("bigint[]"), st.lists(st.none() | st.integers(-(2**63), 2**63 - 1))),
    st.tuples(st.just("text[]"), st.lists(st.none() | plain_text)),
    st.tuples(
        st.just("jsonb"), st.dictionaries(plain_text, st.none() | st.booleans() | st.integers() | plain_text)
    ),
    st.tuples(st.sampled_from(["text", "bigint", "timestamptz", "jsonb", "bigint[]"]), st.none()),
)


@given(values_of_types)
@on_open_connections
def test_every_value_comes_back_as_from_the_stock_driver(
    one_trip: OneTripConnection, stock: dbapi.Connection, case: tuple[str, object]
) -> None:
    kind, value = case
    ours = run(one_trip, f"select cast($1 as {kind}) as value, 1 as one", value)
    theirs = run(stock, f"select cast(%s as {kind}) as value, 1 as one", value)
    one_trip.rollback()
    stock.rollback()
    assert ours == theirs


statements = st.one_of(
    st.tuples(st.just("insert into scratch values ({}), (null)"), st.integers(0, 3)),
    st.tuples(st.just("update scratch set id = id where id = {}"), st.integers(0, 3)),
    st.tuples(st.just("delete from scratch where id = {} returning id"), st.integers(0, 3)),
    st.tuples(st.just("select id from scratch where id <> {} order by id"), st.integers(0, 3)),
    st.tuples(st.just("select 1 / cast({} as integer)"), st.just(0)),
    st.tuples(st.just("select no_such_column + {}"), st.just(1)),
)
steps = st.lists(statements | st.sampled_from(["commit", "rollback"]), max_size=12)


def play(connection: dbapi.Connection, placeholder: str, script: list[Any]) -> list[object]:
    """What each step of a script answers."""
    connection.autocommit = True
    run(connection, "drop table if exists pg_temp.scratch")
    run(connection, "create temp table scratch (id integer unique)")
    connection.autocommit = False
    answers: list[object] = []
    for step in script:
        if isinstance(step, str):
            answers.append(finish(getattr(connection, step)))
        else:
            answers.append(run(connection, step[0].format(placeholder), step[1]))
    connection.rollback()
    return answers


def finish(end: Callable[[], None]) -> str:
    try:
        end()
    except dbapi.Error as error:
        return str(error)
    return "done"


@given(steps)
@on_open_connections
def test_transactions_and_their_errors_go_as_with_the_stock_driver(
    one_trip: OneTripConnection, stock: dbapi.Connection, script: list[Any]
) -> None:
    assert play(one_trip, "$1", script) == play(stock, "%s", script)


@pytest.mark.parametrize("length", [10, 8_000, 9_000, 3_000_000])
def test_long_values_and_long_answers_arrive_whole(one_trip: OneTripConnection, length: int) -> None:
    value = "ü" + string.ascii_letters[length % 52] * length
    assert run(one_trip, "select $1 || ''", value)[0] == [[value]]


def test_instants_are_aware_and_days_are_days(one_trip: OneTripConnection) -> None:
    rows, _, _ = run(one_trip, "select timestamptz '2026-01-01 01:00+01', date '2026-01-01'")
    assert rows == [[datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1)]]
    assert rows[0][0].utcoffset() == timedelta(0)


def test_what_is_deferred_leaves_with_the_first_statement_in_one_trip(one_trip: OneTripConnection) -> None:
    one_trip.defer("begin")
    one_trip.defer("select set_config('lodestar.company_id', $1, true)", ("7",))
    with counted(one_trip) as wire:
        rows, _, _ = run(one_trip, "select current_setting('lodestar.company_id'), $1", 5)
    assert (rows, wire.trips) == ([["7", "5"]], 1)


def test_what_was_only_deferred_never_happened(one_trip: OneTripConnection) -> None:
    one_trip.defer("begin")
    one_trip.defer("select 1 / 0")
    with counted(one_trip) as wire:
        one_trip.commit()
    one_trip.defer("select 1 / 0")
    one_trip.rollback()
    assert wire.trips == 0
    assert run(one_trip, "select 1")[0] == [[1]]


def test_a_first_statement_of_a_bound_unit_of_work_is_one_trip(tenant: Tenant) -> None:
    with tenant.work() as work, counted(driver_of(work)) as wire:
        bound = work.session.value("select current_setting('lodestar.company_id')")
    assert (bound, wire.trips) == (str(tenant.id), 1)


def test_a_commit_and_the_next_transaction_cost_a_trip_each(tenant: Tenant) -> None:
    with tenant.work() as work, counted(driver_of(work)) as wire:
        work.session.value("select 1")
        work.commit()
        bound = work.session.value("select current_setting('lodestar.company_id')")
        trips = wire.trips
    assert (bound, trips) == (str(tenant.id), 3)


def test_a_read_request_is_two_trips_from_the_token_to_the_answer(
    context: WorkContext, tenant: Tenant
) -> None:
    user_id = tenant.user(email="two-trips@example.com")
    with DatabaseWork(context) as work, counted(driver_of(work)) as wire:
        caller = work.sign_in("two-trips@example.com")
        answer = work.views.read_and_commit("user", {"id": user_id})
        work.connection.close()
    assert caller is not None
    assert caller.company.id == tenant.id
    assert answer is not None
    assert wire.trips == 2


def spoil(connection: OneTripConnection) -> list[tuple[str, Callable[[], object]]]:
    """Ways to fail in the middle of a flush, with what the failure is to say."""

    def deferred() -> None:
        connection.defer("begin")
        connection.defer("select 1 / 0")
        connection.cursor().execute("select 1")

    def ending() -> None:
        connection.commit_with_next()
        connection.cursor().execute("select 1 / 0")

    def unknown() -> None:
        connection.cursor().execute("select * from nowhere where id = $1", (1,))

    return [("22012", deferred), ("22012", ending), ("42P01", unknown)]


@pytest.mark.parametrize("which", range(3))
def test_an_error_in_the_middle_is_told_and_leaves_the_connection_usable(
    one_trip: OneTripConnection, which: int
) -> None:
    state, fail = spoil(one_trip)[which]
    with pytest.raises(dbapi.DatabaseError) as failure:
        fail()
    assert sqlstate(failure.value) == state
    one_trip.rollback()
    for number in range(3):
        assert run(one_trip, "select cast($1 as integer)", number)[0] == [[number]]


def test_a_text_that_cannot_be_sent_leaves_nothing_behind(one_trip: OneTripConnection) -> None:
    one_trip.defer("begin")
    one_trip.defer("select set_config('lodestar.company_id', $1, true)", ("7",))
    with pytest.raises(UnicodeEncodeError):
        one_trip.cursor().execute("select $1", ("half a pair: \ud800",))
    one_trip.rollback()
    for number in range(3):
        assert run(one_trip, "select cast($1 as integer)", number)[0] == [[number]]


def test_a_read_that_fails_is_no_lost_connection(context: WorkContext, tenant: Tenant) -> None:
    with tenant.work() as work:
        driver_of(work).commit_with_next()
        with pytest.raises(Exception, match="division by zero") as failure:
            work.session.value("select 1 / 0")
    assert not is_connection_lost(failure.value)
    assert tenant.rows("select 1 as one") == [{"one": 1}]


def end_session(database: Database, work: DatabaseWork) -> None:
    pid = work.connection.execute(text("select pg_backend_pid()")).scalar_one()
    superuser = database.connect()
    superuser.run("select pg_terminate_backend(:pid)", pid=pid)
    superuser.close()


def test_a_connection_that_broke_is_told_and_replaced(database: Database) -> None:
    context = context_of(database)
    tenant = new_tenant(context)
    with tenant.work() as work:
        end_session(database, work)
        with pytest.raises(Exception, match=r"network error|terminating") as failure:
            work.session.value("select 1")
    assert is_connection_lost(failure.value)
    assert tenant.rows("select 1 as one") == [{"one": 1}]
    context.engine.dispose()


def test_nobody_at_the_address_is_a_lost_connection(address: Address) -> None:
    closed = Address(address.host, 1, address.database, address.user, address.password)
    with pytest.raises(dbapi.InterfaceError) as failure:
        OneTripConnection(closed)
    assert is_connection_lost(failure.value)


def test_decimals_come_back_to_the_last_digit(one_trip: OneTripConnection) -> None:
    rows, _, _ = run(one_trip, "select cast($1 as numeric(18, 4))", Decimal("99999999999999.9999"))
    assert rows == [[Decimal("99999999999999.9999")]]


def test_an_answer_that_cannot_be_read_is_nobody_elses(database: Database) -> None:
    """What is left of it would be taken for the answer to the next statement, of whatever company."""
    context = context_of(database)
    tenant = new_tenant(context)
    with tenant.work() as work:
        work.session.rows("select 1 as one")
        with pytest.raises(ValueError, match="infinity"):
            work.session.rows(
                "select 'infinity'::timestamptz as never, 7 as other from generate_series(1, 3)"
            )
    with tenant.work() as work:
        assert work.session.rows("select 5 as next") == [{"next": 5}]
    context.engine.dispose()
