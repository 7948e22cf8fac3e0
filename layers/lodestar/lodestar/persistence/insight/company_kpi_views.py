"""KPIs of the company itself, as lists, dashboard and details show them.

Everybody in the company knows that these KPIs are there; their numbers are for those in whose scope they lie.
"""

from lodestar.persistence.alerts.views import alert_rows
from lodestar.persistence.insight.change_parts import (
    change_in_words,
    comparable_series,
    direction_of,
    gain,
    percent_of,
    target_type_of,
)
from lodestar.persistence.kernel.sql_parts import (
    is_company_kpi,
    is_comparable,
    is_visible,
    listed,
    target_json,
    where,
)
from lodestar.persistence.values.score_parts import CALENDAR


def _is_of_company(kpi: str) -> str:
    """Whether the assignment `a` gives a KPI (a row with the definition's `id`) to the company.

    Binds `:company`.
    """
    return f"""a.company_id = :company and a.definition_id = {kpi}.id and a.subject_type = 'company'"""


# The definition `d` is that of `:id`, retired or not, and a KPI of the company: today, earlier or later.
_IS_ASKED_FOR = f"""d.company_id = :company and d.id = :id
    and {is_company_kpi(definition="d.id")}"""

# As in a person's list, what is assigned on the day `:on` counts. `:period` and `:category`: null takes any.
_IS_LISTED = f"""d.company_id = :company and d.is_active
    and (cast(:period as text) is null or d.aggregation_period = cast(:period as text))
    and (cast(:category as text) is null or d.category = cast(:category as text))
    and (cast(:cursor as bigint) is null or d.id > cast(:cursor as bigint))
    and exists (
      select from lodestar.assignments a
      join lodestar.terms t on t.company_id = a.company_id and t.assignment_id = a.id
        and t.start_date <= cast(:on as date) and (t.end_date is null or t.end_date >= cast(:on as date))
      where {_is_of_company(kpi="d")})"""

# The page is cut before anything is read.
_CUT = "order by d.id limit cast(:limit as bigint) + 1"


def _recent_periods(kpi: str) -> str:
    """A KPI's last periods: its `recent` values, the measurement that is `shown`, and how far `back` that is.

    The values, and the `versions` that gave them, are newest first; `recent[1]` is the running period's.
    Shown is what somebody entered for the running period, else the newest closed one, else the running one.
    One look-up for each KPI: joins between such rows grow with the square of the KPIs. Needs `calendar`;
    binds `:company` and the `:calendar`.
    """
    return f"""
  select array_agg((m).value order by back) as recent,
    array_agg((m).definition_version order by back) as versions,
    (array_agg(m order by rank, back) filter (where (m).period_start is not null))[1] as shown,
    (array_agg(back order by rank, back) filter (where (m).period_start is not null))[1] as back
  from (
    select c.back, x.m,
      case when c.back > 0 then 1 when (x.m).entered_by is null then 2 else 0 end as rank
    from calendar c
    left join lateral (
      select m from lodestar.assignments a
      join lodestar.measurements m on m.company_id = :company and m.assignment_id = a.id
        and m.period_start = c.period_start and m.period_end = c.period_end
      where {_is_of_company(kpi)}) as x on true
    where {kpi}.is_visible and c.cadence = {kpi}.aggregation_period) as period"""


def _target_in_force(kpi: str, lately: str) -> str:
    """The target of the running period: shown for a KPI that has no measurement yet.

    `lately` is the row of `_recent_periods`. Needs `calendar`; binds `:company`.
    """
    return f"""
  select t.target_low, t.target_high
  from calendar c
  join lodestar.assignments a on {_is_of_company(kpi)}
  cross join lateral lodestar.target_in_force(:company, a.id, c.period_start, c.period_end) as t
  where {kpi}.is_visible and {lately}.back is null and c.cadence = {kpi}.aggregation_period and c.back = 0
  offset 0"""


def _current_kpis(which: str, cut: str = "") -> str:
    """`calendar` and `current_kpi`: how KPIs of the company stand, a row each; of locked ones nothing.

    `which` is a condition on the definition `d`, `cut` what makes a page of them. Binds `:company`,
    `:everything`, `:categories`, `:granted`, the `:calendar`, and what `which` and `cut` bind.
    """
    judged_by = target_type_of("s.id", "s.version", newest="s")
    return f"""{CALENDAR},
kpi as materialized (
  select d.id, d.key, d.name, d.description, d.category, d.unit, d.precision, d.aggregation_period,
    d.target_type, d.version as newest_version, d.retired_on, {is_visible(kpi="d")} as is_visible
  from lodestar.definitions d
  {where(which)}
  {cut}
),
lately as materialized (
  select k.*, l.back, l.recent, l.versions, l.recent[l.back + 2] as previous,
    (l.shown).definition_version as version, l.versions[l.back + 2] as previous_version,
    (l.shown).period_start,
    (l.shown).period_end, (l.shown).value, (l.shown).achievement, (l.shown).state,
    coalesce((l.shown).status, 'no_data') as status,
    coalesce((l.shown).target_low, a.target_low) as target_low,
    coalesce((l.shown).target_high, a.target_high) as target_high
  from kpi k
  left join lateral ({_recent_periods(kpi="k")}) as l on true
  left join lateral ({_target_in_force(kpi="k", lately="l")}) as a on true
),
current_kpi as (
  select s.*, case when {is_comparable("s.id", "s.version", "s.previous_version")}
      then s.value - s.previous end as absolute,
    {gain(judged_by, current="s.value", previous="s.previous", target="s")} as gain
  from lately s
)"""


