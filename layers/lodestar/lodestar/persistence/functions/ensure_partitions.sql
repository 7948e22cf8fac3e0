-- The application role may not create tables, so the months ahead are made through this function; it answers
-- how many it made. A partition can be named directly, so each one carries the policy too. Months outside of
-- the made range land in the default partition: late, never lost.
create or replace function lodestar.ensure_partitions(p_first date, p_last date) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  month date := date_trunc('month', p_first)::date;
  name text;
  made integer := 0;
begin
  if p_last > p_first + 3700 then
    raise exception 'at most ten years of partitions at once';
  end if;
  while month <= p_last loop
    name := 'measurements_' || to_char(month, 'YYYY_MM');
    if to_regclass('lodestar.' || name) is null then
      execute format(
        'create table lodestar.%I partition of lodestar.measurements for values from (%L) to (%L)',
        name, month, (month + interval '1 month')::date);
      execute format('alter table lodestar.%I enable row level security', name);
      execute format('alter table lodestar.%I force row level security', name);
      execute format(
        $policy$create policy company on lodestar.%I
          using (company_id = nullif(current_setting('lodestar.company_id', true), '')::bigint)
          with check (company_id = nullif(current_setting('lodestar.company_id', true), '')::bigint)$policy$, name);
      made := made + 1;
    end if;
    month := (month + interval '1 month')::date;
  end loop;
  return made;
end $$;
revoke execute on function lodestar.ensure_partitions(date, date) from public;
grant execute on function lodestar.ensure_partitions(date, date) to lodestar_app;
