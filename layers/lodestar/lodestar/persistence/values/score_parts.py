"""The overall score in SQL, one formula for every reader.

The rule runs here only; tests hold it to an oracle in Python.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from lodestar.domain.periods import Cadence, Calendar, Period
from lodestar.domain.scoring import CARRY_DAYS
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.sql_parts import is_comparable

CALENDAR = """calendar as materialized (
  select * from unnest(cast(:cal_on as date[]), cast(:cal_cadence as text[]), cast(:cal_back as integer[]),
    cast(:cal_start as date[]), cast(:cal_end as date[]), cast(:cal_days as integer[]))
    as t(on_date, cadence, back, period_start, period_end, full_days)
)"""
"""For each date and cadence the periods that lie `back` periods behind it: 1 is the newest closed one.

0 is the one after that. `full_days` is how many days the period has where nothing cuts it. Binds what
`calendar_parameters` gives.
"""

_TARGET_TYPE = """(
          select v.body ->> 'target_type' from lodestar.definition_versions v
          where v.company_id = :company and v.definition_id = d.id and v.version = m.definition_version)"""
"""Which way is good by the version of the measurement `m`; null without one. Binds `:company`."""


_VERSION = """coalesce(m.definition_version, (
            select max(v.version) from lodestar.definition_versions v
            where v.company_id = :company and v.definition_id = d.id
              and (v.effective_from is null or v.effective_from <= k.period_start)))"""
"""The version of the measurement `m`, else the one in force for the period `k`. Binds `:company`."""


def _in_force(column: str) -> str:
    """A column of the definition `d` in the version in force for the period `k`. Binds `:company`."""
    return f"""case when d.version = 1 then d.{column}
          else lodestar.version_in_force(:company, d.id, k.period_start) ->> '{column}' end"""


OF_USERS = "a.user_id = any(cast(:users as bigint[]))"
"""Whose scores: those of `:users`, on every date of the calendar."""

OF_CLOSING_DAYS = "(a.user_id, k.on_date) in (select user_id, on_date from closing)"
"""Whose scores: those of the pairs of a user and a date in `closing`."""

CLOSING = """closing as materialized (
  select distinct u.user_id, u.on_date
  from unnest(cast(:users as bigint[]), cast(:days as date[])) as u(user_id, on_date)
  join lodestar.assignments a on a.company_id = :company and a.user_id = u.user_id
  join lodestar.definitions d on d.company_id = a.company_id and d.id = a.definition_id
    and (d.retired_on is null or u.on_date < d.retired_on)
  join calendar k on k.on_date = u.on_date and k.cadence = d.aggregation_period and k.back = 1
    and k.period_end = u.on_date
  where exists (
    select from lodestar.terms s
    where s.company_id = :company and s.assignment_id = a.id
      and s.start_date <= k.period_end and coalesce(s.end_date, 'infinity') >= k.period_start)
)"""
"""Those of the pairs of a user in `:users` and a date in `:days` on which a period of a KPI of theirs closes.

Needs `calendar`. Binds `:company`, `:users` and `:days`.
"""


def score_of(whose: str) -> str:
    """`score`: the weighted mean of what each user's assignments achieved, and how much weight it rests on.

    There is none after a person's last day.

    Needs `calendar`. `whose` is a condition on the assignment `a` and the period `k`. Binds `:company` and
    what `whose` binds.
    """
    return f"""{_parts_of(whose)},
