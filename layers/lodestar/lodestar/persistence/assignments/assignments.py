"""Assignments of the bound company: one, those of a subject, those of many users."""

from collections.abc import Collection, Sequence

from sqlalchemy import insert

from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.periods import Period
from lodestar.persistence.assignments.codec import COLUMNS, assignment_from, changeable_columns
from lodestar.persistence.definitions.definitions import lock_definition
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.sql_parts import where
from lodestar.persistence.kernel.tables import assignments


def _assignments(*conditions: str, then: str = "") -> str:
    """The assignments `a` of the company that meet the conditions; `then` orders, limits or locks them.

    Binds `:company` and what the conditions bind.
    """
    chosen = where("a.company_id = :company", *conditions)
    return f"select {COLUMNS} from lodestar.assignments a {chosen} {then}"


# Binds :company, :id.
_GET = _assignments("a.id = :id")

# Binds :company, :id. Its key stays: what refers to it, such as a measurement, need not wait.
_GET_FOR_UPDATE = _assignments("a.id = :id", then="for no key update")

# Binds :company, :definition, :subject_type, :user (null: the company), :start, :end.
_COVERING = _assignments(
    "a.definition_id = :definition",
    "a.is_active",
    "a.subject_type = :subject_type",
    "a.user_id is not distinct from cast(:user as bigint)",
    "a.start_date <= :end",
    "(a.end_date is null or a.end_date >= :start)",
    then="order by a.start_date desc limit 1",
)

# Binds :company, :definition, :subject_type, :user, :team.
_SAME_SUBJECT = _assignments(
    "a.definition_id = :definition",
    "a.subject_type = :subject_type",
    "a.user_id is not distinct from cast(:user as bigint)",
    "a.team_id is not distinct from cast(:team as bigint)",
    then="order by a.start_date",
)

# Binds :company, :definitions, :users.
_OF_USERS_AND_COMPANY = _assignments(
    "a.definition_id = any(cast(:definitions as bigint[]))",
    "(a.user_id = any(cast(:users as bigint[])) or a.subject_type = 'company')",
    then="order by a.start_date, a.id",
)

# In the order of the users, so that their ids are in that order too.
# Binds :company, :definition, :users, :weight, :target_low, :target_high, :start_date, :end_date, :is_active.
_ADD_MANY = """
insert into lodestar.assignments (company_id, definition_id, subject_type, user_id, weight, target_low,
  target_high, start_date, end_date, is_active)
select :company, :definition, 'user', u.id, :weight, cast(:target_low as numeric),
  cast(:target_high as numeric), cast(:start_date as date), cast(:end_date as date), :is_active
from unnest(cast(:users as bigint[])) with ordinality as u(id, number) order by u.number
returning id, user_id"""


class SqlAssignments(SqlStore):
    """Assignments of the bound company."""

    def get(self, assignment_id: int) -> Assignment | None:
        """The assignment of that id."""
        row = self._session.row(_GET, id=assignment_id)
        return None if row is None else assignment_from(row)

    def get_for_update(self, assignment_id: int) -> Assignment | None:
        """The assignment of that id; nobody else changes it until the transaction ends."""
        row = self._session.row(_GET_FOR_UPDATE, id=assignment_id)
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
            **changeable_columns(assignment),
        )
        return self._session.insert(statement.returning(assignments.c.id))

    def save(self, assignment: Assignment) -> None:
        """Write weight, target, end date and activity."""
        self._session.run(
            "update lodestar.assignments set weight = :weight, target_low = :target_low, "
            "target_high = :target_high, end_date = :end_date, is_active = :is_active, "
            "version = version + 1 where company_id = :company and id = :id",
            id=assignment.id,
            **changeable_columns(assignment),
        )

    def covering(self, definition_id: int, user_id: int | None, period: Period) -> Assignment | None:
        """The newest active assignment to a user, or to the company, that has a day in the period."""
        row = self._session.row(
            _COVERING,
            definition=definition_id,
            subject_type=SubjectType.COMPANY if user_id is None else SubjectType.USER,
            user=user_id,
            start=period.start,
            end=period.end,
        )
        return None if row is None else assignment_from(row)

    def same_subject_for_update(self, assignment: Assignment) -> list[Assignment]:
        """The assignments of the same definition to the same subject, oldest start first.

        The definition's row is locked first, so that two writers cannot both find no overlap.
        """
        lock_definition(self._session, assignment.definition_id)
        rows = self._session.rows(
            _SAME_SUBJECT,
            definition=assignment.definition_id,
            subject_type=assignment.subject_type,
            user=assignment.user_id,
            team=assignment.team_id,
        )
        return [assignment_from(row) for row in rows]

    def of_users_and_company(
        self, definition_ids: Collection[int], user_ids: Collection[int]
    ) -> list[Assignment]:
        """The assignments of these definitions to these users and to the company, oldest start first."""
        rows = self._session.rows(
            _OF_USERS_AND_COMPANY,
            definitions=array(sorted(definition_ids)),
            users=array(sorted(user_ids)),
        )
        return [assignment_from(row) for row in rows]

    def add_many(self, user_ids: Sequence[int], assignment: Assignment) -> dict[int, int]:
        """Insert the same assignment for each of these users; the new ids by user."""
        if not user_ids:
            return {}
        rows = self._session.rows(
            _ADD_MANY,
            users=array(user_ids),
            definition=assignment.definition_id,
            start_date=assignment.start_date,
            **changeable_columns(assignment),
        )
        return {row["user_id"]: row["id"] for row in rows}
