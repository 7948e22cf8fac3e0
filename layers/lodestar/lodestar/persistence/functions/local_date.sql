-- A company's date at an instant.
create or replace function lodestar.local_date(p_company_id bigint, p_at timestamptz) returns date
language sql stable set search_path = '' as $$
  select (p_at at time zone c.timezone)::date from lodestar.companies c where c.id = p_company_id
$$;
