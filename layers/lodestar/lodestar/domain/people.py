"""Who there is in a company: users, teams, and the roles that the company made itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from lodestar.domain.memberships import Memberships
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Conflict

INDISPENSABLE_ROLES = (Role.ADMIN, Role.SUPERUSER)
"""The roles that a company never runs out of: somebody active has each that anybody ever had."""


def unusable_address(email: str) -> Conflict:
    """The one refusal of an address with which nobody new can sign in, whatever the reason.

    An account belongs to one company. Who invites does not learn whether an address has one elsewhere.
    """
    return Conflict(
        f"Nobody can be invited to {email}: use another email address.", code="address_unavailable"
    )


@dataclass(frozen=True, slots=True)
class User:
    """A person with the identity that signs in as `sub`. `role` is a built-in one or a company's own.

    `last_day` is that of a person who has left; while they are active they have none.
    """

    id: int
    sub: str
    name: str
    email: str
    role: str
    memberships: Memberships
    timezone: str | None
    external_ids: Mapping[str, str]
    is_active: bool
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """People with a manager; dissolved when it is not active."""

    id: int
    name: str
    manager_id: int | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class CompanyRole:
    """A role that a company made of permission keys."""

    id: int
    name: str
    description: str
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class RoleUses:
    """How many users, active or not, have a role, and how many grants on KPIs name it."""

    users: int
    grants: int


@dataclass(frozen=True, slots=True)
class Person:
    """What of a user decides who may see and change their KPIs; `team_id` is the team of today."""

    id: int
    role: str
    team_id: int | None
    is_active: bool
