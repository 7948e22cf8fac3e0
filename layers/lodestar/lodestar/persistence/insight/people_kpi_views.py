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

    `whose` is a condition on the assignment `a`; what is a team's own has no `user_id`. Whatever belongs to a
    KPI is fetched for each by its key: a join is the planner's to turn round, and it does where it believes
    that there are hardly any rows (see `_parts_of` in values/score_parts.py). Binds `:company`, `:users`,
    `:on`, the `:calendar` and what `whose` binds.
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
{_recent()},
{_told()},
{score_of(OF_USERS)}"""


def _recent() -> str:
    """`recent`: the KPIs with their last six closed periods, newest first, and which period is shown.

    `values` and `versions` are of the closed periods, `compared_version` is the newest of these; `closed_low`
    and `closed_high` are the target of the newest closed period; `shown_start` and `shown_end` are the dates
    of the newest period that is measured, best a closed one. Needs `chosen` and `calendar`; binds `:company`.
    """
    of_closed = "filter (where k.back between 1 and 6)"
    return f"""recent as materialized (
  select c.*, r.*
  from chosen c
  cross join lateral (
    select
      array_agg(m.value order by k.back) {of_closed} as values,
      array_agg(m.definition_version order by k.back) {of_closed} as versions,
      (array_agg(m.definition_version order by k.back)
        filter (where k.back between 1 and 6 and m.definition_version is not null))[1] as compared_version,
      max(m.target_low) filter (where k.back = 1) as closed_low,
      max(m.target_high) filter (where k.back = 1) as closed_high,
      coalesce(max(m.period_start) filter (where k.back > 0), max(m.period_start)) as shown_start,
      coalesce(max(m.period_end) filter (where k.back > 0), max(m.period_end)) as shown_end
    from calendar k
    left join lateral (
      select m.* from lodestar.measurements m
      where m.company_id = :company and m.assignment_id = c.id and m.period_start = k.period_start
        and m.period_end = k.period_end and {_is_known("k", "m")}
      limit 1) as m on true
    where k.cadence = c.aggregation_period) as r
)"""


def _is_known(period: str, measurement: str) -> str:
    """Whether a measurement was known on the day: of the period that ran then, a value to date only.

    What that period came to in the end is no number of an earlier day.
    """
    return f"({period}.back > 0 or {measurement}.state = '{MeasurementState.OPEN}')"


def _told() -> str:
    """`entry`: the KPIs as the API lists them. Needs `recent` and `calendar`. Binds `:company`."""
    trend = comparable_series("r.definition_id", "r.values", "r.versions", "r.compared_version")
    return f"""entry as (
  select r.user_id, r.id, r.key, n.value, n.achievement, json_build_object(
    'id', r.id,
    'kpi_definition', json_build_object('id', r.definition_id, 'name', r.name,
      'description', r.description, 'unit', r.unit),
    'target_value', {target_json(bounds="b", definition="r")},
    'target_origin', b.target_origin,
    'weight', coalesce(n.weight, r.weight),
    'current_terms', case when coalesce(n.weight, r.weight) <> r.weight
        or b.target_origin = 'assignment_default'
        and (b.target_low, b.target_high) is distinct from (r.target_low, r.target_high)
      then json_build_object('weight', r.weight,
        'target_value', {target_json(bounds="r", definition="r")}) end,
    'status', coalesce(n.status, case when b.target_low is null then 'no_target' else 'no_data' end),
    'current_measurement', case when n.assignment_id is not null then json_build_object(
      'actual_value', n.value, 'achievement_percentage', n.achievement,
      'period_start', n.period_start, 'period_end', n.period_end, 'state', n.state,
      'covered_days', n.covered_days, 'is_partial', n.is_partial) end,
    'trend', {trend},
    'change', case when m.absolute is not null then json_build_object(
      'absolute', m.absolute, 'percent', {percent_of(row="m")}, 'direction', {direction_of(row="m")})
      end) as json
  from recent r
  {_shown()}
)"""


def _shown() -> str:
    """What is shown of a row `r` of `recent`.

    `n`: its measurement; `b`: the target by the standard of that, else of the running period; `m`: the change
    of the newest closed period against the one before. Needs `calendar`. Binds `:company`.
    """
    return f"""left join lateral (
    select m.* from lodestar.measurements m
    where m.company_id = :company and m.assignment_id = r.id and m.period_start = r.shown_start
      and m.period_end = r.shown_end
    limit 1) as n on true
  left join lateral (
    select f.* from calendar k
    cross join lateral lodestar.target_in_force(:company, r.id, k.period_start, k.period_end) as f
    where n.assignment_id is null and k.cadence = r.aggregation_period and k.back = 0
    offset 0) as p on true
  cross join lateral (
    select case when n.assignment_id is null then p.target_low else n.target_low end as target_low,
      case when n.assignment_id is null then p.target_high else n.target_high end as target_high,
      coalesce(n.target_origin, p.target_origin, '{TargetOrigin.NONE}') as target_origin) as b
  cross join lateral (
    select r.closed_low as target_low, r.closed_high as target_high,
      {target_type_of("r.definition_id", "r.versions[1]", "r")} as target_type) as w
  cross join lateral (
    select r.values[2] as previous,
      case when {is_comparable("r.definition_id", "r.versions[1]", "r.versions[2]")}
        then r.values[1] - r.values[2] end as absolute,
      {gain("w.target_type", current="r.values[1]", previous="r.values[2]", target="w")} as gain) as m"""


_USER_KPIS = f"""
with {_entries(OF_USERS)}
select json_build_object(
  'kpis', coalesce((select json_agg(json order by id) from entry), '[]'),
  'overall_score', (select score from score), 'coverage', (select coverage from score))"""

_NO_KPIS = "{}"

_MEASURED_OF_THOSE_WHO_COUNT = f"""cross join lateral (
      select a.id from lodestar.assignments a
      where a.company_id = :company and a.user_id = c.user_id and a.definition_id = d.id limit 1) as a
    cross join lateral (
      select m.value, m.achievement from lodestar.measurements m
      where m.company_id = :company and m.assignment_id = a.id and m.period_start = c.period_start
        and m.period_end = c.period_end and m.value is not null and {_is_known("c", "m")} limit 1) as m"""
"""What of the KPI `d` is measured of those who are `counting` as `c`, fetched by its keys, as in a score.

Binds `:company`.
"""

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
  select d.id, d.key, d.category, c.user_id, m.value, m.achievement
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
