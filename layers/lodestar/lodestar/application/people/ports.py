"""What looking after people needs from outside: the store of people, and the user pool."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Protocol

from lodestar.application.work import Work
from lodestar.domain.companies import Company
from lodestar.domain.memberships import Memberships
from lodestar.domain.people import CompanyRole, Person, RoleUses, Team, User
from lodestar.domain.permissions import Actor, GrantedKpi


class PeopleStore(Protocol):
    """Companies, teams, users and roles."""

    def person(self, user_id: int) -> Person | None:
        """The user of that id in the bound company."""

    def actors(self, user_ids: Collection[int]) -> Mapping[int, Actor]:
        """Those of these users who are active, with all that they hold now."""

    def persons(self, names: Collection[int | str]) -> Mapping[int | str, Person]:
        """The users of these ids and email addresses (in small letters), by what they were asked for."""

    def members(self, team_id: int, day: date) -> list[int]:
        """The ids of the users who are in a team on a day, also of those who have left since."""

    def active_members(self, team_id: int, day: date) -> list[int]:
        """The ids of the users who are in a team on a day and are active now."""

    def people_of_teams(self, team_ids: Collection[int], first: date, last: date) -> list[int]:
        """The ids of the users who were in any of these teams on any of these days, both inclusive."""

    def memberships(self, user_ids: Collection[int]) -> Mapping[int, Memberships]:
        """The memberships of each of these users."""

    def memberships_for_update(self, team_id: int, day: date) -> Mapping[int, Memberships]:
        """The memberships of all who are in a team on a day or later; they stay as they are meanwhile."""

    def save_memberships(self, of_users: Mapping[int, Memberships]) -> None:
        """Let these users have these memberships and no others."""

    def names(self, user_ids: Collection[int]) -> Mapping[int, str]:
        """The names of these users."""

    def team_names(self, team_ids: Collection[int]) -> Mapping[int, str]:
        """The names of these teams, dissolved ones too."""

    def team_exists(self, team_id: int) -> bool:
        """Whether the bound company has that team."""

    def add_user(self, fields: Mapping[str, Any], sub: str) -> int:
        """Insert a user who signs in as `sub`, in no team yet; the new id. Conflict: address in use."""

    def team(self, team_id: int) -> Team | None:
        """The team of that id, dissolved or not."""

    def add_team(self, name: str, manager_id: int | None) -> int:
        """Insert a team; the new id. Conflict: name taken."""

    def user_for_update(self, user_id: int) -> User | None:
        """The user of that id; they and all active admins and superusers stay as they are meanwhile."""

    def has_others_with_role(self, roles: Collection[str], user_id: int) -> bool:
        """Whether anybody else who is active has one of these roles."""

    def save_user(self, user: User) -> None:
        """Write every field but the identity and the memberships. Conflict: the address is in use."""

    def team_for_update(self, team_id: int) -> Team | None:
        """The team of that id, dissolved or not; nobody else changes or joins it meanwhile."""

    def active_team_for_share(self, team_id: int) -> Team | None:
        """The team of that id unless it is dissolved; nobody dissolves it meanwhile."""

    def save_team(self, team: Team) -> None:
        """Write every field. Conflict: name taken."""

    def role_for_update(self, role_id: int) -> CompanyRole | None:
        """The role of that id; nobody else changes, gives or deletes it meanwhile."""

    def role_for_share(self, name: str) -> CompanyRole | None:
        """The role of that name; it stays as it is meanwhile."""

    def role_uses(self, name: str) -> RoleUses:
        """What would miss a role that is gone."""

    def grants_of_role(self, name: str) -> tuple[GrantedKpi, ...]:
        """What everybody of a role is granted."""

    def grants_of_user(self, user_id: int) -> tuple[GrantedKpi, ...]:
        """What one user is granted, beside what their role is."""

    def add_role(self, role: CompanyRole) -> int:
        """Insert it (its id is ignored); the new id. Conflict: name taken."""

    def save_role(self, role: CompanyRole) -> None:
        """Write description and permissions."""

    def remove_role(self, role_id: int) -> None:
        """Delete it."""

    def company(self) -> Company:
        """The company that the transaction is bound to."""

    def company_for_update(self) -> Company:
        """The company that the transaction is bound to; nobody else changes it meanwhile."""

    def company_for_share(self) -> Company:
        """The company that the transaction is bound to; nobody changes it until the transaction ends."""

    def save_company(self, company: Company) -> None:
        """Write every field of the bound company."""

    def make_sandbox(self) -> None:
        """Make or renew the bound company's login and schema for admin SQL."""

    def set_topic(self, topic_arn: str) -> None:
        """Remember the bound company's alert topic."""

    def known_users(self, user_ids: Collection[int]) -> set[int]:
        """Which of these ids are users of the bound company."""


class PeopleWork(Work, Protocol):
    """A unit of work as this room uses it."""

    @property
    def people(self) -> PeopleStore:
        """Companies, teams, users and roles."""

    def add_company(self, fields: Mapping[str, Any]) -> int:
        """Insert a company and bind the transaction to it; the new id."""

    def enter_company(self, company_id: int) -> bool:
        """Bind the transaction to another company; False: there is none of that id but the platform's own."""


class Directory(Protocol):
    """Who may sign in: the user pool."""

    def invite(self, email: str, name: str) -> str:
        """Make the person's sign-in, or find it; its `sub`. Conflict: the address cannot be used."""

    def disable(self, sub: str) -> None:
        """Let a person sign in no more."""

    def enable(self, sub: str) -> None:
        """Let a person sign in again."""

    def change_email(self, sub: str, email: str) -> None:
        """Let a person sign in with another address. Conflict: it cannot be used."""
