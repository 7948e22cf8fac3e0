"""Overall scores by day, stored so that the past stays as it was."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import batched
from operator import attrgetter

from lodestar.application.values.ports import UserDay, UserDays
from lodestar.domain.periods import Calendar
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.values.score_parts import (
    CALENDAR,
    CLOSING,
    OF_CLOSING_DAYS,
    calendar_parameters,
    score_of,
)

SCORES_PER_STATEMENT = 2_000
"""Each of them looks at all the KPIs of somebody: a second for some tens of KPIs."""
_COLUMNS = "company_id, user_id, on_date, score, coverage, parts, written_at"


# In one statement every part sees the rows as they were before it: these are the scores that were replaced.
# Binds :company, :at.
_KEEP_REPLACED = f"""
insert into lodestar.past_snapshots ({_COLUMNS}, replaced_at)
select s.*, cast(:at as timestamptz)
from (select {_COLUMNS} from lodestar.snapshots where company_id = :company) s
join written w using (user_id, on_date) where s.written_at < cast(:at as timestamptz)"""

# A day on which no period closes any more, or that no KPI counts for, has no score.
# An unchanged one is not written.
# Binds :company, :at, what the calendar binds, and :users with their :days.
_WRITE = f"""
with {CALENDAR}, {CLOSING}, {score_of(OF_CLOSING_DAYS)},
written as (
  insert into lodestar.snapshots as s ({_COLUMNS})
  select :company, user_id, on_date, score, coverage, parts, cast(:at as timestamptz) from score
  order by user_id, on_date
  on conflict (company_id, user_id, on_date) do update set
    score = excluded.score, coverage = excluded.coverage, parts = excluded.parts,
    written_at = excluded.written_at
  where (s.score, s.coverage, s.parts) is distinct from (excluded.score, excluded.coverage, excluded.parts)
  returning s.user_id, s.on_date
),
gone as (
  delete from lodestar.snapshots s
  using unnest(cast(:users as bigint[]), cast(:days as date[])) as k(user_id, on_date)
  where s.company_id = :company and s.user_id = k.user_id and s.on_date = k.on_date
    and not exists (select from score n where n.user_id = s.user_id and n.on_date = s.on_date)
  returning s.*
),
kept as (
  insert into lodestar.past_snapshots ({_COLUMNS}, replaced_at)
  select {_COLUMNS}, cast(:at as timestamptz) from gone
)
{_KEEP_REPLACED}"""

# Binds :company, :day, :at.
WITHDRAW_SCORES_SINCE = f"""
with gone as (
  delete from lodestar.snapshots s
  where s.company_id = :company and s.on_date >= cast(:day as date)
  returning s.*
)
insert into lodestar.past_snapshots ({_COLUMNS}, replaced_at)
select {_COLUMNS}, cast(:at as timestamptz) from gone"""

# Binds :company, :users, :firsts, :lasts.
_SCORED_DAYS = """
select distinct s.user_id, s.on_date
from unnest(cast(:users as bigint[]), cast(:firsts as date[]), cast(:lasts as date[]))
  as k(user_id, first, last)
join lodestar.snapshots s on s.company_id = :company and s.user_id = k.user_id
  and s.on_date between k.first and k.last
order by s.user_id, s.on_date"""


class SqlScores(SqlStore):
    """Snapshots of the bound company."""

    def write_scores(self, days: Sequence[UserDay], calendar: Calendar, at: datetime) -> None:
        """Compute and store the scores of these days; one on which no period closes any more has none."""
        # Day by day: a statement has few days, and few periods to look for.
        in_order = sorted(days, key=attrgetter("day", "user_id"))
        for piece in batched(in_order, SCORES_PER_STATEMENT, strict=False):
            self._session.run(
                _WRITE,
                users=array([day.user_id for day in piece]),
                days=array([day.day for day in piece]),
                at=at,
                **calendar_parameters(calendar, sorted({day.day for day in piece}), 1),
            )

    def scored_days(self, among: Collection[UserDays]) -> list[UserDay]:
        """Those of these days for which the users have a score."""
        if not among:
            return []
        rows = self._session.rows(
            _SCORED_DAYS,
            users=array([days.user_id for days in among]),
            firsts=array([days.first for days in among]),
            lasts=array([days.last for days in among]),
        )
        return [UserDay(row["user_id"], row["on_date"]) for row in rows]
