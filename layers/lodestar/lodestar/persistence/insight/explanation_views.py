"""What is stored of one slot: the half of an explanation that is not calculated again."""


def _named(user: str) -> str:
    """Somebody's id and name; null where there is nobody."""
    return f"case when {user}.id is not null then json_build_object('id', {user}.id, 'name', {user}.name) end"


# Only a run that failed or skipped leaves no measurement behind; outcomes_unmeasured has just those.
_STORED_SLOT = f"""
select json_build_object(
  'measurement', (
    select json_build_object('value', m.value, 'no_data_reason', m.no_data_reason, 'weight', m.weight,
      'covered_days', m.covered_days, 'is_partial', m.is_partial,
      'target_low', m.target_low, 'target_high', m.target_high, 'target_origin', m.target_origin,
      'achievement', m.achievement, 'status', m.status, 'state', m.state,
      'definition_version', m.definition_version, 'calculated_at', m.calculated_at, 'run_id', m.run_id,
      'entered_by', {_named(user="u")}, 'notes', m.notes)
    from lodestar.measurements m
    left join lodestar.users u on u.company_id = m.company_id and u.id = m.entered_by
    where m.company_id = :company and m.assignment_id = :id
      and m.period_start = cast(:start as date) and m.period_end = cast(:end as date)),
  'revisions', coalesce((
    select json_agg(json_build_object('revision', r.revision + 1, 'old_value', r.value,
      'new_value', r.new_value, 'reason', r.reason, 'author', {_named(user="u")}, 'run_id', r.replaced_by_run,
      'created_at', r.replaced_at, 'definition_version', coalesce(r.new_version, r.definition_version))
      order by r.replaced_at, r.revision)
    from (
      select v.*, lead(v.value) over later as new_value, lead(v.definition_version) over later as new_version
      from (
        select p.revision, p.value, p.reason, p.author_id, p.replaced_by_run,
          p.replaced_at, p.definition_version
        from lodestar.revisions p
        where p.company_id = :company and p.assignment_id = :id
          and p.period_start = cast(:start as date) and p.period_end = cast(:end as date)
        union all
        select m.revision, m.value, null, null, null, 'infinity', m.definition_version
        from lodestar.measurements m
        where m.company_id = :company and m.assignment_id = :id
          and m.period_start = cast(:start as date) and m.period_end = cast(:end as date)) as v
      window later as (order by v.replaced_at, v.revision)) as r
    left join lodestar.users u on u.company_id = :company and u.id = r.author_id
    where r.reason is not null), '[]'),
  'not_measured', (
    select json_build_object('run_id', o.run_id, 'outcome', o.outcome, 'reason', o.reason,
      'message', o.message)
    from lodestar.outcomes o
    where o.company_id = :company and o.assignment_id = :id and o.period_start = cast(:start as date)
      and o.period_end = cast(:end as date)
      and o.outcome in ('error', 'skipped')
    order by o.run_id desc limit 1))"""

EXPLANATIONS = {
    # Binds :company, :id, :start, :end.
    "stored_slot": _STORED_SLOT,
}
