"""The catalog guard finds nothing, and would find each kind of defect."""

import pytest
from sqlalchemy import Connection, text

from tests.security.catalog_guard import EXEMPT, defects

SEEDS = {
    "a table without row-level security": (
        "alter table lodestar.users disable row level security",
        "users: row-level security is not enabled",
    ),
    "a partition without row-level security": (
        "create table lodestar.parts (company_id bigint, id bigint, primary key (company_id, id)) "
        "partition by range (id); create table lodestar.parts_1 partition of lodestar.parts default",
        "parts_1: row-level security is not enabled",
    ),
    "a table whose owner sees everything": (
        "alter table lodestar.records no force row level security",
        "records: row-level security is not forced on its owner",
    ),
    "a new table that nobody isolated": (
        "create table lodestar.extras (company_id bigint, id bigint, primary key (company_id, id))",
        "extras: row-level security is not enabled",
    ),
    "a table without a policy": ("drop policy company on lodestar.alerts", "alerts: has no policy"),
    "a table without company_id": (
        "create table lodestar.extras (id bigint)",
        "extras: has no column company_id",
    ),
    "a policy without nullif": (
        "alter policy company on lodestar.runs "
        "using (company_id = current_setting('lodestar.company_id', true)::bigint)",
        "runs, policy company: USING is not the bound company through nullif",
    ),
    "a policy that lets everything be written": (
        "alter policy company on lodestar.runs with check (true)",
        "runs, policy company: WITH CHECK is not the bound company through nullif",
    ),
    "a policy that opens a door beside": (
        "create policy guests on lodestar.runs using (true)",
        "runs, policy guests: USING is not the bound company through nullif",
    ),
    "a unique key over all companies": (
        "alter table lodestar.teams add constraint one_name unique (name)",
        "teams, key one_name: does not start with company_id",
    ),
    "a unique index over all companies": (
        "create unique index one_email on lodestar.users (lower(email))",
        "users, key one_email: does not start with company_id",
    ),
    "a foreign key to another company's row": (
        "create unique index user_ids on lodestar.users (id); "
        "alter table lodestar.records add constraint somebody "
        "foreign key (user_id) references lodestar.users (id)",
        "records, key somebody: does not start with company_id",
    ),
    "a right to empty a table": (
        "grant truncate on lodestar.audit to lodestar_app",
        "audit: lodestar_app has TRUNCATE",
    ),
    "a right to probe a table with foreign keys": (
        "grant references on lodestar.users to public",
        "users: everybody has REFERENCES",
    ),
    "a view that runs with its owner's rights": (
        "create view lodestar.everybody as select * from lodestar.users",
        "lodestar.everybody: a view without security_barrier or security_invoker",
    ),
    "a view over a view": (
        "create view lodestar.inner_one with (security_barrier) as select * from lodestar.users; "
        "create view lodestar.outer_one as select * from lodestar.inner_one",
        "lodestar.outer_one: a view without security_barrier or security_invoker",
    ),
    "a materialized view": (
        "create materialized view lodestar.kept as select * from lodestar.users with no data",
        "lodestar.kept: a materialized view keeps the rows of every company",
    ),
    "a function that can be led astray": (
        "create function lodestar.astray() returns integer language sql security definer as 'select 1'",
        "lodestar.astray(): SECURITY DEFINER without a fixed search_path",
    ),
}


def test_the_migrated_database_has_no_defect(owner: Connection) -> None:
    assert defects(owner) == []


@pytest.mark.parametrize(("seed", "finding"), SEEDS.values(), ids=SEEDS.keys())
def test_a_seeded_defect_is_found(owner: Connection, seed: str, finding: str) -> None:
    owner.execute(text(seed))
    assert finding in defects(owner)


def test_every_exempt_table_exists_and_says_why(owner: Connection) -> None:
    names = owner.execute(text("select tablename from pg_tables where schemaname = 'lodestar'")).scalars()
    assert EXEMPT.keys() <= set(names)
    assert all(EXEMPT.values())


@pytest.mark.parametrize("options", ["security_barrier", "security_invoker = true"])
def test_a_guarded_view_is_no_defect(owner: Connection, options: str) -> None:
    view = f"create view lodestar.everybody with ({options}) as select * from lodestar.users"
    owner.execute(text(view))
    assert defects(owner) == []
