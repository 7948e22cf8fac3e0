"""The migrations make the database from nothing, and the tables in code are those in it."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Table, text
from sqlalchemy.dialects import postgresql

from local.postgres import OWNER, Database
from lodestar.packs.registry import migration_histories
from lodestar.persistence.kernel.database import make_engine, make_owner_engine
from lodestar.persistence.kernel.histories import MIGRATIONS, PLATFORM
from lodestar.persistence.kernel.tables import metadata
from lodestar.persistence.migrations.functions import FUNCTIONS, sql_function
from tests.integration.conftest import migrate
from tests.integration.tenants import SANDBOX_PASSWORD, address_of, context_of, new_tenant

CATALOG = """
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull,
  a.attidentity <> '' as is_identity, pg_get_expr(d.adbin, d.adrelid) as default,
  coalesce(k.conkey @> array[a.attnum], false) as is_key
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
where n.nspname = 'lodestar' and c.relkind in ('r', 'p')
order by c.relname, a.attnum"""

MADE = """
select p.proname, pg_get_functiondef(p.oid), cast(p.proacl as text) from pg_proc p
where p.pronamespace = cast('lodestar' as regnamespace) order by p.proname"""


@pytest.fixture
def empty(server: Database) -> Database:
    superuser = server.connect()
    superuser.run("create database lodestar_empty owner lodestar_owner")
    superuser.close()
    return replace(server, name="lodestar_empty")


def catalog(database: Database) -> list[Any]:
    engine = make_owner_engine(lambda: address_of(database, OWNER))
    with engine.connect() as connection:
        return list(connection.execute(text(CATALOG)).all())


def test_an_empty_database_is_brought_to_the_newest_version_and_again_without_harm(empty: Database) -> None:
    newest = {
        each.name: ScriptDirectory(str(MIGRATIONS), version_locations=[str(each.versions)]).get_current_head()
        for each in (PLATFORM, *migration_histories())
    }
    assert migrate(empty) == {"versions": newest, "superuser_made": True}
    made = catalog(empty)

    assert migrate(empty) == {"versions": newest, "superuser_made": False}
    assert catalog(empty) == made

    context = context_of(empty)
    assert new_tenant(context).user() > 0
    context.engine.dispose()


def test_the_platforms_own_company_has_a_sandbox_whose_password_follows_the_secret(
    database: Database,
) -> None:
    with closing(database.connect()) as superuser:
        ((company_id,),) = superuser.run("select id from lodestar.companies where is_platform")
        login = f"lodestar_company_{company_id}"
        superuser.run(f"alter role {login} password 'another'")
    migrate(database)
    passwords = {**database.passwords, login: SANDBOX_PASSWORD.format(company_id)}
    with closing(replace(database, passwords=passwords).connect(login)) as sandbox:
        assert sandbox.run("select count(*) from records") == [[0]]


@pytest.fixture
def columns(owner: Connection) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The columns of the database, by table and name."""
    return {(row["relname"], row["attname"]): row for row in owner.execute(text(CATALOG)).mappings()}


def shape(column: Column[Any]) -> tuple[str, bool]:
    name = column.type.compile(postgresql.dialect()).lower().replace(", ", ",")
    return name, column.identity is not None


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_the_columns_of_a_table_are_those_of_the_database(
    columns: dict[tuple[str, str], Mapping[str, Any]], table: Table
) -> None:
    for column in table.columns:
        there = columns[table.name, column.name]
        assert shape(column) == (there["type"], there["is_identity"]), column
        assert there["is_key"] or not column.primary_key, column


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_a_column_that_the_code_leaves_out_fills_itself(
    columns: dict[tuple[str, str], Mapping[str, Any]], table: Table
) -> None:
    left_out = [
        row for (name, column), row in columns.items() if name == table.name and column not in table.columns
    ]
    missing = [
        row["attname"]
        for row in left_out
        if row["attnotnull"] and not row["is_identity"] and row["default"] is None
    ]
    assert missing == []


def functions_in(connection: Connection) -> list[tuple[str, str, str | None]]:
    """The functions of the database: name, present text and who may call it."""
    return [tuple(row) for row in connection.execute(text(MADE)).all()]


def test_every_function_of_the_database_is_a_file_and_every_file_a_function(owner: Connection) -> None:
    assert [name for name, _, _ in functions_in(owner)] == sorted(file.stem for file in FUNCTIONS.iterdir())


@pytest.mark.parametrize("name", sorted(file.stem for file in FUNCTIONS.iterdir()))
def test_the_text_of_a_function_in_the_database_is_that_of_its_file(owner: Connection, name: str) -> None:
    before = functions_in(owner)
    owner.execute(text(f"alter function lodestar.{name} rename to {name}_of_the_database"))
    owner.execute(text(sql_function(name)))
    (made,) = [function for function in functions_in(owner) if function[0] == name]
    assert made in before


def test_no_statement_of_the_application_is_compiled(database: Database) -> None:
    engine = make_engine(lambda: address_of(database))
    with engine.connect() as connection:
        assert connection.execute(text("show jit")).scalar_one() == "off"
    engine.dispose()


def test_the_planner_expects_no_thousand_rows_of_a_function_that_answers_one(owner: Connection) -> None:
    asked = "select prorows from pg_proc where oid = 'lodestar.target_in_force'::regproc"
    assert owner.execute(text(asked)).scalar_one() == 1
