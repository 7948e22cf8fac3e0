"""Users in the database."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Executable, insert, update

from lodestar.domain.people import INDISPENSABLE_ROLES, Person, User, unusable_address
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.sql_parts import TODAY, team_on
from lodestar.persistence.kernel.tables import identities, users
from lodestar.persistence.kernel.unique import write_unique
from lodestar.persistence.people.memberships import memberships_of

# With the user, everybody who may be the last admin: whoever deactivates another one waits here. In the
# order of the ids, so that two who lock the same rows never wait for each other.
_USER_FOR_UPDATE = """
select u.id, u.name, u.email, u.role, u.timezone, u.external_ids, u.is_active, u.last_day, (
  select i.sub from lodestar.identities i where i.company_id = u.company_id and i.user_id = u.id) as sub
from lodestar.users u
where u.company_id = :company
  and (u.id = :id or (u.is_active and u.role = any(cast(:indispensable as text[]))))
order by u.id for no key update of u"""

_PERSON = f"""
select u.id, u.role, {team_on("u.id", TODAY)} as team_id, u.is_active, u.email
from lodestar.users u where u.company_id = :company"""


class SqlUsers(SqlStore):
    """Users of the bound company."""

    def person(self, user_id: int) -> Person | None:
        """The user of that id in the bound company."""
        row = self._session.row(f"{_PERSON} and u.id = :id", id=user_id)
        return None if row is None else _person(row)

    def names(self, user_ids: Collection[int]) -> dict[int, str]:
        """The names of these users."""
        sql = (
            "select id, name from lodestar.users "
            "where company_id = :company and id = any(cast(:ids as bigint[]))"
        )
        return {row["id"]: row["name"] for row in self._session.rows(sql, ids=array(list(user_ids)))}

    def persons(self, names: Collection[int | str]) -> dict[int | str, Person]:
        """The users of these ids and email addresses (in small letters), by what they were asked for."""
        rows = self._session.rows(
            f"{_PERSON} and (u.id = any(cast(:ids as bigint[])) or u.email = any(cast(:emails as text[])))",
            ids=array([name for name in names if isinstance(name, int)]),
            emails=array([name for name in names if isinstance(name, str)]),
        )
        found: dict[int | str, Person] = {}
        for row in rows:
            found |= dict.fromkeys((row["id"], row["email"]), _person(row))
        return {name: found[name] for name in names if name in found}

    def add_user(self, fields: Mapping[str, Any], sub: str) -> int:
        """Insert a user who signs in as `sub`, in no team. Conflict: nobody can be invited to the address."""
        company_id = self._session.company_id
        statement = insert(users).values(company_id=company_id, **fields).returning(users.c.id)
        user_id = self._write_address(statement, fields["email"])
        # Unique across companies: whoever signs in as `sub` has to be one person.
        identity = insert(identities).values(sub=sub, company_id=company_id, user_id=user_id)
        self._write_address(identity.returning(identities.c.user_id), fields["email"])
        return user_id

    def known_users(self, user_ids: Collection[int]) -> set[int]:
        """Which of these ids are users of the bound company."""
        if not user_ids:
            return set()
        rows = self._session.rows(
            "select id from lodestar.users where company_id = :company and id = any(cast(:ids as bigint[]))",
            ids=array(sorted(user_ids)),
        )
        return {row["id"] for row in rows}

    def user_for_update(self, user_id: int) -> User | None:
        """The user of that id; they and all active admins and superusers are locked."""
        rows = self._session.rows(_USER_FOR_UPDATE, id=user_id, indispensable=array(INDISPENSABLE_ROLES))
        row = next((row for row in rows if row["id"] == user_id), None)
        if row is None:
            return None
        # Read after the lock: a statement that waited for it would still show what was there before.
        return User(**row, memberships=memberships_of(self._session, [user_id])[user_id])

    def has_others_with_role(self, roles: Collection[str], user_id: int) -> bool:
        """Whether anybody else who is active has one of these roles."""
        found: bool = self._session.value(
            "select exists (select from lodestar.users where company_id = :company and is_active "
            "and id <> :id and role = any(cast(:roles as text[])))",
            id=user_id,
            roles=array(sorted(roles)),
        )
        return found

    def save_user(self, user: User) -> None:
        """Write every field but the identity and the memberships. Conflict: the address is unusable."""
        statement = (
            update(users)
            .where(users.c.company_id == self._session.company_id, users.c.id == user.id)
            .values(
                name=user.name,
                email=user.email,
                role=user.role,
                timezone=user.timezone,
                external_ids=user.external_ids,
                is_active=user.is_active,
                last_day=user.last_day,
            )
        )
        self._write_address(statement.returning(users.c.id), user.email)

    def _write_address(self, statement: Executable, email: str) -> int:
        """Write what has an address, or the identity that it belongs to: each is there once."""
        refusal = unusable_address(email)
        return write_unique(self._session, statement, refusal.message, refusal.code)


def _person(row: Mapping[str, Any]) -> Person:
    return Person(row["id"], row["role"], row["team_id"], row["is_active"])
