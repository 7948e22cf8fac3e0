"""How the measurements of an assignment and the scores of a person went, as the API shows them."""

from lodestar.persistence.kernel.sql_parts import target_json

# What was believed at `as_of`: the version that was in force then, of those that are and those that were.
# Without an `as_of` nothing that was counts; a comparison with null would say so too, but to the planner
# that is a constant, for which it reads the whole table. What the page is joined with comes after it, or all
# periods are read.
# Binds :company, :id, :as_of, :from, :to, :cursor, :limit.
_HISTORY = f"""
with believed as (
  select m.period_start, m.period_end, m.value, m.target_low, m.target_high, m.target_origin, m.weight,
    m.achievement, m.status, m.state, m.covered_days, m.is_partial, m.calculated_at, m.notes
  from lodestar.measurements m
  where m.company_id = :company and m.assignment_id = :id
    and (cast(:as_of as timestamptz) is null or m.calculated_at <= cast(:as_of as timestamptz))
  union all
  select r.period_start, r.period_end, r.value, r.target_low, r.target_high, r.target_origin, r.weight,
    r.achievement, r.status, r.state, r.covered_days, r.is_partial, r.calculated_at, r.notes
  from lodestar.revisions r
  where r.company_id = :company and r.assignment_id = :id
    and r.calculated_at <= coalesce(cast(:as_of as timestamptz), '-infinity')
    and r.replaced_at > coalesce(cast(:as_of as timestamptz), '-infinity')
),
page as (
  select b.* from believed b
  where b.period_start >= cast(:from as date) and b.period_end <= cast(:to as date)
    and (cast(:cursor as date) is null or b.period_start > cast(:cursor as date))
  order by b.period_start limit cast(:limit as bigint) + 1
),
shown as (
  select p.*, d.target_type
  from (select * from page order by period_start limit cast(:limit as bigint)) as p
  join lodestar.assignments a on a.company_id = :company and a.id = :id
  join lodestar.definitions d on d.company_id = a.company_id and d.id = a.definition_id
)
select json_build_object(
  'measurements', coalesce((
    select json_agg(json_build_object('period_start', s.period_start, 'period_end', s.period_end,
      'actual_value', s.value, 'target_value', {target_json(bounds="s", definition="s")},
      'target_origin', s.target_origin, 'weight', s.weight,
      'achievement_percentage', s.achievement, 'status', s.status, 'state', s.state,
      'covered_days', s.covered_days, 'is_partial', s.is_partial,
      'calculated_at', s.calculated_at, 'notes', s.notes) order by s.period_start) from shown s), '[]'),
  'next_cursor', case when (select count(*) from page) > cast(:limit as bigint)
    then (select max(period_start) from shown)::text end)"""

# A snapshot is a row for good: what has become of its KPIs since shows in their names only.
_SCORES = """
with believed as (
  select s.on_date, s.score, s.coverage, s.parts from lodestar.snapshots s
  where s.company_id = :company and s.user_id = :id
    and (cast(:as_of as timestamptz) is null or s.written_at <= cast(:as_of as timestamptz))
  union all
  select p.on_date, p.score, p.coverage, p.parts from lodestar.past_snapshots p
  where p.company_id = :company and p.user_id = :id
    and p.written_at <= coalesce(cast(:as_of as timestamptz), '-infinity')
    and p.replaced_at > coalesce(cast(:as_of as timestamptz), '-infinity')
),
page as (
  select * from believed s
  where s.on_date between cast(:from as date) and cast(:to as date)
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
    # Binds :company, :id, :as_of, :from, :to, :cursor, :limit.
    "scores": _SCORES,
}
