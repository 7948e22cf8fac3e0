"""The overall score in SQL, one formula for every reader.

The rule runs here only; tests hold it to an oracle in Python.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from lodestar.domain.periods import Cadence, Calendar, Period
from lodestar.persistence.kernel.arrays import array

CALENDAR = """calendar as materialized (
  select * from unnest(cast(:cal_on as date[]), cast(:cal_cadence as text[]), cast(:cal_back as integer[]),
    cast(:cal_start as date[]), cast(:cal_end as date[]))
    as t(on_date, cadence, back, period_start, period_end)
)"""
"""For each date and cadence the periods that lie `back` periods behind it: 1 is the newest closed one.

0 is the one after that. Binds what `calendar_parameters` gives.
"""

CARRY_DAYS = 400
"""How far back `missing_data: carry` looks for a value: a year of any cadence."""

OF_USERS = "a.user_id = any(cast(:users as bigint[]))"
"""Whose scores: those of `:users`, on every date of the calendar."""

OF_USERS_BY_DAY = """(a.user_id, k.on_date) in
    (select u, d from unnest(cast(:users as bigint[]), cast(:days as date[])) as t(u, d))"""
"""Whose scores: those of these pairs of a user in `:users` and a date in `:days`."""


def score_of(whose: str) -> str:
    """`score`: the weighted mean of what each user's assignments achieved, and how much weight it rests on.

    Needs `calendar`. `whose` is a condition on the assignment `a` and the period `k`. Binds `:company`,
    `:cap` (null: none), `:score_first`, `:cal_last` and what `whose` binds.
    """
    return f"""{_parts_of(whose)},
score as (
  select user_id, on_date,
    lodestar.two_decimals(
      sum(weight * least(achievement, cast(:cap as numeric))) filter (where achievement is not null)
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

    Each measurement is fetched by its key, so that the time grows with the parts and nothing else: a join is
    the planner's to turn round, and it does where it believes that there are no measurements, which is what
    the server's statistics say of those that this transaction has just written. The bounds by :score_first
    say nothing new; they spare the planner the months that cannot hold an answer.
    """
    return f"""part as materialized (
  select k.on_date, a.user_id, a.id as assignment_id, a.weight,
    case when m.achievement is not null then m.achievement
         when d.missing_data = 'zero' and m.value is null
           and coalesce(m.target_low, a.target_low) is not null then 0
         when d.missing_data = 'carry' and m.value is null then (
           select o.achievement from lodestar.measurements o
           where o.company_id = :company and o.assignment_id = a.id and o.value is not null
             and o.state <> 'open' and o.period_start < k.period_start
             and o.period_start >= k.period_start - {CARRY_DAYS}
             and o.period_start between cast(:score_first as date) - {CARRY_DAYS} and cast(:cal_last as date)
           order by o.period_start desc limit 1)
    end as achievement
  from lodestar.assignments a
  join lodestar.definitions d on d.company_id = a.company_id and d.id = a.definition_id
  join calendar k on k.cadence = d.aggregation_period and k.back = 1
  left join lateral (
    select t.value, t.achievement, t.target_low from lodestar.measurements t
    where t.company_id = :company and t.assignment_id = a.id and t.period_start = k.period_start
      and t.period_start between cast(:score_first as date) and cast(:cal_last as date)
      and t.state <> 'open'
    limit 1) m on true
  where a.company_id = :company and {whose} and a.is_active and d.is_active
    and a.start_date <= k.period_end and (a.end_date is null or a.end_date >= k.period_start)
)"""


def calendar_parameters(calendar: Calendar, closed_through: Iterable[date], back: int) -> dict[str, object]:
    """What `calendar` and `score` bind: for each day, the periods that are closed by its end, `back` deep."""
    rows = [
        (day, cadence, steps, period.start, period.end)
        for day in closed_through
        for cadence in Cadence
        for steps, period in enumerate(_periods(calendar, cadence, day, back))
    ]
    starts = [row[3] for row in rows] or [date.min]
    scored = [row[3] for row in rows if row[2] == 1] or [date.min]
    return {
        "cal_on": array([row[0] for row in rows]),
        "cal_cadence": array([row[1] for row in rows]),
        "cal_back": array([row[2] for row in rows]),
        "cal_start": array([row[3] for row in rows]),
        "cal_end": array([row[4] for row in rows]),
        "cal_first": min(starts),
        "cal_last": max(starts),
        "score_first": min(scored),
    }


def _periods(calendar: Calendar, cadence: Cadence, day: date, back: int) -> list[Period]:
    running = calendar.next(calendar.containing(cadence, day))
    if running.start > day + timedelta(days=1):
        running = calendar.previous(running)
    return [calendar.previous(running, steps) for steps in range(back + 1)]
