"""Dated targets of assignments in the database."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from lodestar.application.assignments.ports import StoredTarget
from lodestar.domain.assignments import THE_COMPANY, Assignment, SubjectType
from lodestar.domain.targets import DatedTarget
from lodestar.domain.targets_in_force import Targets
from lodestar.persistence.assignments.assignments import assignments_with_terms
from lodestar.persistence.assignments.codec import assignments_from, dated_target_from
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.sql_parts import where
from lodestar.wire.exact_json import to_json


def _targets(condition: str) -> str:
    """The targets `t` of the company that meet a condition. Binds `:company` and what the condition binds."""
    return f"select * from lodestar.targets t {where('t.company_id = :company', condition)} order by t.id"


# Binds :company, :ids (of assignments).
_OF_ASSIGNMENTS = _targets("t.assignment_id = any(cast(:ids as bigint[]))")

# Binds :company, :ids (of definitions).
_OF_THE_COMPANY = _targets("t.assignment_id is null and t.definition_id = any(cast(:ids as bigint[]))")

# Binds :company, :ids (of definitions).
_COMPANY_ASSIGNMENTS = assignments_with_terms(
    "a.definition_id = any(cast(:ids as bigint[]))", f"a.subject_type = '{SubjectType.COMPANY}'"
)

# In the order of the rows, so that the ids are in that order too.
# Binds :company, :definition, :author, :rows.
_ADD = """
insert into lodestar.targets (company_id, definition_id, assignment_id, target_low, target_high, period_start,
  period_end, notes, created_by, created_at)
select :company, :definition, t.assignment_id, t.low, t.high, t.first, t.last, t.notes,
  cast(:author as bigint), t.created_at
from rows from (jsonb_to_recordset(cast(:rows as jsonb)) as (assignment_id bigint,
  low numeric, high numeric, first date, last date, notes text, created_at timestamptz)) with ordinality
  as t(assignment_id, low, high, first, last, notes, created_at, number)
order by t.number
returning id, assignment_id, period_start, period_end"""

# Binds :company, :rows.
_SAVE = """
update lodestar.targets g set target_low = t.low, target_high = t.high, notes = t.notes
from jsonb_to_recordset(cast(:rows as jsonb)) as t(id bigint, low numeric, high numeric, notes text)
where g.company_id = :company and g.id = t.id"""


class SqlTargets(SqlStore):
    """Dated targets of the bound company's assignments."""

    def dated_targets(self, assignment_ids: Collection[int]) -> list[StoredTarget]:
        """Those of these assignments, in the order of their ids."""
        rows = self._session.rows(_OF_ASSIGNMENTS, ids=array(sorted(assignment_ids)))
        return [
            StoredTarget(row["id"], row["assignment_id"], dated_target_from(row), row["notes"])
            for row in rows
        ]

    def add_targets(self, definition_id: int, targets: Sequence[StoredTarget]) -> list[int]:
        """Insert them, of assignments of one definition; the new ids in the same order."""
        if not targets:
            return []
        rows = self._session.rows(
            _ADD, definition=definition_id, rows=_rows(targets), author=self._session.actor_id
        )
        # An insert may return its rows in any order: each id is found by what makes its row the only one.
        ids = {(row["assignment_id"], row["period_start"], row["period_end"]): row["id"] for row in rows}
        return [ids[target.assignment_id, target.dated.first, target.dated.last] for target in targets]

    def save_targets(self, targets: Sequence[StoredTarget]) -> None:
        """Write their values and notes; the dates stay."""
        if targets:
            self._session.run(_SAVE, rows=_rows(targets))

    def own_targets(self, assignments: Collection[Assignment]) -> Mapping[int, Targets]:
        """The targets of each assignment, by its id.

        Company-level targets are the own ones of a company-level assignment: they go before its default.
        """
        dated = self._of_assignments([assignment.id for assignment in assignments])
        company_kpis = {
            assignment.definition_id for assignment in assignments if assignment.subject == THE_COMPANY
        }
        company_dated = self._of_the_company(company_kpis) if company_kpis else {}
        found: dict[int, Targets] = {}
        for assignment in assignments:
            own = dated.get(assignment.id, ())
            if assignment.subject == THE_COMPANY:
                own += company_dated.get(assignment.definition_id, ())
            found[assignment.id] = Targets(own, assignment)
        return found

    def company_targets(self, definition_ids: Collection[int]) -> Mapping[int, Targets]:
        """The targets of the company-level assignments of these definitions, by definition."""
        dated = self._of_the_company(definition_ids)
        rows = self._session.rows(_COMPANY_ASSIGNMENTS, ids=array(list(definition_ids)))
        of_company = {assignment.definition_id: assignment for assignment in assignments_from(rows)}
        return {
            definition_id: Targets(dated.get(definition_id, ()), of_company.get(definition_id))
            for definition_id in definition_ids
        }

    def _of_assignments(self, assignment_ids: Collection[int]) -> dict[int, tuple[DatedTarget, ...]]:
        rows = self._session.rows(_OF_ASSIGNMENTS, ids=array(list(assignment_ids)))
        return _grouped(rows, by="assignment_id")

    def _of_the_company(self, definition_ids: Collection[int]) -> dict[int, tuple[DatedTarget, ...]]:
        rows = self._session.rows(_OF_THE_COMPANY, ids=array(list(definition_ids)))
        return _grouped(rows, by="definition_id")


def _grouped(rows: Iterable[Mapping[str, Any]], by: str) -> dict[int, tuple[DatedTarget, ...]]:
    """The targets of these rows, by one of their columns."""
    found: dict[int, tuple[DatedTarget, ...]] = {}
    for row in rows:
        found[row[by]] = (*found.get(row[by], ()), dated_target_from(row))
    return found


def _rows(targets: Sequence[StoredTarget]) -> str:
    return to_json(
        [
            {
                "id": target.id,
                "assignment_id": target.assignment_id,
                "low": target.dated.target.low,
                "high": target.dated.target.high,
                "first": target.dated.first,
                "last": target.dated.last,
                "notes": target.notes,
                "created_at": target.dated.created_at,
            }
            for target in targets
        ]
    )