score as (
  select user_id, on_date,
    lodestar.two_decimals(
      sum(weight * least(achievement, score_cap)) filter (where achievement is not null)
      / nullif(sum(weight) filter (where achievement is not null), 0)) as score,
    lodestar.two_decimals(
      100 * coalesce(sum(weight) filter (where achievement is not null), 0)
      / nullif(sum(weight), 0)) as coverage,
    jsonb_agg(jsonb_build_object('assignment_id', assignment_id, 'weight', weight, 'achievement', achievement)
      order by assignment_id) as parts
  from part group by user_id, on_date
  having not exists (
    select from lodestar.users u
    where u.company_id = :company and u.id = part.user_id and u.last_day < part.on_date)
)"""


def _parts_of(whose: str) -> str:
    """`part`: what each assignment brings to a score, its weight and what it achieved in the closed period.

    What is measured is judged by the standard of its period; of what is not, the terms give the weight that
    is missing, and a value that is carried is judged by the target in force. A period that is hardly covered
    counts for neither. Each measurement is fetched by its key, so that the time grows with the parts and
    nothing else: a join is the planner's to turn round, and it does where it believes that there are no
    measurements, which is what the server's statistics say of those that this transaction has just written.
    """
    return f"""part as materialized (
  select k.on_date, a.user_id, a.id as assignment_id, coalesce(m.weight, t.weight) as weight,
    m.score_cap, case
      when m.achievement is not null then m.achievement
      when m.missing_data = 'zero' and m.target_low is not null then 0
      when m.value is null and coalesce(m.missing_data, {_in_force("missing_data")}) = 'carry' then (
        select lodestar.achievement(o.value, g.target_low, g.target_high,
          coalesce({_TARGET_TYPE}, {_in_force("target_type")}))
        from (
          select m.target_low, m.target_high where m.weight is not null
          union all
          select f.target_low, f.target_high
          from lodestar.target_in_force(:company, a.id, k.period_start, k.period_end) as f
          where m.weight is null) as g
        cross join lodestar.measurements o
        where o.company_id = :company and o.assignment_id = a.id and o.value is not null
          and o.state <> 'open' and o.period_start < k.period_start
          and o.period_start >= k.period_start - {CARRY_DAYS}
          and (d.version = 1 or {is_comparable("d.id", _VERSION, "o.definition_version")})
        order by o.period_start desc limit 1)
    end as achievement
  from lodestar.assignments a
  join lodestar.definitions d on d.company_id = a.company_id and d.id = a.definition_id
  join calendar k on k.cadence = d.aggregation_period and k.back = 1
  left join lateral (
    select s.* from lodestar.measurements s
    where s.company_id = :company and s.assignment_id = a.id and s.period_start = k.period_start
      and s.period_end = k.period_end and s.state <> 'open'
    limit 1) m on true
  left join lateral (
    select (array_agg(s.weight order by s.start_date desc))[1] as weight,
      sum(least(s.end_date, k.period_end) - greatest(s.start_date, k.period_start) + 1) as covered_days
    from lodestar.terms s
    where m.weight is null and s.company_id = :company and s.assignment_id = a.id
      and s.start_date <= k.period_end and coalesce(s.end_date, 'infinity') >= k.period_start) t on true
  where a.company_id = :company and {whose}
    and (d.retired_on is null or k.period_end < d.retired_on)
    and case when m.weight is null
      then 2 * t.covered_days >= k.full_days else not m.is_partial end
)"""


def calendar_parameters(calendar: Calendar, closed_through: Iterable[date], back: int) -> dict[str, object]:
    """What `calendar` and `score` bind: for each day, the periods that are closed by its end, `back` deep."""
    rows = [
        (day, cadence, steps, period.start, period.end, period.full_days)
        for day in closed_through
        for cadence in Cadence
        for steps, period in enumerate(_periods(calendar, cadence, day, back))
    ]
    return {
        "cal_on": array([row[0] for row in rows]),
        "cal_cadence": array([row[1] for row in rows]),
        "cal_back": array([row[2] for row in rows]),
        "cal_start": array([row[3] for row in rows]),
        "cal_end": array([row[4] for row in rows]),
        "cal_days": array([row[5] for row in rows]),
    }


def _periods(calendar: Calendar, cadence: Cadence, day: date, back: int) -> list[Period]:
    running = calendar.next(calendar.containing(cadence, day))
    if running.start > day + timedelta(days=1):
        running = calendar.previous(running)
    return [calendar.previous(running, steps) for steps in range(back + 1)]
