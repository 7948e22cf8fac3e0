"""What people hold, as the sign-in reads it from the database."""

from collections.abc import Collection, Mapping
from typing import Any

from lodestar.domain.permissions import Actor, Grant, Role, permissions_of
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore

# Binds: company, now, ids. The function binds the transaction to the company that it is bound to already.
_OF_USERS = """
select lodestar.sign_in(i.sub, cast(:now as timestamptz)) as held from lodestar.identities i
where i.company_id = :company and i.user_id = any(cast(:ids as bigint[]))"""


def actor_from(row: Mapping[str, Any], company_id: int) -> Actor:
    """Somebody as the database's function `sign_in` tells of them."""
    own = row["role_permissions"]
    return Actor(
        user_id=row["user_id"],
        company_id=company_id,
        role=row["role"],
        permissions=permissions_of(Role(row["role"])) if own is None else frozenset(own),
        managed_team_ids=frozenset(row["managed_team_ids"]),
        team_id=row["team_id"],
        grants={grant["definition_id"]: _grant(grant) for grant in row["grants"]},
    )


class SqlActors(SqlStore):
    """What users of the bound company hold."""

    def actors(self, user_ids: Collection[int]) -> dict[int, Actor]:
        """Those of these users who are active, with all that they hold now."""
        rows = self._session.rows(_OF_USERS, ids=array(sorted(user_ids)))
        found = (actor_from(row["held"], self._session.company_id) for row in rows if row["held"] is not None)
        return {actor.user_id: actor for actor in found}


def _grant(row: Mapping[str, Any]) -> Grant:
    return Grant(row["can_view"], row["can_edit"], row["can_set_targets"])
