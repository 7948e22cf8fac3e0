"""Overall scores by day, stored so that the past stays as it was."""

from collections.abc import Sequence
from datetime import date
from itertools import batched

from lodestar.application.values.ports import UserDay
from lodestar.domain.companies import Company
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.values.score_parts import (
    CALENDAR,
    OF_USERS,
    OF_USERS_BY_DAY,
    calendar_parameters,
    score_of,
)

SCORES_PER_STATEMENT = 2_000
"""Each of them looks at all the KPIs of somebody: a second for some tens of KPIs."""


def _write(whose: str) -> str:
    """Compute and store scores; an unchanged one is not written.

    Binds `:company`, `:cap`, the calendar's parameters and what `whose` binds.
    """
    return f"""
with {CALENDAR}, {score_of(whose)}
insert into lodestar.snapshots as s (company_id, user_id, on_date, score, coverage, parts)
select :company, user_id, on_date, score, coverage, parts from score
order by user_id, on_date
on conflict (company_id, user_id, on_date) do update set
  score = excluded.score, coverage = excluded.coverage, parts = excluded.parts
where (s.score, s.coverage, s.parts) is distinct from (excluded.score, excluded.coverage, excluded.parts)"""


# Binds what a write binds, and :users.
_WRITE_ALL = _write(OF_USERS)
# Binds what a write binds, and :users with their :days.
_WRITE_DAYS = _write(OF_USERS_BY_DAY)


class SqlScores(SqlStore):
    """Snapshots of the bound company."""

    def write_scores(self, user_ids: Sequence[int], dates: Sequence[date], company: Company) -> None:
        """Compute and store each user's score on each date; an unchanged one is not written."""
        if not user_ids:
            return
        for piece in batched(dates, max(1, SCORES_PER_STATEMENT // len(user_ids)), strict=False):
            self._session.run(
                _WRITE_ALL,
                users=array(list(user_ids)),
                cap=company.score_cap,
                **calendar_parameters(company.calendar, piece, 1),
            )

    def write_scores_of_days(self, days: Sequence[UserDay], company: Company) -> None:
        """Compute and store the scores of these days; an unchanged one is not written."""
        for piece in batched(days, SCORES_PER_STATEMENT, strict=False):
            self._session.run(
                _WRITE_DAYS,
                users=array([day.user_id for day in piece]),
                days=array([day.day for day in piece]),
                cap=company.score_cap,
                **calendar_parameters(company.calendar, sorted({day.day for day in piece}), 1),
            )
