"""One measurement, of a person and of a team or the company, as the API shows it."""

from lodestar.persistence.kernel.sql_parts import target_json

_MEASUREMENT = f"""select json_build_object('id', m.assignment_id, 'period_start', m.period_start,
  'period_end', m.period_end, 'actual_value', m.value,
  'target_value', {target_json(bounds="m", definition="d")}, 'achievement_percentage', m.achievement,
  'status', m.status, 'state', m.state, 'notes', m.notes, 'weight', m.weight,
  'covered_days', m.covered_days, 'is_partial', m.is_partial,
  'run_id', cast(:run_id as bigint))
from lodestar.measurements m
join lodestar.assignments a on a.company_id = m.company_id and a.id = m.assignment_id
join lodestar.definitions d on d.company_id = a.company_id and d.id = a.definition_id
where m.company_id = :company and m.assignment_id = :id and m.period_start = :period_start
  and m.period_end = :period_end"""

_GROUP_VALUE = f"""select json_build_object('kpi_id', a.definition_id, 'team_id', a.team_id,
  'period_start', m.period_start, 'period_end', m.period_end, 'value', m.value,
  'target', {target_json(bounds="m", definition="d")}, 'progress', m.achievement,
  'status', m.status, 'state', m.state, 'meta_data', m.meta_data, 'notes', m.notes,
  'run_id', cast(:run_id as bigint))
from lodestar.measurements m
join lodestar.assignments a on a.company_id = m.company_id and a.id = m.assignment_id
join lodestar.definitions d on d.company_id = a.company_id and d.id = a.definition_id
where m.company_id = :company and m.assignment_id = :id and m.period_start = :period_start
  and m.period_end = :period_end"""


VALUES = {
    # Binds :company, :id, :period_start, :period_end, :run_id.
    "measurement": _MEASUREMENT,
    # Binds :company, :id, :period_start, :period_end, :run_id.
    "group_value": _GROUP_VALUE,
}
