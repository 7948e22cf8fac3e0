"""KPIs of the company itself, as lists, dashboard and details show them (spec 2.5).

Everybody in the company knows that these KPIs are there; their numbers are for those in whose scope they lie.
"""

from lodestar.persistence.views.alerts import ALERT_ROWS
from lodestar.persistence.views.changes import DIRECTION, IN_WORDS, PERCENT, gain
from lodestar.persistence.views.scores import CALENDAR
from lodestar.persistence.views.shapes import IN_SCOPE, TARGET, listed

_IS_OF_COMPANY = """a.company_id = :company and a.definition_id = d.id and a.subject_type = 'company'
      and a.is_active"""

_ONE = f"""
  where d.company_id = :company and d.is_active and d.id = :id
    and exists (select from lodestar.assignments a where {_IS_OF_COMPANY})"""

# As in a person's list, what is assigned on the day counts. The page is cut before anything is read.
_PAGE = f"""
  where d.company_id = :company and d.is_active
    and (cast(:period as text) is null or d.aggregation_period = cast(:period as text))
    and (cast(:category as text) is null or d.category = cast(:category as text))
    and (cast(:cursor as bigint) is null or d.id > cast(:cursor as bigint))
    and exists (select from lodestar.assignments a where {_IS_OF_COMPANY}
      and a.start_date <= cast(:on as date) and (a.end_date is null or a.end_date >= cast(:on as date)))
  order by d.id limit cast(:limit as bigint) + 1"""

# Two assignments of a KPI may share a period, where one ends and the next begins: the newer one counts.
_READING = f"""reading as materialized (
  select distinct on (d.id, c.back) d.id as kpi_id, c.back, m.period_start, m.period_end, m.value,
    m.target_low, m.target_high, m.achievement, m.status, m.state, m.entered_by
  from kpi d
  join calendar c on c.cadence = d.aggregation_period
  join lodestar.assignments a on {_IS_OF_COMPANY}
  join lodestar.measurements m on m.company_id = :company and m.assignment_id = a.id
    and m.period_start = c.period_start
    and m.period_start between cast(:cal_first as date) and cast(:cal_last as date)
  where d.is_visible
  order by d.id, c.back, a.start_date desc
)"""

# Shown is what somebody entered for the running period, else the newest closed period, else the running one.
_SHOWN = """shown as (
  select distinct on (kpi_id) * from reading
  order by kpi_id, case when back > 0 then 1 when entered_by is null then 2 else 0 end, back
)"""

# What is aimed at in the running period (spec 1.5): shown for a KPI that has no measurement yet.
_AIM = """aim as (
  select distinct on (k.id) k.id as kpi_id, t.target_low, t.target_high
  from kpi k
  join calendar c on c.cadence = k.aggregation_period and c.back = 0
  join lateral (
    select 1 as rank, r.period_end - r.period_start as days, r.created_at, r.target_low, r.target_high
    from lodestar.targets r
    where r.company_id = :company and r.definition_id = k.id and r.assignment_id is null
      and r.period_start <= c.period_start and r.period_end >= c.period_end
    union all
    select 2, 0, a.start_date, a.target_low, a.target_high
    from lodestar.assignments a
    where a.company_id = :company and a.definition_id = k.id and a.subject_type = 'company' and a.is_active
      and a.target_low is not null and a.start_date <= c.period_end
  ) t on true
  where k.is_visible and not exists (select from reading r where r.kpi_id = k.id)
  order by k.id, t.rank, t.days, t.created_at desc
)"""


def _standing(which: str) -> str:
    """How the KPIs of a choice stand, a row each; nothing is read of those that are locked."""
    return f"""{CALENDAR},
kpi as materialized (
  select d.id, d.key, d.name, d.description, d.category, d.unit, d.precision, d.aggregation_period,
    d.target_type, {IN_SCOPE.format("d")} as is_visible
  from lodestar.definitions d{which}
),
{_READING},
{_SHOWN},
{_AIM},
standing as (
  select k.*, s.back, s.period_start, s.period_end, s.value, s.achievement, s.state,
    coalesce(s.status, 'no_data') as status,
    coalesce(s.target_low, a.target_low) as target_low, coalesce(s.target_high, a.target_high) as target_high,
    b.value as previous, s.value - b.value as absolute,
    {gain("k.target_type", "s.value", "b.value", "s")} as gain
  from kpi k
  left join shown s on s.kpi_id = k.id
  left join reading b on b.kpi_id = k.id and b.back = s.back + 1
  left join aim a on a.kpi_id = k.id
)"""


_FIELDS = f"""'id', s.id, 'key', s.key, 'name', s.name, 'description', s.description,
  'category', s.category, 'unit', s.unit, 'precision', s.precision,
  'aggregation_period', s.aggregation_period, 'target_type', s.target_type, 'value', s.value,
  'target', {TARGET.format("s", "s")}, 'progress', s.achievement, 'status', s.status,
  'change', case when s.absolute is not null then json_build_object('absolute', s.absolute,
    'percent', {PERCENT.format("s")}, 'direction', {DIRECTION.format("s")},
    'text', {IN_WORDS.format("s")}) end,
  'period_start', s.period_start, 'period_end', s.period_end, 'state', s.state, 'locked', false"""