def _fields(row: str) -> str:
    """What the API shows of a KPI that the caller may see; `row` is one of `current_kpi`."""
    return f"""'id', {row}.id, 'key', {row}.key, 'name', {row}.name, 'description', {row}.description,
  'category', {row}.category, 'unit', {row}.unit, 'precision', {row}.precision,
  'aggregation_period', {row}.aggregation_period, 'target_type', {row}.target_type, 'value', {row}.value,
  'target', {target_json(bounds=row, definition=row)}, 'progress', {row}.achievement, 'status', {row}.status,
  'change', case when {row}.absolute is not null then json_build_object('absolute', {row}.absolute,
    'percent', {percent_of(row=row)}, 'direction', {direction_of(row=row)},
    'text', {change_in_words(row=row)}) end,
  'period_start', {row}.period_start, 'period_end', {row}.period_end, 'state', {row}.state, 'locked', false"""


_ROWS = f"""with {_current_kpis(_IS_LISTED, _CUT)}
select s.id, case when s.is_visible then json_build_object({_fields(row="s")})
  else json_build_object('name', s.name, 'category', s.category, 'locked', true) end as json
from current_kpi s"""


def _sparkline(row: str) -> str:
    """The shown value behind the five before it, oldest first; `row` is one of `current_kpi`."""
    return comparable_series(
        f"{row}.id", f"{row}.recent", f"{row}.versions", f"{row}.version", f"{row}.back + 1"
    )


_DASHBOARD = f"""
with {_current_kpis(_IS_LISTED, _CUT)},
card as (
  select s.id, s.aggregation_period, case when s.is_visible then json_build_object('id', s.id,
      'title', s.name, 'category', s.category, 'unit', s.unit, 'value', s.value,
      'target', {target_json(bounds="s", definition="s")}, 'progress', s.achievement, 'status', s.status,
      'change', {change_in_words(row="s")}, 'sparkline', coalesce({_sparkline(row="s")}, '[]'),
      'locked', false)
    else json_build_object('title', s.name, 'category', s.category, 'locked', true) end as json
  from current_kpi s
),
cards as (
  select aggregation_period, json_agg(json order by id) as json from card group by aggregation_period
),
alert as ({alert_rows(newest=":alerts")})
select json_build_object(
  'daily', coalesce((select json from cards where aggregation_period = 'daily'), '[]'),
  'weekly', coalesce((select json from cards where aggregation_period = 'weekly'), '[]'),
  'monthly', coalesce((select json from cards where aggregation_period = 'monthly'), '[]'),
  'quarterly', coalesce((select json from cards where aggregation_period = 'quarterly'), '[]'),
  'alerts', coalesce((select json_agg(json order by id desc) from alert), '[]'))"""

# `trend` and `forecast` come as JSON: their rules are the domain's.
_ONE_KPI = f"""
with {_current_kpis(_IS_ASKED_FOR)},
series as (
  select m.*
  from current_kpi k
  join lodestar.assignments a on {_is_of_company(kpi="k")}
  join lodestar.measurements m on m.company_id = :company and m.assignment_id = a.id
    and m.period_start between cast(:series_first as date) and cast(:on as date)
  where m.period_end >= cast(:since as date)
)
select json_build_object({_fields(row="s")},
  'series', coalesce((
    select json_agg(json_build_object('period_start', m.period_start, 'period_end', m.period_end,
      'value', m.value, 'target', {target_json(bounds="m", definition="s")}, 'progress', m.achievement,
      'state', m.state) order by m.period_start) from series m), '[]'),
  'trend', cast(:trend as json), 'retired_on', s.retired_on, 'forecast', cast(:forecast as json))
from current_kpi s where s.is_visible"""

COMPANY_KPIS = {
    # Binds :company, :period, :category, :on, :calendar, :everything, :categories, :granted, :cursor, :limit.
    "company_kpis": listed("kpis", _ROWS),
    # Binds :company, :id, :series_first, :on, :since, :trend, :forecast, :calendar, :everything, :categories,
    # :granted.
    "company_kpi": _ONE_KPI,
    # Binds :company, :period, :category, :on, :state, :severity, :kpi_id, :user_id, :now, :me, :teams,
    # :alerts, :calendar, :everything, :categories, :granted, :cursor, :limit.
    "dashboard": _DASHBOARD,
}
