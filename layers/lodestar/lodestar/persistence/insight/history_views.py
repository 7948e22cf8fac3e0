"""How the measurements of an assignment and the scores of a person went, as the API shows them."""

from lodestar.persistence.kernel.sql_parts import target_json

# What was believed at `as_of`: the old value of the first revision after it, else the value itself.
_HISTORY = f"""
with believed as (
  select m.*, d.target_type,
    case when r.revision is null then m.value else r.old_value end as then_value,
    case when r.revision is null then m.achievement else r.old_achievement end as then_achievement,
    case when r.revision is null then m.target_low else r.old_target_low end as then_low,
    case when r.revision is null then m.target_high else r.old_target_high end as then_high
  from lodestar.measurements m
  join lodestar.definitions d on d.company_id = m.company_id and d.id = m.definition_id
  left join lateral (
    select * from lodestar.revisions r
    where r.company_id = :company and r.assignment_id = m.assignment_id and r.period_start = m.period_start
      and r.created_at > cast(:as_of as timestamptz)
    order by r.revision limit 1) r on true
  where m.company_id = :company and m.assignment_id = :id
    and m.period_start >= cast(:from as date) and m.period_end <= cast(:to as date)
    and (cast(:as_of as timestamptz) is null or m.first_calculated_at <= cast(:as_of as timestamptz))
    and (cast(:cursor as date) is null or m.period_start > cast(:cursor as date))
  order by m.period_start limit cast(:limit as bigint) + 1
),
shown as (
  select then_low as target_low, then_high as target_high, b.target_type, b.period_start, b.period_end,
    b.then_value, b.then_achievement, b.state, b.calculated_at, b.notes
  from believed b order by b.period_start limit cast(:limit as bigint)
)
select json_build_object(
  'measurements', coalesce((
    select json_agg(json_build_object('period_start', s.period_start, 'period_end', s.period_end,
      'actual_value', s.then_value, 'target_value', {target_json(bounds="s", definition="s")},
      'achievement_percentage', s.then_achievement, 'state', s.state, 'calculated_at', s.calculated_at,
      'notes', s.notes) order by s.period_start) from shown s), '[]'),
  'next_cursor', case when (select count(*) from believed) > cast(:limit as bigint)
    then (select max(period_start) from shown)::text end)"""

# A snapshot is a row for good: what has become of its KPIs since shows in their names only.
_SCORES = """
with page as (
  select s.* from lodestar.snapshots s
  where s.company_id = :company and s.user_id = :id
    and s.on_date between cast(:from as date) and cast(:to as date)
    and (cast(:cursor as date) is null or s.on_date > cast(:cursor as date))
  order by s.on_date limit cast(:limit as bigint) + 1
),
shown as (select * from page order by on_date limit cast(:limit as bigint))
select json_build_object(
  'scores', coalesce((
    select json_agg(json_build_object('on_date', s.on_date, 'overall_score', s.score,
      'coverage', s.coverage, 'parts', coalesce((
        select json_agg(json_build_object('assignment_id', a.id,
          'kpi', json_build_object('id', d.id, 'key', d.key, 'name', d.name),
          'weight', p.part -> 'weight', 'achievement_percentage', p.part -> 'achievement') order by a.id)
        from jsonb_array_elements(s.parts) as p(part)
        join lodestar.assignments a on a.company_id = :company
          and a.id = cast(p.part ->> 'assignment_id' as bigint)
        join lodestar.definitions d on d.company_id = a.company_id and d.id = a.definition_id), '[]'))
      order by s.on_date) from shown s), '[]'),
  'next_cursor', case when (select count(*) from page) > cast(:limit as bigint)
    then cast((select max(on_date) from shown) as text) end)"""

HISTORIES = {
    # Binds :company, :id, :as_of, :from, :to, :cursor, :limit.
    "history": _HISTORY,
    # Binds :company, :id, :from, :to, :cursor, :limit.
    "scores": _SCORES,
}
