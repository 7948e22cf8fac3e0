"""What is stored of one slot: the half of an explanation that is not calculated again."""


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

EXPLANATIONS = {
    # Binds :company, :id, :start, :end.
    "stored_slot": _STORED_SLOT,
}
