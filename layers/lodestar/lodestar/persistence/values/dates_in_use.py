"""Which dates measurements and targets have: what a change of the calendar may take their period from."""

from collections.abc import Sequence
from datetime import date

from lodestar.application.values.ports import DatesInUse
from lodestar.domain.periods import Cadence
from lodestar.persistence.kernel.session import SqlStore

# A period is at most 92 days long: the bound on its start says nothing new, and spares the planner months.
# Binds :company, :since.
_DATES = """
select d.aggregation_period as cadence, t.*
from (
  select definition_id, period_start as first, period_end as last,
    count(*) - count(entered_by) as calculated_values, count(entered_by) as entered_values, 0 as targets
  from lodestar.measurements
  where company_id = :company and period_end >= :since and period_start > cast(:since as date) - 92
  group by definition_id, period_start, period_end
  union all
  select definition_id, period_start, period_end, 0, 0, count(*)
  from lodestar.targets where company_id = :company and period_end >= :since
  group by definition_id, period_start, period_end
) as t join lodestar.definitions d on d.company_id = :company and d.id = t.definition_id"""


class SqlDatesInUse(SqlStore):
    """The dates of the bound company's measurements and targets."""

    def dates_in_use(self, since: date) -> Sequence[DatesInUse]:
        """Those that end on a day or later, each with how much has it, by KPI."""
        return [
            DatesInUse(
                Cadence(row["cadence"]),
                row["first"],
                row["last"],
                row["calculated_values"],
                row["entered_values"],
                row["targets"],
            )
            for row in self._session.rows(_DATES, since=since)
        ]
