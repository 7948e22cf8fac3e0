-- The company's local day that an instant lies in: the date in the timezone that counts then, but none that
-- had ended before that timezone began. domain.clocks says the same.
create or replace function lodestar.local_day(p_company bigint, p_at timestamptz) returns date
language sql stable parallel safe as $$
  select case when c.is_first then (p_at at time zone c.timezone)::date
              else greatest((p_at at time zone c.timezone)::date, c.effective_from) end
  from (
    select effective_from, timezone, lag(effective_from) over (order by effective_from) is null as is_first
    from lodestar.calendars where company_id = p_company) as c
  where c.is_first or lodestar.day_start(p_company, c.effective_from) <= p_at
  order by c.effective_from desc limit 1
$$;
grant execute on function lodestar.local_day(bigint, timestamptz) to lodestar_app;
