"""What the pages about KPIs read beside their views."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.sql_parts import is_comparable

# Binds :company, :id, :first, :last.
_VALUES = f"""
select m.period_start, m.value
from lodestar.assignments a
join lodestar.definitions d on d.company_id = a.company_id and d.id = a.definition_id
join lodestar.measurements m on m.company_id = :company and m.assignment_id = a.id
where a.company_id = :company and a.definition_id = :id and a.subject_type = 'company'
  and m.period_start between cast(:first as date) and cast(:last as date)
  and {is_comparable(kpi="d.id", version="d.version", earlier="m.definition_version")}
order by m.period_start"""


class SqlInsightStore(SqlStore):
    """Values of the bound company's own KPIs."""

    def company_values(self, definition_id: int, first: date, last: date) -> Mapping[date, Decimal | None]:
        """The company's values by the starts of their periods within that range, oldest first.

        Those that can be compared with one another: of versions with the newest source, unit and roll-up.
        """
        rows = self._session.rows(_VALUES, id=definition_id, first=first, last=last)
        return {row["period_start"]: row["value"] for row in rows}
