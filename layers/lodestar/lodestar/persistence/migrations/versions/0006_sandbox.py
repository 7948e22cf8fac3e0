"""A login and a schema of views for each company, in which its admins' SQL runs."""

from alembic import op

from lodestar.persistence.migrations.isolation import COMPANY

revision = "0006"
down_revision = "0005"

# The views name the company literally and their tables are under row-level security besides: a query
# that rebinds the session sees the rows of neither company. pg_input_is_valid: one bad attribute in one
# record is a NULL, not a failed KPI for everybody; so is an infinite one, with which nothing can be computed.
SANDBOX = f"""
create function lodestar.attribute_time(p_attributes jsonb, p_name text) returns timestamptz
language sql stable parallel safe as $$
  select case when pg_catalog.pg_input_is_valid(p_attributes ->> p_name, 'timestamptz') then
    nullif(nullif((p_attributes ->> p_name)::timestamptz, 'infinity'), '-infinity') end
$$;
create function lodestar.attribute_number(p_attributes jsonb, p_name text) returns numeric
language sql immutable parallel safe as $$
  select case when pg_catalog.pg_input_is_valid(p_attributes ->> p_name, 'numeric') then
    nullif(nullif(nullif((p_attributes ->> p_name)::numeric, 'NaN'), 'Infinity'), '-Infinity') end
$$;

create function lodestar.make_sandbox(p_company_id bigint, p_password text) returns void
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
  execute format($view$
    create or replace view %1$I.records with (security_barrier) as
    select r.source, r.external_id, r.occurred_at, r.user_id, u.team_id, r.company_id,
           r.value, r.attributes
    from lodestar.records r
    left join lodestar.users u on u.company_id = r.company_id and u.id = r.user_id
    where r.company_id = %2$s$view$, name, p_company_id);
  execute format($view$
    create or replace view %1$I.support_cases with (security_barrier) as
    select r.external_id, r.user_id as assigned_to, u.team_id, r.company_id,
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
    where r.company_id = %2$s and r.source = 'support_cases'$view$, name, p_company_id);
  execute format('grant select on all tables in schema %I to %I', name, name);
end $$;
revoke execute on function lodestar.make_sandbox(bigint, text) from public;
grant execute on function lodestar.make_sandbox(bigint, text) to lodestar_app;
"""


def upgrade() -> None:
    op.execute(SANDBOX)
