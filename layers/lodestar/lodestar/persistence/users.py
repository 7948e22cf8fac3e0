"""Users of a company, to be changed."""

from collections.abc import Collection

from sqlalchemy import update

from lodestar.domain.people import User
from lodestar.domain.permissions import Role
from lodestar.persistence.arrays import array
from lodestar.persistence.session import Session
from lodestar.persistence.tables import users
from lodestar.persistence.unique import write_unique

# With the user, everybody who may be the last admin: whoever deactivates another one waits here. In the
# order of the ids, so that two who lock the same rows never wait for each other.
_TO_CHANGE = """
select u.id, u.name, u.email, u.role, u.team_id, u.timezone, u.external_ids, u.is_active, (
  select i.sub from lodestar.identities i where i.company_id = u.company_id and i.user_id = u.id) as sub
from lodestar.users u
where u.company_id = :company
  and (u.id = :id or (u.is_active and u.role = any(cast(:kept as text[]))))
order by u.id for no key update of u"""


class UserRepository:
    """Users of the bound company, to be changed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def to_change(self, user_id: int) -> User | None:
        """The user of that id; they and all active admins and superusers are locked."""
        rows = self._session.rows(_TO_CHANGE, id=user_id, kept=array([Role.ADMIN, Role.SUPERUSER]))
        return next((User(**row) for row in rows if row["id"] == user_id), None)

    def others_with(self, roles: Collection[str], user_id: int) -> bool:
        """Whether anybody else who is active has one of these roles."""
        found: bool = self._session.value(
            "select exists (select from lodestar.users where company_id = :company and is_active "
            "and id <> :id and role = any(cast(:roles as text[])))",
            id=user_id,
            roles=array(sorted(roles)),
        )
        return found

    def save(self, user: User) -> None:
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
