"""Dated targets of assignments in the database."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lodestar.application.assignments.ports import StoredTarget
from lodestar.domain.measurements import Assignee
from lodestar.domain.targets import DatedTarget, Target, Targets
from lodestar.persistence.assignments.codec import COLUMNS, assignment_from
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.wire.exact_json import to_json

_SELECT = "select * from lodestar.targets where company_id = :company"

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

_SAVE = """
update lodestar.targets g set target_low = t.low, target_high = t.high, notes = t.notes
from jsonb_to_recordset(cast(:rows as jsonb)) as t(id bigint, low numeric, high numeric, notes text)
where g.company_id = :company and g.id = t.id"""


class SqlTargets(SqlStore):
    """Dated targets of the bound company's assignments."""

    def dated_targets(self, assignment_ids: Collection[int]) -> list[StoredTarget]:
        """Those of these assignments, in the order of their ids."""
        rows = self._session.rows(
            f"{_SELECT} and assignment_id = any(cast(:ids as bigint[])) order by id",
            ids=array(sorted(assignment_ids)),
        )
        return [_target(row) for row in rows]

    def add_targets(self, definition_id: int, targets: Sequence[StoredTarget]) -> list[int]:
        """Insert them, of assignments of one definition; the new ids in the same order."""
        if not targets:
            return []
        rows = self._session.rows(
            _ADD, definition=definition_id, rows=_rows(targets), author=self._session.actor_id
        )
        ids = {(row["assignment_id"], row["period_start"], row["period_end"]): row["id"] for row in rows}
        return [ids[each.assignment_id, each.dated.first, each.dated.last] for each in targets]

    def save_targets(self, targets: Sequence[StoredTarget]) -> None:
        """Write their values and notes; the dates stay."""
        if targets:
            self._session.run(_SAVE, rows=_rows(targets))

    def own_targets(self, slots: Sequence[Assignee]) -> Mapping[int, Targets]:
        """The targets of each slot's own assignment, by assignment.

        Company-level targets are the own ones of a company-level assignment: they go before its default.
        """
        dated = self._dated(
            "assignment_id = any(cast(:ids as bigint[]))",
            [each.assignment.id for each in slots],
            "assignment_id",
        )
        of_company = {each.assignment.definition_id for each in slots if each.is_company}
        wide = self._company_dated(of_company) if of_company else {}
        return {
            each.assignment.id: Targets(
                dated.get(each.assignment.id, ())
                + (wide.get(each.assignment.definition_id, ()) if each.is_company else ()),
                each.assignment.target,
            )
            for each in slots
        }

    def company_targets(self, definition_ids: Collection[int]) -> Mapping[int, Targets]:
        """The targets of the company-level assignments of these definitions, by definition."""
        dated = self._company_dated(definition_ids)
        rows = self._session.rows(
            f"select {COLUMNS} from lodestar.assignments a where a.company_id = :company "
            "and a.subject_type = 'company' and a.is_active "
            "and a.definition_id = any(cast(:ids as bigint[])) order by a.start_date",
            ids=array(list(definition_ids)),
        )
        defaults = {row["definition_id"]: assignment_from(row).target for row in rows}
        return {each: Targets(dated.get(each, ()), defaults.get(each)) for each in definition_ids}

    def _company_dated(self, definition_ids: Collection[int]) -> dict[int, tuple[DatedTarget, ...]]:
        return self._dated(
            "assignment_id is null and definition_id = any(cast(:ids as bigint[]))",
            list(definition_ids),
            "definition_id",
        )

    def _dated(self, which: str, ids: Sequence[int], key: str) -> dict[int, tuple[DatedTarget, ...]]:
        rows = self._session.rows(
            f"select * from lodestar.targets where company_id = :company and {which}",
            ids=array(ids),
        )
        found: dict[int, tuple[DatedTarget, ...]] = {}
        for row in rows:
            target = Target(row["target_low"], row["target_high"])
            dated = DatedTarget(target, row["period_start"], row["period_end"], row["created_at"])
            found[row[key]] = (*found.get(row[key], ()), dated)
        return found


def _target(row: Mapping[str, Any]) -> StoredTarget:
    target = Target(row["target_low"], row["target_high"])
    return StoredTarget(
        row["id"],
        row["assignment_id"],
        DatedTarget(target, row["period_start"], row["period_end"], row["created_at"]),
        row["notes"],
    )


def _rows(targets: Sequence[StoredTarget]) -> str:
    return to_json(
        [
            {
                "id": each.id,
                "assignment_id": each.assignment_id,
                "low": each.dated.target.low,
                "high": each.dated.target.high,
                "first": each.dated.first,
                "last": each.dated.last,
                "notes": each.notes,
                "created_at": each.dated.created_at,
            }
            for each in targets
        ]
    )
