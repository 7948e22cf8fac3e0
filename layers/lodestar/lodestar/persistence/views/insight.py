"""How values came about, and how definitions and scores went, as the API shows them."""

from lodestar.persistence.views.shapes import listed

# A version keeps the whole definition; these fields of it differ in every one, or never.
_NO_NEWS = "'id', 'key', 'version', 'created_by', 'created_at', 'updated_at'"

_VERSIONS = f"""select v.version, json_build_object('version', v.version, 'author_id', v.author_id,
  'author_name', u.name, 'created_at', v.created_at, 'is_current', v.version = d.version,
  'diff', coalesce((
    select json_agg(json_build_object('field', c.field, 'before', c.before, 'after', c.after)
      order by c.field)
    from (
      select field, b.value as before, a.value as after
      from jsonb_each(p.body) as b(field, value) full join jsonb_each(v.body) as a(field, value) using (field)
    ) as c
    where p.body is not null and c.field not in ({_NO_NEWS}) and c.before is distinct from c.after
  ), '[]')) as json
from lodestar.definition_versions v
join lodestar.definitions d on d.company_id = v.company_id and d.id = v.definition_id
left join lodestar.definition_versions p on p.company_id = v.company_id
  and p.definition_id = v.definition_id and p.version = v.version - 1
left join lodestar.users u on u.company_id = v.company_id and u.id = v.author_id
where v.company_id = :company and v.definition_id = :id"""

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


def _named(user: str) -> str:
    """Somebody's id and name; null where there is nobody."""
    return f"case when {user}.id is not null then json_build_object('id', {user}.id, 'name', {user}.name) end"


# Only a run that failed or skipped leaves no measurement behind; outcomes_unmeasured has just those.
_STORED_SLOT = f"""
select json_build_object(
  'measurement', (
    select json_build_object('value', m.value, 'no_data_reason', m.no_data_reason,
      'target_low', m.target_low, 'target_high', m.target_high, 'target_origin', m.target_origin,
      'achievement', m.achievement, 'status', m.status, 'state', m.state,
      'definition_version', m.definition_version, 'calculated_at', m.calculated_at, 'run_id', m.run_id,
      'entered_by', {_named(user="u")}, 'notes', m.notes)
    from lodestar.measurements m
    left join lodestar.users u on u.company_id = m.company_id and u.id = m.entered_by
    where m.company_id = :company and m.assignment_id = :id
      and m.period_start = cast(:start as date) and m.period_end = cast(:end as date)),
  'revisions', coalesce((
    select json_agg(json_build_object('revision', r.revision, 'old_value', r.old_value,
      'new_value', r.new_value, 'reason', r.reason, 'author', {_named(user="u")}, 'run_id', r.run_id,
      'created_at', r.created_at, 'definition_version', r.definition_version) order by r.revision)
    from lodestar.revisions r
    left join lodestar.users u on u.company_id = r.company_id and u.id = r.author_id
    where r.company_id = :company and r.assignment_id = :id
      and r.period_start = cast(:start as date)), '[]'),
  'not_measured', (
    select json_build_object('run_id', o.run_id, 'outcome', o.outcome, 'reason', o.reason,
      'message', o.message)
    from lodestar.outcomes o
    where o.company_id = :company and o.assignment_id = :id and o.period_start = cast(:start as date)
      and o.outcome in ('error', 'skipped')
    order by o.run_id desc limit 1))"""

INSIGHT = {
    # Binds :company, :id, :start, :end.
    "stored_slot": _STORED_SLOT,
    # Binds :company, :id, :from, :to, :cursor, :limit.
    "scores": _SCORES,
    # Binds :company, :id, :cursor, :limit.
    "versions": listed("versions", _VERSIONS, key="version", order="desc"),
}
