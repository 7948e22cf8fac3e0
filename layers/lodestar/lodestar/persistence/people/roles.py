"""A company's own roles, and what roles and users are granted on single KPIs."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, update

from lodestar.domain.definitions import Category
from lodestar.domain.people import CompanyRole, RoleUses
from lodestar.domain.permissions import Grant, GrantedKpi
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.tables import roles
from lodestar.persistence.kernel.unique import write_unique

_ROLE_FOR_UPDATE = """
select id, name, description, permissions from lodestar.roles
where company_id = :company and id = :id for update"""
_ROLE_FOR_SHARE = """
select id, name, description, permissions from lodestar.roles
where company_id = :company and name = :name for share"""
_USES = """
select (select count(*) from lodestar.users where company_id = :company and role = :name) as users,
  (select count(*) from lodestar.grants where company_id = :company and role = :name) as grants"""


def _grants_where(grantee: str) -> str:
    """Grants with the category of the KPI that each is on. Binds :company and what `grantee` does."""
    return f"""
select g.definition_id, d.category, g.can_view, g.can_edit, g.can_set_targets
from lodestar.grants g
join lodestar.definitions d on d.company_id = g.company_id and d.id = g.definition_id
where g.company_id = :company and {grantee}"""  # the category: who may see a KPI may follow from it alone


class SqlRoles(SqlStore):
    """The bound company's own roles."""

    def role_for_update(self, role_id: int) -> CompanyRole | None:
        """The role of that id, locked: whoever wants to give it waits."""
        row = self._session.row(_ROLE_FOR_UPDATE, id=role_id)
        return None if row is None else _role_from(row)

    def role_for_share(self, name: str) -> CompanyRole | None:
        """The role of that name, locked against change."""
        row = self._session.row(_ROLE_FOR_SHARE, name=name)
        return None if row is None else _role_from(row)

    def role_uses(self, name: str) -> RoleUses:
        """How many users, active or not, have a role, and how many grants name it."""
        return RoleUses(**self._session.one(_USES, name=name))

    def grants_of_role(self, name: str) -> tuple[GrantedKpi, ...]:
        """What everybody of a role is granted."""
        rows = self._session.rows(_grants_where("g.role = :name"), name=name)
        return tuple(map(_granted, rows))

    def grants_of_user(self, user_id: int) -> tuple[GrantedKpi, ...]:
        """What one user is granted, beside what their role is."""
        rows = self._session.rows(_grants_where("g.user_id = :id"), id=user_id)
        return tuple(map(_granted, rows))

    def add_role(self, role: CompanyRole) -> int:
        """Insert it; the new id. Conflict: the name is taken."""
        statement = insert(roles).values(
            company_id=self._session.company_id, name=role.name, **_changeable(role)
        )
        sentence = f'There is a role "{role.name}" already.'
        return write_unique(self._session, statement.returning(roles.c.id), sentence)

    def save_role(self, role: CompanyRole) -> None:
        """Write description and permissions."""
        self._session.connection.execute(
            update(roles)
            .where(roles.c.company_id == self._session.company_id, roles.c.id == role.id)
            .values(**_changeable(role))
        )

    def remove_role(self, role_id: int) -> None:
        """Delete it."""
        self._session.run("delete from lodestar.roles where company_id = :company and id = :id", id=role_id)


def _role_from(row: Mapping[str, Any]) -> CompanyRole:
    return CompanyRole(row["id"], row["name"], row["description"], frozenset(row["permissions"]))


def _granted(row: Mapping[str, Any]) -> GrantedKpi:
    grant = Grant(row["can_view"], row["can_edit"], row["can_set_targets"])
    known = row["category"] in Category
    return GrantedKpi(row["definition_id"], Category(row["category"]) if known else None, grant)


def _changeable(role: CompanyRole) -> dict[str, Any]:
    return {"description": role.description, "permissions": sorted(role.permissions)}
