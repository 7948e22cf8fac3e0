-- The first instant of a day in a timezone, as domain.clocks says. Where the clocks skip midnight, the jump;
-- where it comes twice, its first coming: Postgres itself takes the second, so midnight is also read by the
-- clocks of the day before, and counts like that if they still went so then.
create or replace function lodestar.midnight(p_day date, p_timezone text) returns timestamptz
language sql stable parallel safe as $$
  select case when (before.says at time zone p_timezone) = plain.midnight
              then least(before.says, plain.says) else plain.says end
  from (select p_day::timestamp as midnight, p_day::timestamp at time zone p_timezone as says) as plain,
  lateral (
    select (plain.midnight - ((earlier at time zone p_timezone) - (earlier at time zone 'UTC')))
      at time zone 'UTC' as says
    from (select plain.says - interval '1 day') as of(earlier)) as before
$$;
grant execute on function lodestar.midnight(date, text) to lodestar_app;
