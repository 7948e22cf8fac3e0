-- The target that counts for an assignment in a period of some first and last day, and the rule that chose it:
-- a row, or none. The rule is that of domain/targets_in_force.py, which decides whenever a value is measured;
-- here it is asked for what is not measured. A target of the company is a goal for people and teams only where
-- values do not add up by the version in force, or where the company's terms of the period say so.
create or replace function lodestar.target_in_force(p_company bigint, p_assignment bigint, p_first date, p_last date)
returns table (target_low numeric, target_high numeric, target_origin text)
language sql stable parallel safe rows 1 set search_path = '' as $$
  with subject as (
    select a.id, a.definition_id, a.subject_type = 'company' as is_company,
      lodestar.version_in_force(p_company, a.definition_id, p_first) as kpi
    from lodestar.assignments a where a.company_id = p_company and a.id = p_assignment
  ),
  terms as (
    select distinct on (a.id) a.id, t.target_low, t.target_high, t.for_people
    from subject s
    join lodestar.assignments a on a.company_id = p_company
      and (a.id = s.id or a.definition_id = s.definition_id and a.subject_type = 'company')
    join lodestar.terms t on t.company_id = p_company and t.assignment_id = a.id and t.start_date <= p_last
      and (t.end_date is null or t.end_date >= p_first)
    order by a.id, t.start_date desc
  ),
  candidate as (
    select case when g.assignment_id = s.id or s.is_company then 1 else 3 end as rank,
      g.period_end - g.period_start as days, g.created_at, g.target_low, g.target_high
    from subject s
    join lodestar.targets g on g.company_id = p_company and g.definition_id = s.definition_id
      and (g.assignment_id = s.id or g.assignment_id is null) and p_last between g.period_start and g.period_end
    union all
    select case when t.id = s.id then 2 else 4 end, 0, null, t.target_low, t.target_high
    from subject s cross join terms t where t.target_low is not null
  )
  select c.target_low, c.target_high,
    case c.rank when 1 then 'range' when 2 then 'assignment_default' else 'company' end
  from candidate c cross join subject s
  where c.rank < 3
    or not (s.kpi ->> 'rollup' = 'sum' or s.kpi -> 'data_source' ->> 'type' = 'records'
      and s.kpi -> 'data_source' ->> 'method' in ('count', 'sum', 'count_distinct')
      or s.kpi -> 'data_source' ->> 'type' = 'intercom'
      and s.kpi -> 'data_source' ->> 'metric' = 'conversations_closed')
    or exists (select from terms t where t.id <> s.id and t.for_people)
  order by c.rank, c.days, c.created_at desc limit 1
$$;
revoke execute on function lodestar.target_in_force(bigint, bigint, date, date) from public;
grant execute on function lodestar.target_in_force(bigint, bigint, date, date) to lodestar_app;
