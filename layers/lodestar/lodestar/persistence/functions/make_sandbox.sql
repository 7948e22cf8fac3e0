-- A login and a schema of views for a company, in which its admins' SQL runs. Calling it again sets the
-- password anew and makes the views that are missing.
create or replace function lodestar.make_sandbox(p_company_id bigint, p_password text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  name text := 'lodestar_company_' || p_company_id;
begin
  if p_company_id is distinct from nullif(current_setting('lodestar.company_id', true), '')::bigint then
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
revoke execute on function lodestar.make_sandbox(bigint, text) from public;
grant execute on function lodestar.make_sandbox(bigint, text) to lodestar_app;
