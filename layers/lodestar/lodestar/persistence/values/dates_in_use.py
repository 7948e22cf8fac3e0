"""Which dates measurements and targets have, and what becomes of those that a calendar no longer has."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from lodestar.application.values.ports import DatesInUse, WithdrawalReason
from lodestar.domain.periods import LONGEST_PERIOD, Cadence, Period
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.values.measurement_sql import REVISION_COLUMNS, past_version
from lodestar.persistence.values.scores import WITHDRAW_SCORES_SINCE

# Binds :company, :since.
_DATES = """
select d.aggregation_period as cadence, t.first, t.last, sum(calculated) as calculated_values,
  sum(entered) as entered_values, sum(targets) as targets
from (
  select a.definition_id, m.period_start as first, m.period_end as last,
    count(*) - count(m.entered_by) as calculated, count(m.entered_by) as entered, 0 as targets
  from lodestar.assignments a
  join lodestar.measurements m on m.company_id = a.company_id and m.assignment_id = a.id
  where a.company_id = :company and m.period_end >= :since
  group by a.definition_id, m.period_start, m.period_end
  union all
  select definition_id, period_start, period_end, 0, 0, count(*)
  from lodestar.targets where company_id = :company and period_end >= :since
  group by definition_id, period_start, period_end
) as t join lodestar.definitions d on d.company_id = :company and d.id = t.definition_id
group by d.aggregation_period, t.first, t.last
order by t.first, t.last, d.aggregation_period"""

# What has the new dates is another measurement; the one with the old dates stays as a past version.
# Binds :company, :author, :cadence, :first, :last, :new_last, :reason, :at.
_REOPEN = f"""
with running as (
  select m.* from lodestar.assignments a
  join lodestar.definitions d on d.company_id = a.company_id and d.id = a.definition_id
  join lodestar.measurements m on m.company_id = a.company_id and m.assignment_id = a.id
  where a.company_id = :company and d.aggregation_period = :cadence
    and m.period_start = :first and m.period_end = :last
    and (m.state <> 'open' or m.period_end <> cast(:new_last as date) and not exists (
      select from lodestar.measurements o
      where o.company_id = :company and o.assignment_id = a.id and o.period_start = :first
        and o.period_end = :new_last))
),
kept as (
  insert into lodestar.revisions ({REVISION_COLUMNS})
  select {past_version("r", ":reason", "null", ":author")} from running r
)
update lodestar.measurements m
set period_end = :new_last, state = 'open', revision = m.revision + 1, first_calculated_at = :at,
  calculated_at = :at
from running r
where m.company_id = :company and m.assignment_id = r.assignment_id and m.period_start = r.period_start
  and m.period_end = r.period_end"""

# Binds :company, :author, :today, :reason, :at.
_WITHDRAW_VALUES_AHEAD = f"""
with gone as (
  delete from lodestar.measurements m
  using lodestar.assignments a
  where a.company_id = :company and m.company_id = a.company_id and m.assignment_id = a.id
    and m.period_start > cast(:today as date) and m.entered_by is null
  returning m.*
)
insert into lodestar.revisions ({REVISION_COLUMNS})
select {past_version("g", ":reason", "null", ":author")} from gone g"""

# A period that touches the days began in those before them that the longest one has.
# Binds :company, :ids (of assignments), :first, :last.
_MEASURED_PERIODS = f"""
select distinct d.aggregation_period as cadence, m.period_start, m.period_end
from lodestar.assignments a
join lodestar.definitions d on d.company_id = a.company_id and d.id = a.definition_id
join lodestar.measurements m on m.company_id = a.company_id and m.assignment_id = a.id
where a.company_id = :company and a.id = any(cast(:ids as bigint[]))
  and m.period_start between cast(:first as date) - {LONGEST_PERIOD.days} and cast(:last as date)
  and m.period_end >= cast(:first as date)"""


class SqlDatesInUse(SqlStore):
    """The dates of the bound company's measurements and targets."""

    def dates_in_use(self, since: date) -> Sequence[DatesInUse]:
        """Those that end on a day or later, each with how much has it, oldest first."""
        return [
            DatesInUse(
                Cadence(row["cadence"]),
                row["first"],
                row["last"],
                int(row["calculated_values"]),
                int(row["entered_values"]),
                int(row["targets"]),
            )
            for row in self._session.rows(_DATES, since=since)
        ]

    def reopen_period(self, period: Period, last: date, at: datetime) -> None:
        """Let what was measured in a period of a cadence be open, and its period end on another day, or not.

        Each stays as it was as a past version.
        """
        self._session.run(
            _REOPEN,
            cadence=period.cadence,
            first=period.start,
            last=period.end,
            new_last=last,
            reason=WithdrawalReason.SUPERSEDED,
            author=self._session.actor_id,
            at=at,
        )

    def withdraw_ahead(self, today: date, at: datetime) -> None:
        """Take out of sight what is not there yet where a later day has become this one again.

        That is what was calculated of periods that begin after it, and the scores of it and of later days,
        which have none while they run. Each stays as a past version.
        """
        self._session.run(
            _WITHDRAW_VALUES_AHEAD,
            today=today,
            reason=WithdrawalReason.SUPERSEDED,
            author=self._session.actor_id,
            at=at,
        )
        self._session.run(WITHDRAW_SCORES_SINCE, day=today, at=at)

    def measured_periods(self, assignment_ids: Collection[int], first: date, last: date) -> list[Period]:
        """The dates of what was measured of these assignments and touches these days, both inclusive."""
        ids = array(list(assignment_ids))
        return [
            Period(Cadence(row["cadence"]), row["period_start"], row["period_end"])
            for row in self._session.rows(_MEASURED_PERIODS, ids=ids, first=first, last=last)
        ]
