"""Assignments, their targets, and who has which of them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import insert

from lodestar.application.calculation.planning import USERS
from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.measurements import Assignee
from lodestar.domain.periods import Period
from lodestar.domain.runs import Batch
from lodestar.domain.targets import DatedTarget, Target, Targets
from lodestar.persistence.arrays import array
from lodestar.persistence.session import Session
from lodestar.persistence.tables import assignments

_COLUMNS = (
    "a.id, a.definition_id, a.subject_type, a.user_id, a.team_id, a.weight, a.target_low, a.target_high, "
    "a.start_date, a.end_date, a.is_active"
)
_GET = f"select {_COLUMNS} from lodestar.assignments a where a.company_id = :company and a.id = :id"

# In the order of the users, so that their ids are in that order too.
_ADD_FOR = """
insert into lodestar.assignments (company_id, definition_id, subject_type, user_id, weight, target_low,
  target_high, start_date, end_date, is_active)
select :company, :definition, 'user', u.id, :weight, cast(:target_low as numeric),
  cast(:target_high as numeric), cast(:start_date as date), cast(:end_date as date), :is_active
from unnest(cast(:users as bigint[])) with ordinality as u(id, number) order by u.number
returning id, user_id"""


class AssignmentRepository:
    """Assignments of the bound company."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, assignment_id: int) -> Assignment | None:
        """The assignment of that id."""
        row = self._session.row(_GET, id=assignment_id)
        return None if row is None else assignment_from(row)

    def locked(self, assignment_id: int) -> Assignment | None:
        """As `get`, and nobody else changes it until the transaction ends."""
        row = self._session.row(f"{_GET} for no key update", id=assignment_id)
        return None if row is None else assignment_from(row)

    def add(self, assignment: Assignment) -> int:
        """Insert it; the new id."""
        statement = insert(assignments).values(
            company_id=self._session.company_id,
            definition_id=assignment.definition_id,
            subject_type=assignment.subject_type,
            user_id=assignment.user_id,
            team_id=assignment.team_id,
            start_date=assignment.start_date,
            **_changeable(assignment),
        )
        return self._session.insert(statement.returning(assignments.c.id))

    def save(self, assignment: Assignment) -> None:
        """Write weight, target, end date and activity."""
        self._session.run(
            "update lodestar.assignments set weight = :weight, target_low = :target_low, "
            "target_high = :target_high, end_date = :end_date, is_active = :is_active, "
            "version = version + 1 where company_id = :company and id = :id",
            id=assignment.id,
            **_changeable(assignment),
        )

    def covering(self, definition_id: int, user_id: int | None, period: Period) -> Assignment | None:
        """The newest active assignment to a user, or to the company, that has a day in the period."""
        row = self._session.row(
            f"select {_COLUMNS} from lodestar.assignments a where a.company_id = :company "
            "and a.definition_id = :definition and a.is_active and a.subject_type = :kind "
            "and a.user_id is not distinct from cast(:user as bigint) and a.start_date <= :end "
            "and (a.end_date is null or a.end_date >= :start) order by a.start_date desc limit 1",
            definition=definition_id,
            kind=SubjectType.COMPANY if user_id is None else SubjectType.USER,
            user=user_id,
            start=period.start,
            end=period.end,
        )
        return None if row is None else assignment_from(row)

    def same_subject(self, assignment: Assignment) -> list[Assignment]:
        """The assignments of the same definition to the same subject, oldest start first.

        The definition's row is locked first, so that two writers cannot both find no overlap.
        """
        self.lock(assignment.definition_id)
        rows = self._session.rows(
            f"select {_COLUMNS} from lodestar.assignments a where a.company_id = :company "
            "and a.definition_id = :definition and a.subject_type = :kind "
            "and a.user_id is not distinct from cast(:user as bigint) "
            "and a.team_id is not distinct from cast(:team as bigint) order by a.start_date",
            definition=assignment.definition_id,
            kind=assignment.subject_type,
            user=assignment.user_id,
            team=assignment.team_id,
        )
        return [assignment_from(row) for row in rows]

    def lock(self, definition_id: int) -> None:
        """Let no other transaction assign this definition until this one ends."""
        self._session.rows(
            "select id from lodestar.definitions where company_id = :company and id = :id for update",
            id=definition_id,
        )

    def given(self, definition_ids: Collection[int], user_ids: Collection[int]) -> list[Assignment]:
        """What of these definitions these users have, and the company itself, oldest start first."""
        rows = self._session.rows(
            f"select {_COLUMNS} from lodestar.assignments a where a.company_id = :company "
            "and a.definition_id = any(cast(:definitions as bigint[])) "
            "and (a.user_id = any(cast(:users as bigint[])) or a.subject_type = 'company') "
            "order by a.start_date, a.id",
            definitions=array(sorted(definition_ids)),
            users=array(sorted(user_ids)),
        )
        return [assignment_from(row) for row in rows]

    def add_for(self, user_ids: Sequence[int], assignment: Assignment) -> dict[int, int]:
        """Insert the same for each of these users; the new ids by user."""
        if not user_ids:
            return {}
        rows = self._session.rows(
            _ADD_FOR,
            users=array(user_ids),
            definition=assignment.definition_id,
            start_date=assignment.start_date,
            **_changeable(assignment),
        )
        return {row["user_id"]: row["id"] for row in rows}


