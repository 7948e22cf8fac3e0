"""Which dates measurements and targets have: what a change of the calendar may take their period from."""

from collections.abc import Sequence
from datetime import date

from lodestar.application.values.ports import DatesInUse
from lodestar.domain.periods import Cadence
from lodestar.persistence.kernel.session import SqlStore

# Binds :company, :since.
_DATES = """
select d.aggregation_period as cadence, t.*
from (
  select a.definition_id, m.period_start as first, m.period_end as last,
    count(*) - count(m.entered_by) as calculated_values, count(m.entered_by) as entered_values, 0 as targets
  from lodestar.assignments a
  join lodestar.measurements m on m.company_id = a.company_id and m.assignment_id = a.id
  where a.company_id = :company and m.period_end >= :since
  group by a.definition_id, m.period_start, m.period_end
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
