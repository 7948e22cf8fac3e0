"""The store of the room `people` in memory, the user pool, and whoever calls."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from typing import Any

from lodestar.application.caller import Caller
from lodestar.domain.companies import MIN_GROUP_SIZE, Company
from lodestar.domain.memberships import NO_MEMBERSHIPS, Membership, Memberships
from lodestar.domain.people import CompanyRole, Person, RoleUses, Team, User, unusable_address
from lodestar.domain.periods import Calendar, WeekStart
from lodestar.domain.permissions import Actor, GrantedKpi, Role, permissions_of
from lodestar.domain.refusals import Conflict

ACME = Company(1, "Acme", "EUR", Calendar("Europe/Berlin"))
TODAY = date(2026, 3, 4)
LONG_AGO = date(2025, 1, 1)
"""Since when people are in their teams, unless a test says otherwise."""
ADA = 1
"""The user id of whoever calls, unless a test says otherwise."""


def in_team(team_id: int | None, since: date = LONG_AGO) -> Memberships:
    """Of somebody who is in one team, or in none."""
    return NO_MEMBERSHIPS if team_id is None else Memberships((Membership(team_id, since),))


def caller_of(
    role: Role | str = Role.ADMIN, permissions: Collection[str] | None = None, **facts: Any
) -> Caller:
    """Ada of Acme. `permissions` are those of a company's own role; `facts` are the actor's."""
    keys = permissions_of(Role(role)) if permissions is None else frozenset(permissions)
    actor = Actor(**{"user_id": ADA, "company_id": ACME.id, "role": role, "permissions": keys} | facts)
    return Caller(actor, "Ada", "ada@acme.test", "Europe/Berlin", ACME, "a request")


@dataclass
class FakePeople:
    """One company's people; the other companies are empty."""

    users: dict[int, User] = field(default_factory=dict)
    teams: dict[int, Team] = field(default_factory=dict)
    roles: dict[int, CompanyRole] = field(default_factory=dict)
    grants: dict[str | int, tuple[GrantedKpi, ...]] = field(default_factory=dict)
    """What is granted, by the name of a role or the id of a user."""
    companies: dict[int, Company] = field(default_factory=lambda: {ACME.id: ACME})
    bound: int = ACME.id
    today: date = TODAY
    topics: dict[int, str] = field(default_factory=dict)
    sandboxes: set[int] = field(default_factory=set)
    subs_elsewhere: set[str] = field(default_factory=set)
    """Identities that sign in to another company."""
    _ids: count = field(default_factory=lambda: count(10))

    def person(self, user_id: int) -> Person | None:
        user = self.users.get(user_id)
        if user is None:
            return None
        return Person(user.id, user.role, user.memberships.team_on(self.today), user.is_active)

    def actors(self, user_ids: Collection[int]) -> Mapping[int, Actor]:
        people = (self.users[user_id] for user_id in user_ids if user_id in self.users)
        return {user.id: self._actor(user) for user in people if user.is_active}

    def _actor(self, user: User) -> Actor:
        own = next((role for role in self.roles.values() if role.name == user.role), None)
        keys = permissions_of(Role(user.role)) if own is None else own.permissions
        granted = (*self.grants.get(user.role, ()), *self.grants.get(user.id, ()))
        managed = frozenset(team.id for team in self.teams.values() if team.manager_id == user.id)
        grants = {each.definition_id: each.grant for each in granted}
        team = user.memberships.team_on(self.today)
        return Actor(user.id, self.bound, user.role, keys, managed, team, grants)

    def persons(self, names: Collection[int | str]) -> Mapping[int | str, Person]:
        by_name = {name: user.id for user in self.users.values() for name in (user.id, user.email)}
        return {name: self.person(by_name[name]) for name in names if name in by_name}

    def names(self, user_ids: Collection[int]) -> Mapping[int, str]:
        return {user_id: self.users[user_id].name for user_id in user_ids}

    def team_names(self, team_ids: Collection[int]) -> Mapping[int, str]:
        return {team_id: self.teams[team_id].name for team_id in team_ids}

    def members(self, team_id: int, day: date) -> list[int]:
        return sorted(user.id for user in self.users.values() if user.memberships.team_on(day) == team_id)

    def active_members(self, team_id: int, day: date) -> list[int]:
        return [user_id for user_id in self.members(team_id, day) if self.users[user_id].is_active]

    def people_of_teams(self, team_ids: Collection[int], first: date, last: date) -> list[int]:
        return sorted(
            user.id
            for user in self.users.values()
            if any(each.team_id in team_ids and each.touches(first, last) for each in user.memberships)
        )

    def memberships(self, user_ids: Collection[int]) -> Mapping[int, Memberships]:
        known = self.users.keys()
        return {id_: self.users[id_].memberships if id_ in known else NO_MEMBERSHIPS for id_ in user_ids}

    def memberships_for_update(self, team_id: int, day: date) -> Mapping[int, Memberships]:
        return self.memberships(self.people_of_teams({team_id}, day, date.max))

    def save_memberships(self, of_users: Mapping[int, Memberships]) -> None:
        for user_id, memberships in of_users.items():
            self.users[user_id] = replace(self.users[user_id], memberships=memberships)

    def team(self, team_id: int) -> Team | None:
        return self.teams.get(team_id)

    def team_exists(self, team_id: int) -> bool:
        return self.active_team_for_share(team_id) is not None

    def add_user(self, fields: Mapping[str, Any], sub: str) -> int:
        absent = {"memberships": NO_MEMBERSHIPS, "timezone": None, "external_ids": {}, "is_active": True}
        user = User(**absent | dict(fields), id=next(self._ids), sub=sub)
        self._require_free_email(user)
        if sub in self.subs_elsewhere:
            raise unusable_address(user.email)
        self.users[user.id] = user
        return user.id

    def add_team(self, name: str, manager_id: int | None) -> int:
        team = Team(next(self._ids), name, manager_id, is_active=True)
        self.save_team(team)
        return team.id

    def user_for_update(self, user_id: int) -> User | None:
        return self.users.get(user_id)

    def has_others_with_role(self, roles: Collection[str], user_id: int) -> bool:
        return any(
            user.role in roles and user.is_active and user.id != user_id for user in self.users.values()
        )

    def save_user(self, user: User) -> None:
        self._require_free_email(user)
        self.users[user.id] = replace(user, memberships=self.users[user.id].memberships)

    def team_for_update(self, team_id: int) -> Team | None:
        return self.teams.get(team_id)

    def active_team_for_share(self, team_id: int) -> Team | None:
        team = self.teams.get(team_id)
        return team if team is not None and team.is_active else None

    def save_team(self, team: Team) -> None:
        others = (other for other in self.teams.values() if other.is_active and other.id != team.id)
        if team.is_active and team.name in {other.name for other in others}:
            raise Conflict(f'There is a team "{team.name}" already.', code="duplicate")
        self.teams[team.id] = team

    def role_for_update(self, role_id: int) -> CompanyRole | None:
        return self.roles.get(role_id)

    def role_for_share(self, name: str) -> CompanyRole | None:
        return next((role for role in self.roles.values() if role.name == name), None)

    def role_uses(self, name: str) -> RoleUses:
        users = sum(user.role == name for user in self.users.values())
        return RoleUses(users=users, grants=len(self.grants_of_role(name)))

    def grants_of_role(self, name: str) -> tuple[GrantedKpi, ...]:
        return self.grants.get(name, ())

    def grants_of_user(self, user_id: int) -> tuple[GrantedKpi, ...]:
        return self.grants.get(user_id, ())

    def add_role(self, role: CompanyRole) -> int:
        if self.role_for_share(role.name) is not None:
            raise Conflict(f'There is a role "{role.name}" already.', code="duplicate")
        added = replace(role, id=next(self._ids))
        self.roles[added.id] = added
        return added.id

    def save_role(self, role: CompanyRole) -> None:
        name = self.roles[role.id].name
        self.roles[role.id] = replace(role, name=name)

    def remove_role(self, role_id: int) -> None:
        del self.roles[role_id]

    def company(self) -> Company:
        return self.companies[self.bound]

    def company_for_update(self) -> Company:
        return self.company()

    company_for_share = company_for_update

    def save_company(self, company: Company) -> None:
        self.companies[self.bound] = replace(company, id=self.bound)

    def make_sandbox(self) -> None:
        self.sandboxes.add(self.bound)

    def set_topic(self, topic_arn: str) -> None:
        self.topics[self.bound] = topic_arn

    def known_users(self, user_ids: Collection[int]) -> set[int]:
        return set(user_ids) & self.users.keys()

    def add_company(self, fields: Mapping[str, Any]) -> int:
        """Insert a company and bind to it, as the unit of work does."""
        calendar = Calendar(
            fields["timezone"],
            fields.get("week_start", WeekStart.MONDAY),
            fields.get("fiscal_year_start_month", 1),
        )
        self.bound = next(self._ids)
        currency, score_cap = fields.get("currency", "EUR"), fields.get("score_cap")
        group_size = fields.get("min_group_size", MIN_GROUP_SIZE)
        self.companies[self.bound] = Company(
            self.bound, fields["name"], currency, calendar, score_cap, group_size
        )
        return self.bound

    def enter_company(self, company_id: int) -> bool:
        """Bind to another company, as the unit of work does."""
        if company_id not in self.companies:
            return False
        self.bound = company_id
        return True

    def _require_free_email(self, user: User) -> None:
        if any(other.email == user.email and other.id != user.id for other in self.users.values()):
            raise unusable_address(user.email)


@dataclass
class FakeDirectory:
    """The user pool: who signs in with which address, and whether they are let in."""

    emails: dict[str, str] = field(default_factory=dict)
    """Addresses by `sub`."""
    disabled: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    """Addresses that the pool does not take."""

    def invite(self, email: str, name: str) -> str:
        if email in self.refused:
            raise unusable_address(email)
        sub = next((sub for sub, known in self.emails.items() if known == email), f"sub of {email}")
        self.emails[sub] = email
        return sub

    def disable(self, sub: str) -> None:
        self.disabled.add(sub)

    def enable(self, sub: str) -> None:
        self.disabled.discard(sub)

    def change_email(self, sub: str, email: str) -> None:
        if email in self.refused or any(
            known == email and other != sub for other, known in self.emails.items()
        ):
            raise unusable_address(email)
        self.emails[sub] = email
