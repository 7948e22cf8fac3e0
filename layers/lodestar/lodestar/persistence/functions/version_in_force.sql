-- A KPI as it is stored in the version in force for a period that begins on a day: the newest that counts by
-- then. domain/versions.py says the same.
create or replace function lodestar.version_in_force(p_company bigint, p_definition bigint, p_first date)
returns jsonb language sql stable parallel safe set search_path = '' as $$
  select v.body from lodestar.definition_versions v
  where v.company_id = p_company and v.definition_id = p_definition
    and (v.effective_from is null or v.effective_from <= p_first)
  order by v.version desc limit 1
$$;
revoke execute on function lodestar.version_in_force(bigint, bigint, date) from public;
grant execute on function lodestar.version_in_force(bigint, bigint, date) to lodestar_app;
