"""Who is to be measured."""

from collections.abc import Collection
from typing import Any

from lodestar.application.calculation.planning import USERS
from lodestar.domain.measurements import Assignee
from lodestar.domain.runs import Batch
from lodestar.persistence.assignments.codec import COLUMNS, assignment_from
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore


class SqlSubjects(SqlStore):
    """Who has which assignments."""

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

    def assignees(self, batch: Batch) -> list[Assignee]:
        """The active assignments of a batch, with the team that each user is in."""
        is_user = "a.user_id = any(cast(:users as bigint[]))"
        rows = self._session.rows(
            f"select {COLUMNS}, coalesce(u.team_id, a.team_id) as current_team_id "
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
