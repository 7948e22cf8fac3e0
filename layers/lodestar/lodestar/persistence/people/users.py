"""Users in the database."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import insert, update

from lodestar.domain.people import INDISPENSABLE_ROLES, Person, User
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.tables import identities, users
from lodestar.persistence.kernel.unique import write_unique

# With the user, everybody who may be the last admin: whoever deactivates another one waits here. In the
# order of the ids, so that two who lock the same rows never wait for each other.
_USER_FOR_UPDATE = """
select u.id, u.name, u.email, u.role, u.team_id, u.timezone, u.external_ids, u.is_active, (
  select i.sub from lodestar.identities i where i.company_id = u.company_id and i.user_id = u.id) as sub
from lodestar.users u
where u.company_id = :company
  and (u.id = :id or (u.is_active and u.role = any(cast(:indispensable as text[]))))
order by u.id for no key update of u"""


class SqlUsers(SqlStore):
    """Users of the bound company."""

    def person(self, user_id: int) -> Person | None:
        """The user of that id in the bound company."""
        row = self._session.row(
            "select id, role, team_id, is_active from lodestar.users "
            "where company_id = :company and id = :id",
            id=user_id,
        )
        return None if row is None else Person(**row)

    def persons(self, names: Collection[int | str]) -> dict[int | str, Person]:
        """The users of these ids and email addresses (in small letters), by what they were asked for."""
        rows = self._session.rows(
            "select id, role, team_id, is_active, email from lodestar.users where company_id = :company "
            "and (id = any(cast(:ids as bigint[])) or email = any(cast(:emails as text[])))",
            ids=array([name for name in names if isinstance(name, int)]),
            emails=array([name for name in names if isinstance(name, str)]),
        )
        found: dict[int | str, Person] = {}
        for row in rows:
            person = Person(row["id"], row["role"], row["team_id"], row["is_active"])
            found |= {row["id"]: person, row["email"]: person}
        return {name: found[name] for name in names if name in found}

    def add_user(self, fields: Mapping[str, Any], sub: str) -> int:
        """Insert a user with the identity that signs in as `sub`. Conflict: the email is taken."""
        company_id = self._session.company_id
        statement = insert(users).values(company_id=company_id, **fields).returning(users.c.id)
        user_id = write_unique(
            self._session, statement, f"Somebody has the email address {fields['email']} already."
        )
        # Unique across companies: whoever signs in as `sub` has to be one person.
        identity = insert(identities).values(sub=sub, company_id=company_id, user_id=user_id)
        write_unique(
            self._session,
            identity.returning(identities.c.user_id),
            f"{fields['email']} signs in to another company already: use another email address.",
        )
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
        return next((User(**row) for row in rows if row["id"] == user_id), None)

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
        """Write every field but the identity. Conflict: the email is taken."""
        statement = (
            update(users)
            .where(users.c.company_id == self._session.company_id, users.c.id == user.id)
            .values(
                name=user.name,
                email=user.email,
                role=user.role,
                team_id=user.team_id,
                timezone=user.timezone,
                external_ids=user.external_ids,
                is_active=user.is_active,
            )
        )
        sentence = f"Somebody has the email address {user.email} already."
        write_unique(self._session, statement.returning(users.c.id), sentence)
