"""A company's login for its admins' SQL reaches nothing but that company's own views."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pg8000 import dbapi
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from local.postgres import Database
from lodestar.packs.registry import sandbox_tables
from lodestar.persistence.kernel.connection import OneTripConnection
from lodestar.persistence.kernel.database import sqlstate
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.tenants import NOW, Tenant, address_of, new_tenant, sandbox_logins

CONNECTIONS = 5
INSUFFICIENT_PRIVILEGE, TOO_MANY = "42501", "53300"
BAD = [
    *("tomorrow-ish", "", None, [], {"a": 1}, 7, True, "2026-99-99", "infinity", "-infinity", "NaN"),
    *("now", "today", "Tomorrow 10:00", "yesterday utc", "now Europe/Berlin", "allballs today"),
    *("2026-03-02 now", "1e131071"),
]


def with_sandbox(context: WorkContext) -> Tenant:
    """A company with a sandbox and one support case."""
    tenant = new_tenant(context)
    case = {
        "source": "support_cases",
        "external_id": "1",
        "occurred_at": NOW,
        "user_id": tenant.user(),
        "attributes": {"status": "closed", "opened_at": (NOW - timedelta(hours=2)).isoformat()},
    }
    tenant.sandbox()
    with tenant.work() as work:
        work.values.upsert_records([case])
        work.commit()
    return tenant


@pytest.fixture(scope="module")
def mine(context: WorkContext) -> Tenant:
    return with_sandbox(context)


@pytest.fixture(scope="module")
def other(context: WorkContext) -> Tenant:
    return with_sandbox(context)


def log_in(database: Database, tenant: Tenant) -> OneTripConnection:
    return OneTripConnection(sandbox_logins(database)(tenant.id))


def name_of(tenant: Tenant) -> str:
    return f"lodestar_company_{tenant.id}"


@pytest.fixture
def login(database: Database, mine: Tenant) -> Iterator[OneTripConnection]:
    with closing(log_in(database, mine)) as connection:
        bind(connection, mine)
        yield connection


def bind(connection: OneTripConnection, tenant: Tenant) -> None:
    answer(connection, f"select set_config('lodestar.company_id', '{tenant.id}', false)")


def answer(connection: OneTripConnection, statement: str) -> Any:
    """The rows of a statement, or the SQLSTATE of its error."""
    try:
        return connection.execute_unnamed(statement).rows
    except dbapi.DatabaseError as error:
        return sqlstate(error)


def test_a_login_sees_its_own_company(login: OneTripConnection, mine: Tenant) -> None:
    assert answer(login, "select company_id, resolution_minutes from support_cases") == [[mine.id, 120]]
    assert answer(login, "select company_id from records") == [[mine.id]]


def test_a_login_sees_no_other_company_even_when_it_binds_itself_to_it(
    login: OneTripConnection, other: Tenant
) -> None:
    bind(login, other)
    assert answer(login, "select * from records") == []
    assert answer(login, "select * from support_cases") == []


def test_a_login_sees_nothing_unless_it_is_bound(database: Database, mine: Tenant) -> None:
    with closing(log_in(database, mine)) as unbound:
        assert answer(unbound, "select * from records") == []


def test_a_login_cannot_enter_the_schema_of_another_company(login: OneTripConnection, other: Tenant) -> None:
    bind(login, other)
    assert answer(login, f"select * from {name_of(other)}.records") == INSUFFICIENT_PRIVILEGE


def test_a_login_reads_no_table_of_the_platform(login: OneTripConnection, owner: Connection) -> None:
    tables = (
        "select oid::regclass::text from pg_class "
        "where relnamespace = 'lodestar'::regnamespace and relkind in ('r', 'p')"
    )
    names = owner.execute(text(tables)).scalars().all()
    assert names
    assert {answer(login, f"select * from {name}") for name in names} == {INSUFFICIENT_PRIVILEGE}


@pytest.mark.parametrize(
    "call",
    [
        "lodestar.make_sandbox(1, 'mine now')",
        "lodestar.sign_in('x')",
        "pg_read_file('/etc/passwd')",
        "pg_ls_dir('.')",
    ],
)
def test_a_login_calls_no_function_of_the_platform(login: OneTripConnection, call: str) -> None:
    assert answer(login, f"select {call}") == INSUFFICIENT_PRIVILEGE


@pytest.mark.parametrize(
    "statement",
    [
        "create table mine (id integer)",
        "create table public.mine (id integer)",
        "create table lodestar.mine (id integer)",
        "create view mine as select 1 as one",
        "create function mine() returns integer language sql as 'select 1'",
        "create schema mine",
        "create role mine",
        "copy (select 1) to program 'id'",
        "copy records to '/tmp/records'",
        "set role lodestar_app",
        "set session authorization lodestar_owner",
        "alter role lodestar_app nologin",
    ],
)
def test_a_login_makes_and_changes_nothing(login: OneTripConnection, statement: str) -> None:
    assert answer(login, statement) == INSUFFICIENT_PRIVILEGE


def test_a_login_may_only_select(login: OneTripConnection) -> None:
    rights = "array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']"
    held = (
        f"select distinct p from pg_class c, unnest({rights}) as p "
        "where relnamespace = current_schema()::regnamespace and has_table_privilege(c.oid, p)"
    )
    assert answer(login, held) == [["SELECT"]]


def test_a_login_has_few_connections(database: Database, mine: Tenant) -> None:
    with ExitStack() as open_connections:
        for _ in range(CONNECTIONS):
            open_connections.enter_context(closing(log_in(database, mine)))
        with pytest.raises(dbapi.DatabaseError) as failure:
            log_in(database, mine)
    assert sqlstate(failure.value) == TOO_MANY


def test_a_login_is_a_member_of_nothing_and_has_no_powers(owner: Connection, mine: Tenant) -> None:
    role = (
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolinherit, "
        "(select count(*) from pg_auth_members where member = r.oid) from pg_roles r where rolname = :name"
    )
    assert not any(owner.execute(text(role), {"name": name_of(mine)}).one())


def test_the_views_are_barriers_without_personal_columns(owner: Connection, mine: Tenant) -> None:
    views = owner.execute(
        text(
            "select relname, reloptions, "
            "(select array_agg(attname::text) from pg_attribute where attrelid = c.oid and attnum > 0) "
            "from pg_class c where relnamespace = to_regnamespace(:schema)"
        ),
        {"schema": name_of(mine)},
    ).all()
    offered = sandbox_tables()
    assert {name: set(columns) for name, _, columns in views} == {
        name: set(columns) for name, columns in offered.items()
    }
    for _, options, columns in views:
        assert "security_barrier=true" in options
        assert not {"name", "email", "external_ids", "sub"} & set(columns)


def test_an_application_makes_a_sandbox_for_the_bound_company_only(mine: Tenant, other: Tenant) -> None:
    with mine.work() as work, pytest.raises(DBAPIError, match="bound company only"):
        work.session.run("select lodestar.make_sandbox(:other, 'stolen')", other=other.id)


def test_a_sandbox_is_made_again_with_a_new_password(database: Database, context: WorkContext) -> None:
    tenant = with_sandbox(context)
    tenant.run("select lodestar.make_sandbox(:company, 'it''s new')")
    with pytest.raises(dbapi.DatabaseError, match="28P01"):
        log_in(database, tenant)
    with closing(OneTripConnection(address_of(database, name_of(tenant), "it's new"))) as connection:
        assert answer(connection, "select 1") == [[1]]


@pytest.mark.parametrize("bad", BAD)
def test_one_bad_attribute_is_null_and_no_error(
    database: Database, context: WorkContext, bad: object
) -> None:
    tenant = with_sandbox(context)
    names = ("opened_at", "first_response_at", "satisfaction", "status", "reopened")
    attributes = dict.fromkeys(names, bad)
    if bad == 7:
        attributes["satisfaction"] = "seven"  # a number is a good one
    row = {"source": "support_cases", "external_id": "2", "occurred_at": NOW, "attributes": attributes}
    with tenant.work() as work:
        work.values.upsert_records([row])
        work.commit()
    with closing(log_in(database, tenant)) as connection:
        bind(connection, tenant)
        read = "opened_at, first_response_at, resolution_minutes, first_response_minutes, satisfaction"
        rows = answer(connection, f"select {read} from support_cases where external_id = '2'")
        assert rows == [[None] * 5]
        total = answer(connection, "select count(*), sum(resolution_minutes) from support_cases")
        assert total == [[2, Decimal(120)]]
