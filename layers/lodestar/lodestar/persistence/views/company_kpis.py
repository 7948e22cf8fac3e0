"""KPIs of the company itself, as lists, dashboard and details show them.

Everybody in the company knows that these KPIs are there; their numbers are for those in whose scope they lie.
"""

from lodestar.persistence.views.alerts import ALERT_ROWS
from lodestar.persistence.views.changes import DIRECTION, IN_WORDS, PERCENT, gain
from lodestar.persistence.views.scores import CALENDAR
from lodestar.persistence.views.shapes import IN_SCOPE, TARGET, listed

_IS_OF_COMPANY = """a.company_id = :company and a.definition_id = {} and a.subject_type = 'company'
      and a.is_active"""

_ONE = f"""
  where d.company_id = :company and d.is_active and d.id = :id
    and exists (select from lodestar.assignments a where {_IS_OF_COMPANY.format("d.id")})"""

# As in a person's list, what is assigned on the day counts. The page is cut before anything is read.
_PAGE = f"""
  where d.company_id = :company and d.is_active
    and (cast(:period as text) is null or d.aggregation_period = cast(:period as text))
    and (cast(:category as text) is null or d.category = cast(:category as text))
    and (cast(:cursor as bigint) is null or d.id > cast(:cursor as bigint))
    and exists (select from lodestar.assignments a where {_IS_OF_COMPANY.format("d.id")}
      and a.start_date <= cast(:on as date) and (a.end_date is null or a.end_date >= cast(:on as date)))
  order by d.id limit cast(:limit as bigint) + 1"""

# A KPI's last periods with their measurements, newest first: `recent[1]` is the running one's value. Shown is
# what somebody entered for the running period, else the newest closed one, else the running one. Where two
# assignments share a period, because one ends in it and the next begins, the newer one counts.
# One look-up for each KPI: joins between such rows grow with the square of the KPIs.
_LATELY = f"""
  select array_agg((m).value order by back) as recent,
    (array_agg(m order by rank, back) filter (where (m).period_start is not null))[1] as shown,
    (array_agg(back order by rank, back) filter (where (m).period_start is not null))[1] as back
  from (
    select c.back, x.m,
      case when c.back > 0 then 1 when (x.m).entered_by is null then 2 else 0 end as rank
    from calendar c
    left join lateral (
      select m from lodestar.assignments a
      join lodestar.measurements m on m.company_id = :company and m.assignment_id = a.id
        and m.period_start = c.period_start
        and m.period_start between cast(:cal_first as date) and cast(:cal_last as date)
      where {_IS_OF_COMPANY.format("k.id")}
      order by a.start_date desc limit 1) as x on true
    where k.is_visible and c.cadence = k.aggregation_period) as period"""

# What is aimed at in the running period: shown for a KPI that has no measurement yet.
_AIM = f"""
  select t.target_low, t.target_high
  from calendar c
  join lateral (
    select 1 as rank, r.period_end - r.period_start as days, r.created_at, r.target_low, r.target_high
    from lodestar.targets r
    where r.company_id = :company and r.definition_id = k.id and r.assignment_id is null
      and r.period_start <= c.period_start and r.period_end >= c.period_end
    union all
    select 2, 0, a.start_date, a.target_low, a.target_high
    from lodestar.assignments a
    where {_IS_OF_COMPANY.format("k.id")}
      and a.target_low is not null and a.start_date <= c.period_end
  ) t on true
  where k.is_visible and l.back is null and c.cadence = k.aggregation_period and c.back = 0
  order by t.rank, t.days, t.created_at desc limit 1"""


def _standing(which: str) -> str:
    """How the KPIs of a choice stand, a row each; nothing is read of those that are locked."""
    return f"""{CALENDAR},
kpi as materialized (
  select d.id, d.key, d.name, d.description, d.category, d.unit, d.precision, d.aggregation_period,
    d.target_type, {IN_SCOPE.format("d")} as is_visible
  from lodestar.definitions d{which}
),
lately as materialized (
  select k.*, l.back, l.recent, l.recent[l.back + 2] as previous, (l.shown).period_start,
    (l.shown).period_end, (l.shown).value, (l.shown).achievement, (l.shown).state,
    coalesce((l.shown).status, 'no_data') as status,
    coalesce((l.shown).target_low, a.target_low) as target_low,
    coalesce((l.shown).target_high, a.target_high) as target_high
  from kpi k
  left join lateral ({_LATELY}) as l on true
  left join lateral ({_AIM}) as a on true
),
standing as (
  select s.*, s.value - s.previous as absolute, {gain("s.target_type", "s.value", "s.previous", "s")} as gain
  from lately s
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
    select json_agg(s.recent[n.back] order by n.back desc)
    from generate_series(s.back + 1, s.back + 6) as n(back))"""

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
