"""The company's own KPIs: their assignments and targets."""

from collections.abc import Mapping

from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.targets import DatedTarget
from lodestar.persistence.assignments.codec import assignment_from, dated_target_from
from lodestar.persistence.definitions.codec import definition_from
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.sql_parts import company_assignment_of

_OF_COMPANY = company_assignment_of(definition=":id")


class SqlCompanyKpis(SqlStore):
    """KPIs of the bound company itself."""

    def newest_company_assignment(self, definition_id: int) -> int | None:
        """The newest company-level assignment of a definition."""
        found: int | None = self._session.value(
            "select id from lodestar.assignments where company_id = :company and definition_id = :id "
            "and subject_type = 'company' order by start_date desc limit 1",
            id=definition_id,
        )
        return found

    def company_kpi(self, definition_id: int) -> Definition | None:
        """The active definition of that id, if an active company-level assignment makes it a company KPI."""
        row = self._session.row(
            "select d.* from lodestar.definitions d where d.company_id = :company and d.id = :id "
            f"and d.is_active and exists (select from lodestar.assignments a where {_OF_COMPANY})",
            id=definition_id,
        )
        return None if row is None else definition_from(row)

    def company_assignments(self, definition_id: int) -> list[Assignment]:
        """The active company-level assignments of a definition, newest start first."""
        rows = self._session.rows(
            f"select a.* from lodestar.assignments a where {_OF_COMPANY} order by a.start_date desc",
            id=definition_id,
        )
        return [assignment_from(row) for row in rows]


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

    def remove_company_target(self, target_id: int) -> None:
        """Delete a company-level target."""
        self._session.run(
            "delete from lodestar.targets where company_id = :company and id = :id and assignment_id is null",
            id=target_id,
        )
