import json
import os

import pg8000.native
import shared

SCHEMA = """
create schema if not exists lodestar;
create table if not exists lodestar.users (
  company_id bigint, id bigint, email text, is_active boolean, primary key (company_id, id));
alter table lodestar.users enable row level security;
alter table lodestar.users force row level security;
create table if not exists lodestar.identities (sub text primary key, company_id bigint, user_id bigint);
create table if not exists lodestar.batches (state text, finished_at timestamptz);
insert into lodestar.identities values ('sub-of-the-superuser', 1, 1) on conflict do nothing;
"""
USER = "insert into lodestar.users values (1, 1, 'superuser@lodestar.local', true) on conflict do nothing"


def handler(event, context):
    """Make the tables as their owner, whom the row-level policies bind too: it puts the user in before."""
    who = json.loads(shared.secret(os.environ["OWNER_SECRET"])["SecretString"])
    connection = pg8000.native.Connection(
        who["username"],
        host=os.environ["DATABASE_HOST"],
        port=int(os.environ["DATABASE_PORT"]),
        database=os.environ["DATABASE_NAME"],
        password=who["password"],
    )
    for statement in SCHEMA.split(";"):
        connection.run(statement)
    connection.run("alter table lodestar.users no force row level security")
    connection.run(USER)
    connection.run("alter table lodestar.users force row level security")
    connection.close()
