"""Who is to be measured."""

from collections.abc import Collection
from datetime import date

from lodestar.domain.measurements import Assignee
from lodestar.domain.memberships import NO_MEMBERSHIPS
from lodestar.domain.runs import Batch, BatchSubjects, MeasuredSubjects
from lodestar.persistence.assignments.codec import ASSIGNMENT_WITH_TERMS, assignments_from
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.people.memberships import memberships_of


def _assignments_of(columns: str, is_chosen: str, order: str) -> str:
    """The assignments of some definitions, `a`, with their terms `t`, and their user `u` or team `g`.

    Binds: company, ids (of the definitions), and what `is_chosen` binds.
    """
    return f"""
select {columns} from lodestar.assignments a
join lodestar.terms t on t.company_id = a.company_id and t.assignment_id = a.id
left join lodestar.users u on u.company_id = a.company_id and u.id = a.user_id
left join lodestar.teams g on g.company_id = a.company_id and g.id = a.team_id
where a.company_id = :company and a.definition_id = any(cast(:ids as bigint[])) and {is_chosen}
order by {order}"""


# Binds: company, ids, first, last (dates).
_SUBJECTS = _assignments_of(
    "distinct a.user_id",
    "t.start_date <= :last and (t.end_date is null or t.end_date >= :first)",
    "a.user_id",
)

_ORDER = "a.id, t.start_date"
# Binds: company, ids, users.
_USERS = _assignments_of(ASSIGNMENT_WITH_TERMS, "a.user_id = any(cast(:users as bigint[]))", _ORDER)
# Binds: company, ids.
_TEAMS_AND_COMPANY = _assignments_of(ASSIGNMENT_WITH_TERMS, "a.user_id is null", _ORDER)


class SqlSubjects(SqlStore):
    """Who has which assignments."""

    def subjects(self, definition_ids: Collection[int], first: date, last: date) -> MeasuredSubjects:
        """Who has assignments of these definitions in the range of dates."""
        rows = self._session.rows(_SUBJECTS, ids=array(list(definition_ids)), first=first, last=last)
        found = [row["user_id"] for row in rows]
        user_ids = tuple(user_id for user_id in found if user_id is not None)
        return MeasuredSubjects(user_ids, has_teams_or_company=None in found)

    def assignees(self, batch: Batch) -> list[Assignee]:
        """The assignments of a batch, with the memberships of each user."""
        definition_ids, user_ids = array(batch.plan.definition_ids), batch.plan.user_ids
        if batch.plan.subjects is BatchSubjects.USERS:
            rows = self._session.rows(_USERS, ids=definition_ids, users=array(user_ids))
        else:
            rows = self._session.rows(_TEAMS_AND_COMPANY, ids=definition_ids)
        of_users = memberships_of(self._session, user_ids)
        return [
            Assignee(assignment, of_users.get(assignment.user_id or 0, NO_MEMBERSHIPS))
            for assignment in assignments_from(rows)
        ]
