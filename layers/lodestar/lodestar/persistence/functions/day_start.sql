-- The first instant of a company's local day, which is the end of the day before: midnight in the timezone
-- of that day before, but no earlier than its timezone began. So the first day in a new timezone begins as
-- the last one in the old ends. domain.clocks says the same.
create or replace function lodestar.day_start(p_company bigint, p_day date) returns timestamptz
language sql stable parallel safe as $$
  select greatest(
    (array_agg(lodestar.midnight(p_day, c.timezone) order by c.effective_from desc))[1],
    max(lodestar.midnight(c.effective_from, c.before)))
  from (
    select effective_from, timezone, lag(timezone) over (order by effective_from) as before
    from lodestar.calendars where company_id = p_company) as c
  where c.effective_from < p_day or c.before is null  -- the first version has always counted
$$;
grant execute on function lodestar.day_start(bigint, date) to lodestar_app;
