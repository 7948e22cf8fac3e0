"""The KPIs of a person and of a team, with scores and averages, as the API lists them."""

from lodestar.domain.measurements import MeasurementState
from lodestar.domain.targets import TargetOrigin
from lodestar.persistence.insight.change_parts import (
    comparable_series,
    direction_of,
    gain,
    percent_of,
    target_type_of,
)
from lodestar.persistence.kernel.sql_parts import counts_in_period, is_comparable, is_visible, target_json
from lodestar.persistence.values.score_parts import CALENDAR, OF_USERS, score_of


def _entries(whose: str) -> str:
    """`entry`: KPIs on the day `:on`, a row each; and the `score` of `:users`.

    `whose` is a condition on the assignment `a`; what is a team's own has no `user_id`. Binds `:company`,
    `:users`, `:on`, the `:calendar` and what `whose` binds.
    """
    return f"""{CALENDAR},
chosen as (
  select a.id, a.user_id, t.weight, t.target_low, t.target_high, d.id as definition_id, d.key, d.name,
    d.description, d.unit, d.aggregation_period, d.target_type, d.version as newest_version
  from lodestar.assignments a
  join lodestar.terms t on t.company_id = a.company_id and t.assignment_id = a.id
    and t.start_date <= cast(:on as date) and (t.end_date is null or t.end_date >= cast(:on as date))
  join lodestar.definitions d on d.company_id = a.company_id and d.id = a.definition_id
  where a.company_id = :company and {whose}
    and (d.retired_on is null or cast(:on as date) < d.retired_on)
),
reading as (
  select c.id, c.target_type, k.back, m.*
  from chosen c
  join calendar k on k.cadence = c.aggregation_period
  left join lodestar.measurements m on m.company_id = :company and m.assignment_id = c.id
    and m.period_start = k.period_start and m.period_end = k.period_end and {_is_known("k", "m")}
),
{_moved()},
newest as (
  select r.* from series s join reading r on r.id = s.id and r.back = s.newest_back
),
{_shown()},
{_told()},
{score_of(OF_USERS)}"""


def _moved() -> str:
    """`series`: the values of the last six closed periods, and which one is the newest; `moved`: its change.

    Needs `reading` and `chosen`; binds `:company`.
    """
    trend = comparable_series("c.definition_id", "s.values", "s.versions", "s.newest_version")
    return f"""series as (
  select id,
    coalesce(min(back) filter (where back > 0 and period_start is not null),
      min(back) filter (where period_start is not null)) as newest_back,
    array_agg(value order by back) filter (where back between 1 and 6) as values,
    array_agg(definition_version order by back) filter (where back between 1 and 6) as versions,
    (array_agg(definition_version order by back)
      filter (where back between 1 and 6 and definition_version is not null))[1] as newest_version,
    max(target_low) filter (where back = 1) as target_low,
    max(target_high) filter (where back = 1) as target_high
  from reading group by id
),
moved as (
  select s.id, s.values[2] as previous, {trend} as trend,
    case when {is_comparable("c.definition_id", "s.versions[1]", "s.versions[2]")}
      then s.values[1] - s.values[2] end as absolute,
    {gain("w.target_type", current="s.values[1]", previous="s.values[2]", target="s")} as gain
  from series s join chosen c using (id)
  cross join lateral (select {target_type_of("c.definition_id", "s.versions[1]", "c")} as target_type) as w
)"""


def _is_known(period: str, measurement: str) -> str:
    """Whether a measurement was known on the day: of the period that ran then, a value to date only.

    What that period came to in the end is no number of an earlier day.
    """
    return f"({period}.back > 0 or {measurement}.state = '{MeasurementState.OPEN}')"


def _shown() -> str:
    """`shown`: the KPIs with their newest measurement, by its own standard or else the running period's.

    Needs `chosen`, `newest` and `calendar`. Binds `:company`.
    """
    return f"""shown as (
  select c.*, n.period_start, n.value, n.achievement, n.status,
    coalesce(n.weight, c.weight) as shown_weight,
    case when n.id is null then p.target_low else n.target_low end as shown_low,
    case when n.id is null then p.target_high else n.target_high end as shown_high,
    coalesce(n.target_origin, p.target_origin, '{TargetOrigin.NONE}') as target_origin,
    case when n.id is not null then json_build_object(
      'actual_value', n.value, 'achievement_percentage', n.achievement,
      'period_start', n.period_start, 'period_end', n.period_end, 'state', n.state,
      'covered_days', n.covered_days, 'is_partial', n.is_partial) end as current_measurement
  from chosen c
  left join newest n using (id)
  left join lateral (
    select f.* from calendar k
    cross join lateral lodestar.target_in_force(:company, c.id, k.period_start, k.period_end) as f
    where n.id is null and k.cadence = c.aggregation_period and k.back = 0
    offset 0) as p on true
)"""


