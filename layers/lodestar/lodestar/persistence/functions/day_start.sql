-- The first instant of a company's local day. Where the clocks skip midnight it is the jump itself; where they
-- strike it twice, Postgres reads the second time and the day begins with the first, an hour before.
create or replace function lodestar.day_start(p_company_id bigint, p_day date) returns timestamptz
language sql stable set search_path = '' as $$
  select case when ((t.midnight - interval '1 hour') at time zone c.timezone)::date = p_day
              then t.midnight - interval '1 hour' else t.midnight end
  from lodestar.companies c, lateral (select p_day::timestamp at time zone c.timezone as midnight) as t
  where c.id = p_company_id
$$;
