-- The offered views and functions in the schema of one company. The views name the company literally, and their
-- tables are under row-level security besides: a query that rebinds the session sees the rows of neither company.
create or replace function lodestar.make_sandbox_views(p_company_id bigint) returns void
language plpgsql set search_path = '' as $$
declare
  name text := 'lodestar_company_' || p_company_id;
  offered record;
begin
  for offered in select v.name, v.query from lodestar.sandbox_views v order by v.name loop
    execute format('create or replace view %I.%I with (security_barrier) as %s',
      name, offered.name, replace(offered.query, '{company}', p_company_id::text));
  end loop;
  execute format('create or replace function %I.attribute_time(attributes jsonb, name text) returns timestamptz
    language sql stable parallel safe return lodestar.attribute_time(attributes, name)', name);
  execute format('create or replace function %I.attribute_number(attributes jsonb, name text) returns numeric
    language sql immutable parallel safe return lodestar.attribute_number(attributes, name)', name);
  execute format('grant select on all tables in schema %I to %I', name, name);
end $$;
revoke execute on function lodestar.make_sandbox_views(bigint) from public;
