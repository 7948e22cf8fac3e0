"""The tables of the sandbox as rows, so that a pack can add its own; and views over more kinds of record."""

from alembic import op

from lodestar.persistence.migrations.isolation import COMPANY
from lodestar.persistence.migrations.sandboxes import add_sandbox_views

revision = "0010"
down_revision = "0009"

SANDBOX_VIEWS = f"""
create table lodestar.sandbox_views (
  name text primary key check (name ~ '^[a-z_]{{1,40}}$'),
  query text not null check (query like '%{{company}}%')
);

create function lodestar.make_sandbox_views(p_company_id bigint) returns void
language plpgsql set search_path = '' as $$
declare
  name text := 'lodestar_company_' || p_company_id;
  offered record;
begin
  for offered in select v.name, v.query from lodestar.sandbox_views v order by v.name loop
    execute format('create or replace view %I.%I with (security_barrier) as %s',
      name, offered.name, replace(offered.query, '{{company}}', p_company_id::text));
  end loop;
  execute format('grant select on all tables in schema %I to %I', name, name);
end $$;
revoke execute on function lodestar.make_sandbox_views(bigint) from public;

create or replace function lodestar.make_sandbox(p_company_id bigint, p_password text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  name text := 'lodestar_company_' || p_company_id;
begin
  if p_company_id is distinct from {COMPANY} then
    raise exception 'a sandbox is made for the bound company only';
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = name) then
    execute format('create role %I login noinherit connection limit 5', name);
  end if;
  execute format('alter role %I password %L', name, p_password);
  execute format('alter role %I set search_path = %I', name, name);
  execute format('create schema if not exists %I', name);
  execute format('grant usage on schema %I to %I', name, name);
  perform lodestar.make_sandbox_views(p_company_id);
end $$;
"""

_RECORDS = """select r.source, r.external_id, r.occurred_at, r.user_id, u.team_id, r.company_id,
  r.value, r.attributes
from lodestar.records r
left join lodestar.users u on u.company_id = r.company_id and u.id = r.user_id
where r.company_id = {company}"""

_SUPPORT_CASES = """select r.external_id, r.user_id as assigned_to, u.team_id, r.company_id,
  lodestar.attribute_time(r.attributes, 'opened_at') as opened_at,
  lodestar.attribute_time(r.attributes, 'first_response_at') as first_response_at,
  case when r.attributes ->> 'status' = 'closed' then r.occurred_at end as closed_at,
  r.attributes ->> 'status' as status,
  r.attributes ->> 'priority' as priority,
  r.attributes ->> 'channel' as channel,
  (extract(epoch from r.occurred_at
    - lodestar.attribute_time(r.attributes, 'opened_at')) / 60)::numeric as resolution_minutes,
  (extract(epoch from lodestar.attribute_time(r.attributes, 'first_response_at')
    - lodestar.attribute_time(r.attributes, 'opened_at')) / 60)::numeric as first_response_minutes,
  lodestar.attribute_number(r.attributes, 'satisfaction') as satisfaction,
  coalesce(r.attributes ->> 'reopened' = 'true', false) as reopened
from lodestar.records r
left join lodestar.users u on u.company_id = r.company_id and u.id = r.user_id
where r.company_id = {company} and r.source = 'support_cases'"""


def _of_records(source: str, columns: str) -> str:
    """The records of a source under the names that its business has for them."""
    return (
        f"select r.external_id, r.user_id, u.team_id, r.company_id, {columns} "
        "from lodestar.records r "
        "left join lodestar.users u on u.company_id = r.company_id and u.id = r.user_id "
        f"where r.company_id = {{company}} and r.source = '{source}'"
    )


_TEXT = "r.attributes ->> '{0}' as {0}"
_TIME = "lodestar.attribute_time(r.attributes, '{0}') as {0}"
_NUMBER = "lodestar.attribute_number(r.attributes, '{0}') as {0}"
_SWITCH = "coalesce(r.attributes ->> '{0}' = 'true', false) as {0}"

RECORD_VIEWS = {
    "ratings": ["r.occurred_at as rated_at", "r.value as score", _TEXT.format("channel")],
    "customers": ["r.occurred_at as joined_at", _TIME.format("left_at")],
    "deals": [
        "r.value as amount",
        _TEXT.format("stage"),
        _TIME.format("opened_at"),
        "case when r.attributes ->> 'stage' in ('won', 'lost') then r.occurred_at end as closed_at",
        _TEXT.format("customer_id"),
    ],
    "leads": [
        "r.occurred_at as created_at",
        _TEXT.format("status"),
        _TEXT.format("channel"),
        _NUMBER.format("score"),
        _TIME.format("converted_at"),
    ],
    "tasks": [
        _TEXT.format("status"),
        _TIME.format("opened_at"),
        _TIME.format("due_at"),
        "case when r.attributes ->> 'status' = 'completed' then r.occurred_at end as completed_at",
        _SWITCH.format("has_error"),
    ],
    "time_entries": [
        "r.occurred_at as worked_at",
        "r.value as hours",
        _SWITCH.format("billable"),
        _TEXT.format("project"),
    ],
    "sla_events": [
        "r.occurred_at",
        _TEXT.format("kind"),
        _SWITCH.format("met"),
        "r.value as minutes",
    ],
}
"""Pushed records under the names of their business, each beside the ids that all have."""


def upgrade() -> None:
    op.execute(SANDBOX_VIEWS)
    tables = {name: _of_records(name, ", ".join(columns)) for name, columns in RECORD_VIEWS.items()}
    add_sandbox_views(records=_RECORDS, support_cases=_SUPPORT_CASES, **tables)
