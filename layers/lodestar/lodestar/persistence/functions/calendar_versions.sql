-- The versions of a company's calendar, oldest first, as a JSON array.
create or replace function lodestar.calendar_versions(p_company bigint) returns json
language sql stable parallel safe as $$
  select json_agg(json_build_object('effective_from', effective_from, 'timezone', timezone,
    'week_start', week_start, 'fiscal_year_start_month', fiscal_year_start_month) order by effective_from)
  from lodestar.calendars where company_id = p_company
$$;
grant execute on function lodestar.calendar_versions(bigint) to lodestar_app;