class SlotRepository:
    """Who has which assignments, and what they aim at."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def subjects(self, definition_ids: Collection[int], first: Any, last: Any) -> tuple[list[int], bool]:  # noqa: ANN401 — dates
        """Users with active assignments of these definitions in the range; whether teams or company have."""
        rows = self._session.rows(
            "select distinct a.user_id from lodestar.assignments a "
            "left join lodestar.users u on u.company_id = a.company_id and u.id = a.user_id "
            "left join lodestar.teams t on t.company_id = a.company_id and t.id = a.team_id "
            "where a.company_id = :company and a.definition_id = any(cast(:ids as bigint[])) and a.is_active "
            "and coalesce(u.is_active, t.is_active, true) and a.start_date <= :last "
            "and (a.end_date is null or a.end_date >= :first) order by a.user_id",
            ids=array(list(definition_ids)),
            first=first,
            last=last,
        )
        found = [row["user_id"] for row in rows]
        return [each for each in found if each is not None], None in found

    def slots(self, batch: Batch) -> list[Assignee]:
        """The active assignments of a batch, with the team that each user is in."""
        is_user = "a.user_id = any(cast(:users as bigint[]))"
        rows = self._session.rows(
            f"select {_COLUMNS}, coalesce(u.team_id, a.team_id) as current_team_id "
            "from lodestar.assignments a "
            "left join lodestar.users u on u.company_id = a.company_id and u.id = a.user_id "
            "left join lodestar.teams t on t.company_id = a.company_id and t.id = a.team_id "
            "where a.company_id = :company and a.definition_id = any(cast(:ids as bigint[])) and a.is_active "
            "and coalesce(t.is_active, true) "
            f"and {is_user if batch.plan.subjects == USERS else 'a.user_id is null'} order by a.id",
            ids=array(batch.plan.definition_ids),
            **({"users": array(batch.plan.user_ids)} if batch.plan.subjects == USERS else {}),
        )
        return [Assignee(assignment_from(row), row["current_team_id"]) for row in rows]

    def targets(self, slots: Sequence[Assignee]) -> Mapping[int, Targets]:
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
            f"select {_COLUMNS} from lodestar.assignments a where a.company_id = :company "
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


def assignment_from(row: Mapping[str, Any]) -> Assignment:
    """An assignment of its row."""
    low, high = row["target_low"], row["target_high"]
    return Assignment(
        id=row["id"],
        definition_id=row["definition_id"],
        subject_type=SubjectType(row["subject_type"]),
        user_id=row["user_id"],
        team_id=row["team_id"],
        weight=row["weight"],
        target=None if low is None else Target(low, high),
        start_date=row["start_date"],
        end_date=row["end_date"],
        is_active=row["is_active"],
    )


def _changeable(assignment: Assignment) -> dict[str, Any]:
    target = assignment.target
    return {
        "weight": assignment.weight,
        "target_low": None if target is None else target.low,
        "target_high": None if target is None else target.high,
        "end_date": assignment.end_date,
        "is_active": assignment.is_active,
    }
