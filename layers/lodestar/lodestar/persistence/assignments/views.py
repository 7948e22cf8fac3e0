"""Assignments and the targets of the company's own KPIs, as the API shows them."""

from lodestar.persistence.kernel.sql_parts import TODAY, is_in_team_on, listed, target_json, where


def _assignments(*conditions: str) -> str:
    """The assignments `a` that meet the conditions, with all their terms.

    Beside these stand those of the day `:today`, else the next ones, else the last. Binds `:company`,
    `:today` and what the conditions bind.
    """
    return f"""select a.id, json_build_object('id', a.id, 'kpi_definition_id', a.definition_id,
  'subject_type', a.subject_type, 'user_id', a.user_id, 'team_id', a.team_id,
  'target_value', {target_json(bounds="n", definition="d")}, 'weight', n.weight,
  'start_date', n.start_date, 'end_date', n.end_date,
  'is_active', exists (
    select from lodestar.terms t
    where t.company_id = :company and t.assignment_id = a.id
      and coalesce(t.end_date, 'infinity') > cast(:today as date)),
  'terms', coalesce((
    select json_agg(json_build_object('start_date', t.start_date, 'end_date', t.end_date,
      'weight', t.weight, 'target_value', {target_json(bounds="t", definition="d")},
      'for_people', t.for_people) order by t.start_date)
    from lodestar.terms t where t.company_id = :company and t.assignment_id = a.id), '[]'),
  'version', a.version, 'withdrawn', a.withdrawn, 'run_id', a.run_id) as json
from lodestar.assignments a
join lodestar.definitions d on d.company_id = a.company_id and d.id = a.definition_id
left join lateral (
  select t.* from lodestar.terms t
  where t.company_id = :company and t.assignment_id = a.id
  order by coalesce(t.end_date, 'infinity') < cast(:today as date),
    case when coalesce(t.end_date, 'infinity') < cast(:today as date) then -(t.start_date - date '2000-01-01')
      else t.start_date - date '2000-01-01' end limit 1) as n on true
{where("a.company_id = :company", *conditions)}"""


# `:everybody` sees all; a person themselves; a manager (`:teams`) who is in their teams today, and the teams.
# Binds :company, :now, :everybody, :me, :teams, :company_too.
_MAY_BE_SEEN = f"""(cast(:everybody as boolean) or a.user_id = :me
    or a.team_id = any(cast(:teams as bigint[]))
    or a.subject_type = 'company' and cast(:company_too as boolean)
    or exists (
      select from lodestar.memberships s
      where s.company_id = :company and s.user_id = a.user_id and s.team_id = any(cast(:teams as bigint[]))
        and {is_in_team_on("s", TODAY)}))"""


def _targets(*conditions: str, more: str = "") -> str:
    """The company-level targets of the KPI `:kpi_id` that meet the conditions on `t`, with `more` fields."""
    return f"""select t.id, json_build_object('id', t.id, 'kpi_id', t.definition_id,
  'target_value', {target_json(bounds="t", definition="d")}, 'period_start', t.period_start,
  'period_end', t.period_end, 'notes', t.notes, 'created_by', t.created_by,
  'created_at', t.created_at{more}) as json
from lodestar.targets t
join lodestar.definitions d on d.company_id = t.company_id and d.id = t.definition_id
{where("t.company_id = :company", "t.definition_id = :kpi_id", "t.assignment_id is null", *conditions)}"""


# Binds :closed_periods_with_another_target, :run_id, :follow_up_run_id.
_EFFECTS = """
  'closed_periods_with_another_target', cast(:closed_periods_with_another_target as integer),
  'run_id', cast(:run_id as bigint), 'follow_up_run_id', cast(:follow_up_run_id as bigint)"""

ASSIGNMENTS = {
    # Binds :company, :id, :today.
    "assignment": f"select json from ({_assignments('a.id = :id')}) as a",
    # Binds :company, :kpi_id, :today, :now, :everybody, :me, :teams, :company_too, :cursor, :limit.
    "assignments": listed("assignments", _assignments("a.definition_id = :kpi_id", _MAY_BE_SEEN)),
    # Binds :company, :id, :kpi_id.
    "target": f"select json from ({_targets('t.id = :id')}) as t",
    # Binds :company, :id, :kpi_id, :closed_periods_with_another_target, :run_id, :follow_up_run_id.
    "set_target": f"select json from ({_targets('t.id = :id', more=f',{_EFFECTS}')}) as t",
    # What a target was when it was there, as `target` told it, with what follows from its end.
    # Binds :target, :closed_periods_with_another_target, :run_id, :follow_up_run_id.
    "deleted_target": f"""
select json_object_agg(t.key, t.value) from (
  select * from json_each(cast(:target as json))
  union all select * from json_each(json_build_object({_EFFECTS}))) as t""",
    # Binds :company, :kpi_id, :cursor, :limit.
    "targets": listed("targets", _targets()),
}
