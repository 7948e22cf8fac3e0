"""Dated targets of assignments in the database."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lodestar.application.measurement_repositories import StoredTarget
from lodestar.domain.targets import DatedTarget, Target
from lodestar.persistence.arrays import array
from lodestar.persistence.session import Session
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


class TargetRepository:
    """Dated targets of the bound company's assignments."""

    def __init__(self, session: Session, actor_id: int | None) -> None:
        self._session = session
        self._actor_id = actor_id

    def of_assignments(self, assignment_ids: Collection[int]) -> list[StoredTarget]:
        """Those of these assignments, in the order of their ids."""
        rows = self._session.rows(
            f"{_SELECT} and assignment_id = any(cast(:ids as bigint[])) order by id",
            ids=array(sorted(assignment_ids)),
        )
        return [_target(row) for row in rows]

    def add(self, definition_id: int, targets: Sequence[StoredTarget]) -> list[int]:
        """Insert them, of assignments of one definition; the new ids in the same order."""
        if not targets:
            return []
        rows = self._session.rows(_ADD, definition=definition_id, rows=_rows(targets), author=self._actor_id)
        ids = {(row["assignment_id"], row["period_start"], row["period_end"]): row["id"] for row in rows}
        return [ids[each.assignment_id, each.dated.first, each.dated.last] for each in targets]

    def save(self, targets: Sequence[StoredTarget]) -> None:
        """Write their values and notes; the dates stay."""
        if targets:
            self._session.run(_SAVE, rows=_rows(targets))


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