def _told() -> str:
    """`entry`: the KPIs as the API lists them. Needs `shown` and `moved`."""
    return f"""entry as (
  select s.user_id, s.id, s.key, s.value, s.achievement, json_build_object(
    'id', s.id,
    'kpi_definition', json_build_object('id', s.definition_id, 'name', s.name,
      'description', s.description, 'unit', s.unit),
    'target_value', {target_json(bounds="b", definition="s")},
    'target_origin', s.target_origin,
    'weight', s.shown_weight,
    'current_terms', case when s.shown_weight <> s.weight or s.target_origin = 'assignment_default'
        and (b.target_low, b.target_high) is distinct from (s.target_low, s.target_high)
      then json_build_object('weight', s.weight,
        'target_value', {target_json(bounds="s", definition="s")}) end,
    'status', coalesce(s.status, case when b.target_low is null then 'no_target' else 'no_data' end),
    'current_measurement', s.current_measurement,
    'trend', m.trend,
    'change', case when m.absolute is not null then json_build_object(
      'absolute', m.absolute, 'percent', {percent_of(row="m")}, 'direction', {direction_of(row="m")})
      end) as json
  from shown s
  join moved m using (id)
  cross join lateral (select s.shown_low as target_low, s.shown_high as target_high) b
)"""


_USER_KPIS = f"""
with {_entries(OF_USERS)}
select json_build_object(
  'kpis', coalesce((select json_agg(json order by id) from entry), '[]'),
  'overall_score', (select score from score), 'coverage', (select coverage from score))"""

_NO_KPIS = "{}"

_MEASURED_OF_THOSE_WHO_COUNT = f"""join lodestar.assignments a
      on a.company_id = :company and a.user_id = c.user_id and a.definition_id = d.id
    join lodestar.measurements m on m.company_id = :company and m.assignment_id = a.id
      and m.period_start = c.period_start and m.period_end = c.period_end
      and m.value is not null and {_is_known("c", "m")}"""
"""What of the KPI `d` is measured of those who are `counting` as `c`: `a` and `m`. Binds `:company`."""

# A member sees averages only: `:with_members` leaves the members out in the same statement, and averages that
# would tell of single colleagues. In an average of a period stands who counts for the team in that period,
# whoever is in it on the day; of each KPI it is the newest in which somebody is measured, best a closed one.
_TEAM_KPIS = f"""
with {_entries(f"({OF_USERS} or a.team_id = :team)")},
member as (
  select u.id, json_build_object('user_id', u.id, 'name', u.name, 'overall_score', s.score,
    'coverage', s.coverage,
    'kpis', coalesce((
      select json_agg(e.json order by e.id) from entry e where e.user_id = u.id), '[]')) as json
  from lodestar.users u left join score s on s.user_id = u.id
  where u.company_id = :company and u.id = any(cast(:users as bigint[]))
),
counting as materialized (
  select s.user_id, k.cadence, k.back, k.period_start, k.period_end
  from lodestar.memberships s join calendar k
    on {counts_in_period("s", "k.period_start", "k.period_end")}
  where s.company_id = :company and s.team_id = :team and (k.back > 0 or cast(:with_members as boolean))
),
averaged as (
  select d.id, d.key, d.category, n.*
  from lodestar.definitions d
  cross join lateral (
    select k.cadence, k.back, k.period_start, k.period_end
    from (
      select *, back = 0 as is_running from calendar
      where cadence = d.aggregation_period order by is_running, back) as k
    cross join lateral (
      select from counting c {_MEASURED_OF_THOSE_WHO_COUNT}
      where (c.cadence, c.back) = (k.cadence, k.back)
      limit 1) as measured
    where d.retired_on is null or k.period_end < d.retired_on
    order by k.is_running, k.back limit 1) as n
  where d.company_id = :company
),
counted as (
  select d.id, d.key, d.category, a.user_id, m.value, m.achievement
  from averaged d
  join counting c on (c.cadence, c.back) = (d.cadence, d.back)
  {_MEASURED_OF_THOSE_WHO_COUNT}
),
average as (
  select key, json_build_object('average', round(avg(value), 4),
    'achievement_percentage', lodestar.two_decimals(avg(achievement)), 'members', count(value)) as json
  from counted as k
  group by id, key, category
  having cast(:with_members as boolean)
    or (count(*) filter (where user_id <> :me) >= cast(:min_group_size as integer)
      and ({is_visible(kpi="k")}
        or exists (select from chosen c where c.user_id = :me and c.definition_id = k.id)))
)
select json_build_object(
  'team_kpis', case when cast(:with_members as boolean)
    then coalesce((select json_agg(json order by id) from entry where user_id is null), '[]') else '[]' end,
  'team_members', case when cast(:with_members as boolean)
    then coalesce((select json_agg(json order by id) from member), '[]') else '[]' end,
  'team_averages', json_build_object(
    'overall_score', (
      select case when cast(:with_members as boolean)
          or count(score) filter (where user_id <> :me) >= cast(:min_group_size as integer)
        then lodestar.two_decimals(avg(score)) end from score),
    'kpi_averages', coalesce((select json_object_agg(key, json order by key) from average), '{_NO_KPIS}')))"""

PEOPLE_KPIS = {
    # Binds :company, :users, :on, :calendar.
    "user_kpis": _USER_KPIS,
    # Binds :company, :users, :on, :team, :me, :with_members, :min_group_size, :everything, :categories,
    # :granted, :calendar.
    "team_kpis": _TEAM_KPIS,
}
