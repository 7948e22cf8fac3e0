"""Grants on single KPIs, to users and to roles."""

from collections.abc import Collection

from lodestar.application.definitions.ports import Grantee
from lodestar.domain.permissions import Grant
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore

_PUT = """
insert into lodestar.grants (company_id, definition_id, user_id, role, can_view, can_edit, can_set_targets)
values (:company, :id, cast(:user as bigint), cast(:role as text), :can_view, :can_edit, :can_set_targets)
on conflict (company_id, definition_id, user_id, role) do update set
  can_view = excluded.can_view, can_edit = excluded.can_edit, can_set_targets = excluded.can_set_targets"""


def _is_for_grantee() -> str:
    """The condition for the grant on one KPI to one grantee. Binds :company, :id, :user, :role.

    One of :user and :role is null, and `=` finds no null.
    """
    return """company_id = :company and definition_id = :id
  and user_id is not distinct from cast(:user as bigint)
  and role is not distinct from cast(:role as text)"""


_GRANT = f"""
select can_view, can_edit, can_set_targets from lodestar.grants where {_is_for_grantee()} for update"""
_REMOVE = f"delete from lodestar.grants where {_is_for_grantee()}"


class SqlGrants(SqlStore):
    """Grants on single KPIs of the bound company."""

    def grant_for_update(self, definition_id: int, grantee: Grantee) -> Grant | None:
        """What was granted; None is nothing. Locked until the transaction ends."""
        row = self._session.row(_GRANT, **_bound(definition_id, grantee))
        return None if row is None else Grant(**row)

    def put_grant(self, definition_id: int, grantee: Grantee, grant: Grant) -> None:
        """Grant this instead of what was granted before."""
        self._session.run(
            _PUT,
            **_bound(definition_id, grantee),
            can_view=grant.can_view,
            can_edit=grant.can_edit,
            can_set_targets=grant.can_set_targets,
        )

    def remove_grant(self, definition_id: int, grantee: Grantee) -> None:
        """Take it away."""
        self._session.run(_REMOVE, **_bound(definition_id, grantee))

    def roles_for_share(self, names: Collection[str]) -> set[str]:
        """Which of these names are roles of the company's own; those are locked against change."""
        rows = self._session.rows(
            "select name from lodestar.roles where company_id = :company "
            "and name = any(cast(:names as text[])) order by id for share",
            names=array(sorted(names)),
        )
        return {row["name"] for row in rows}


def _bound(definition_id: int, grantee: Grantee) -> dict[str, object]:
    return {"id": definition_id, "user": grantee.user_id, "role": grantee.role}
