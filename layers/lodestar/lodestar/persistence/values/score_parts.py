"""The overall score in SQL, one formula for every reader.

The rule runs here only; tests hold it to an oracle in Python.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from lodestar.domain.periods import Cadence, Calendar, Period
from lodestar.domain.scoring import CARRY_DAYS
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.values.target_parts import target_planned

CALENDAR = """calendar as materialized (
  select * from unnest(cast(:cal_on as date[]), cast(:cal_cadence as text[]), cast(:cal_back as integer[]),
    cast(:cal_start as date[]), cast(:cal_end as date[]), cast(:cal_days as integer[]))
    as t(on_date, cadence, back, period_start, period_end, full_days)
)"""
"""For each date and cadence the periods that lie `back` periods behind it: 1 is the newest closed one.

0 is the one after that. `full_days` is how many days the period has where nothing cuts it. Binds what
`calendar_parameters` gives.
"""

OF_USERS = "a.user_id = any(cast(:users as bigint[]))"
"""Whose scores: those of `:users`, on every date of the calendar."""

OF_USERS_BY_DAY = """(a.user_id, k.on_date) in
    (select u, d from unnest(cast(:users as bigint[]), cast(:days as date[])) as t(u, d))"""
"""Whose scores: those of these pairs of a user in `:users` and a date in `:days`."""


def score_of(whose: str) -> str:
    """`score`: the weighted mean of what each user's assignments achieved, and how much weight it rests on.

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
)"""


def _parts_of(whose: str) -> str:
    """`part`: what each assignment brings to a score, its weight and what it achieved in the closed period.

    What is measured is judged by the standard of its period; of what is not, the terms give the weight that
    is missing. A period that is hardly covered counts for neither. Each measurement is fetched by its key, so
    that the time grows with the parts and nothing else: a join is the planner's to turn round, and it does
    where it believes that there are no measurements, which is what the server's statistics say of those that
    this transaction has just written.
    """
    return f"""part as materialized (
  select k.on_date, a.user_id, a.id as assignment_id, coalesce(m.weight, t.weight) as weight,
    m.score_cap, case
      when m.achievement is not null then m.achievement
      when m.missing_data = 'zero' and m.target_low is not null then 0
      when m.value is null and coalesce(m.missing_data, f.missing_data) = 'carry' then (
        select lodestar.achievement(o.value, coalesce(m.target_low, p.target_low),
          coalesce(m.target_high, p.target_high), f.target_type)
        from lodestar.measurements o
        where o.company_id = :company and o.assignment_id = a.id and o.value is not null
          and o.state <> 'open' and o.period_start < k.period_start
          and o.period_start >= k.period_start - {CARRY_DAYS}
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
      (array_agg(s.target_low order by s.start_date desc))[1] as target_low,
      (array_agg(s.target_high order by s.start_date desc))[1] as target_high,
      sum(least(s.end_date, k.period_end) - greatest(s.start_date, k.period_start) + 1) as covered_days
    from lodestar.terms s
    where m.weight is null and s.company_id = :company and s.assignment_id = a.id
      and s.start_date <= k.period_end and coalesce(s.end_date, 'infinity') >= k.period_start) t on true
  left join lateral ({_version_of_period()}) f on true
  left join lateral (
    {target_planned("f", "a.id", default="t", period="k", is_missing="f.missing_data = 'carry'")}) p
    on m.weight is null
  where a.company_id = :company and {whose}
    and (d.retired_on is null or k.period_end < d.retired_on)
    and case when m.weight is null
      then 2 * t.covered_days >= k.full_days else not m.is_partial end
)"""


def _version_of_period() -> str:
    """How a KPI `d` measures in a period `k` without a value, as far as that decides what is carried into it.

    By the version of its measurement `m`; where there is none, by the one in force on its first day. Binds
    `:company`.
    """
    return """
    select d.id as definition_id, coalesce(v.body ->> 'missing_data', d.missing_data) as missing_data,
      coalesce(v.body ->> 'target_type', d.target_type) as target_type,
      coalesce(v.body ->> 'rollup', d.rollup) as rollup,
      coalesce(v.body -> 'data_source', d.data_source) as data_source
    from (select) as one
    left join lateral (
      select s.body from lodestar.definition_versions s
      where d.version > 1 and s.company_id = :company and s.definition_id = d.id
        and case when m.weight is null
          then s.effective_from is null or s.effective_from <= k.period_start
          else s.version = m.definition_version end
      order by s.version desc limit 1) v on true
    where m.value is null"""


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