_ROWS = f"""with {_standing(_PAGE)}
select s.id, case when s.is_visible then json_build_object({_FIELDS})
  else json_build_object('name', s.name, 'category', s.category, 'locked', true) end as json
from standing s"""

_SPARKLINE = """(
    select json_agg(r.value order by n.back desc)
    from generate_series(s.back, s.back + 5) as n(back)
    left join reading r on r.kpi_id = s.id and r.back = n.back)"""

_DASHBOARD = f"""
with {_standing(_PAGE)},
card as (
  select s.id, s.aggregation_period, case when s.is_visible then json_build_object('id', s.id,
      'title', s.name, 'category', s.category, 'unit', s.unit, 'value', s.value,
      'target', {TARGET.format("s", "s")}, 'progress', s.achievement, 'status', s.status,
      'change', {IN_WORDS.format("s")}, 'sparkline', coalesce({_SPARKLINE}, '[]'), 'locked', false)
    else json_build_object('title', s.name, 'category', s.category, 'locked', true) end as json
  from standing s
),
cards as (
  select aggregation_period, json_agg(json order by id) as json from card group by aggregation_period
),
alert as ({ALERT_ROWS} order by x.id desc limit cast(:alerts as bigint))
select json_build_object(
  'daily', coalesce((select json from cards where aggregation_period = 'daily'), '[]'),
  'weekly', coalesce((select json from cards where aggregation_period = 'weekly'), '[]'),
  'monthly', coalesce((select json from cards where aggregation_period = 'monthly'), '[]'),
  'quarterly', coalesce((select json from cards where aggregation_period = 'quarterly'), '[]'),
  'alerts', coalesce((select json_agg(json order by id desc) from alert), '[]'))"""

# `trend` and `forecast` come as JSON: their rules are the domain's.
_ONE_KPI = f"""
with {_standing(_ONE)},
series as (
  select distinct on (m.period_start) m.*
  from lodestar.assignments a
  join lodestar.measurements m on m.company_id = :company and m.assignment_id = a.id
    and m.period_start between cast(:series_first as date) and cast(:on as date)
  where a.company_id = :company and a.definition_id = :id and a.subject_type = 'company' and a.is_active
    and m.period_end >= cast(:since as date)
  order by m.period_start, a.start_date desc
)
select json_build_object({_FIELDS},
  'series', coalesce((
    select json_agg(json_build_object('period_start', m.period_start, 'period_end', m.period_end,
      'value', m.value, 'target', {TARGET.format("m", "s")}, 'progress', m.achievement,
      'state', m.state) order by m.period_start) from series m), '[]'),
  'trend', cast(:trend as json), 'forecast', cast(:forecast as json))
from standing s where s.is_visible"""

_VALUE = f"""select json_build_object('kpi_id', m.definition_id, 'period_start', m.period_start,
  'period_end', m.period_end, 'value', m.value, 'target', {TARGET.format("m", "d")},
  'progress', m.achievement, 'status', m.status, 'state', m.state, 'meta_data', m.meta_data,
  'notes', m.notes)
from lodestar.measurements m
join lodestar.definitions d on d.company_id = m.company_id and d.id = m.definition_id
where m.company_id = :company and m.assignment_id = :id and m.period_start = :period_start"""

_TARGETS = f"""select t.id, json_build_object('id', t.id, 'kpi_id', t.definition_id,
  'target_value', {TARGET.format("t", "d")}, 'period_start', t.period_start, 'period_end', t.period_end,
  'notes', t.notes, 'created_by', t.created_by, 'created_at', t.created_at) as json
from lodestar.targets t
join lodestar.definitions d on d.company_id = t.company_id and d.id = t.definition_id
where t.company_id = :company and t.definition_id = :kpi_id and t.assignment_id is null"""

_GRANT = "'can_view', g.can_view, 'can_edit', g.can_edit, 'can_set_targets', g.can_set_targets"

_GRANTS = f"""select g.id, json_build_object('kpi_id', g.definition_id, 'user_id', g.user_id,
  'user_name', u.name, 'role', g.role, {_GRANT}) as json
from lodestar.grants g
left join lodestar.users u on u.company_id = g.company_id and u.id = g.user_id
where g.company_id = :company and g.definition_id = :kpi_id"""

COMPANY_KPIS = {
    "company_kpis": listed("kpis", _ROWS),
    "company_kpi": _ONE_KPI,
    "dashboard": _DASHBOARD,
    "company_value": _VALUE,
    "target": f"select json from ({_TARGETS} and t.id = :id) as t",
    "targets": listed("targets", _TARGETS),
    "grants": listed("permissions", _GRANTS),
}
