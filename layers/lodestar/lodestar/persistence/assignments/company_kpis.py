"""The company's own KPIs: their assignments and targets."""

from collections.abc import Mapping

from lodestar.domain.definitions import Definition
from lodestar.domain.targets import DatedTarget, Target
from lodestar.persistence.assignments.codec import dated_target_from
from lodestar.persistence.definitions.codec import definition_from
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.sql_parts import is_company_kpi

# Binds :company, :id, :low, :high, :notes.
_CHANGE_TARGET = """
update lodestar.targets t
set target_low = :low, target_high = :high, notes = coalesce(cast(:notes as text), t.notes)
where t.company_id = :company and t.id = :id and t.assignment_id is null
  and (t.target_low, t.target_high, t.notes) is distinct from
    (cast(:low as numeric), cast(:high as numeric), coalesce(cast(:notes as text), t.notes))"""


class SqlCompanyKpis(SqlStore):
    """KPIs of the bound company itself."""

    def company_kpi(self, definition_id: int) -> Definition | None:
        """The definition of that id, retired or not, if the company itself has, had or will have it."""
        row = self._session.row(
            "select d.* from lodestar.definitions d where d.company_id = :company and d.id = :id "
            f"and {is_company_kpi(definition='d.id')}",
            id=definition_id,
        )
        return None if row is None else definition_from(row)


class SqlCompanyTargets(SqlStore):
    """Company-level targets of the bound company: those of a definition and no assignment."""

    def dated_company_targets(self, definition_id: int) -> Mapping[int, DatedTarget]:
        """The company-level targets of a definition, by id."""
        rows = self._session.rows(
            "select * from lodestar.targets where company_id = :company and definition_id = :id "
            "and assignment_id is null order by id",
            id=definition_id,
        )
        return {row["id"]: dated_target_from(row) for row in rows}

    def add_company_target(self, definition_id: int, target: DatedTarget, notes: str) -> int:
        """Insert a company-level target; the new id."""
        return int(
            self._session.value(
                "insert into lodestar.targets (company_id, definition_id, target_low, target_high, "
                "period_start, period_end, notes, created_by, created_at) values (:company, :id, :low, "
                ":high, :first, :last, :notes, :author, :at) returning id",
                id=definition_id,
                low=target.target.low,
                high=target.target.high,
                first=target.first,
                last=target.last,
                notes=notes,
                author=self._session.actor_id,
                at=self._session.now,
            )
        )

    def change_company_target(self, target_id: int, target: Target, notes: str | None) -> bool:
        """Write another value and, unless None, other notes of a target; whether that changes anything."""
        return bool(
            self._session.run(_CHANGE_TARGET, id=target_id, low=target.low, high=target.high, notes=notes)
        )

    def remove_company_target(self, target_id: int) -> None:
        """Delete a company-level target."""
        self._session.run(
            "delete from lodestar.targets where company_id = :company and id = :id and assignment_id is null",
            id=target_id,
        )
