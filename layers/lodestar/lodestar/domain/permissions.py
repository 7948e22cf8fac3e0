"""Who may do what inside a company. Deny by default: each answer needs a key that allows it.

Every id here belongs to the actor's own company: what lies in another one is never loaded.
What lists show is asked in SQL: persistence/kernel/sql_parts.py (KPIs) and persistence/alerts/views.py.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lodestar.domain.definitions import Category
from lodestar.domain.sources import EnteredBy


class Role(StrEnum):
    """The built-in roles. A company may add its own, made of permission keys."""

    USER = "user"
    MANAGER = "manager"
    ADMIN = "admin"
    SUPERUSER = "superuser"


KPIS_VIEW_ALL = "kpis.view_all"
KPIS_CREATE = "kpis.create"  # and to change a definition; who has it reads every source by a query
KPIS_EDIT_TARGETS = "kpis.edit_targets"
KPIS_DELETE = "kpis.delete"
KPIS_ASSIGN = "kpis.assign"  # to the people of the teams that one manages
KPIS_ASSIGN_ALL = "kpis.assign_all"  # to anyone, oneself included
ALERTS_MANAGE = "alerts.manage"
USERS_MANAGE = "users.manage"  # and teams, so it decides whom a holder of kpis.assign leads
AUDIT_VIEW = "audit.view"
RUNS_MANAGE = "runs.manage"
RECORDS_WRITE = "records.write"
COMPANY_EDIT = "company.edit"  # the settings of one's own: all but its name
COMPANIES_MANAGE = "companies.manage"


NOTES_ON_KEYS: Mapping[str, str] = {
    KPIS_CREATE: "kpis.create includes reading every source of the company, for whoever writes a query can "
    "ask for anything in it. Only who holds it can give it."
}
"""What a key gives beyond its name, to be read wherever the key is shown or given."""


def notes_on(permissions: Collection[str]) -> list[str]:
    """What these keys give beyond their names."""
    return [note for key, note in NOTES_ON_KEYS.items() if key in permissions]


def category_view(category: Category) -> str:
    """The key that shows every KPI of one category: `kpis.sales.view`."""
    return f"kpis.{category}.view"


_OF_MANAGER = frozenset({KPIS_ASSIGN})
_OF_ADMIN = _OF_MANAGER | {
    KPIS_VIEW_ALL,
    KPIS_CREATE,
    KPIS_EDIT_TARGETS,
    KPIS_DELETE,
    KPIS_ASSIGN_ALL,
    ALERTS_MANAGE,
    USERS_MANAGE,
    AUDIT_VIEW,
    RUNS_MANAGE,
    RECORDS_WRITE,
    COMPANY_EDIT,
    *map(category_view, Category),
}
_PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.USER: frozenset(),
    Role.MANAGER: _OF_MANAGER,
    Role.ADMIN: _OF_ADMIN,
    Role.SUPERUSER: _OF_ADMIN | {COMPANIES_MANAGE},
}


def permissions_of(role: Role) -> frozenset[str]:
    """The permission keys of a built-in role."""
    return _PERMISSIONS[role]


def is_built_in(role: str) -> bool:
    """Whether a role is one of the built-in ones, and not a company's own."""
    return role in Role


def as_powerful_as(role: Role) -> frozenset[Role]:
    """The built-in roles that hold all that a role holds, itself included."""
    return frozenset(other for other in Role if permissions_of(other) >= permissions_of(role))


@dataclass(frozen=True, slots=True)
class Grant:
    """What one user, or everybody of a role, may do with one KPI beyond the keys of the role."""

    can_view: bool = False
    can_edit: bool = False
    can_set_targets: bool = False


NO_GRANT = Grant()


@dataclass(frozen=True, slots=True)
class GrantedKpi:
    """A grant with the KPI that it is on; a category of None is one that this version does not know."""

    definition_id: int
    category: Category | None
    grant: Grant


@dataclass(frozen=True, slots=True)
class Rights:
    """All that somebody holds: permission keys, and what they were granted on single KPIs."""

    permissions: frozenset[str]
    grants: tuple[GrantedKpi, ...] = ()


COMPANY_KEYS = _OF_ADMIN
"""The keys that a company's own role may be made of: all but the platform's."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller, as the database knows them.

    `role` is a built-in one or the name of a company's own; only `permissions` decides. The teams in
    `managed_team_ids` count for an actor who holds `kpis.assign`. `grants` are by definition id, those of
    the role included.
    """

    user_id: int
    company_id: int
    role: str
    permissions: frozenset[str]
    managed_team_ids: frozenset[int] = frozenset()
    team_id: int | None = None
    grants: Mapping[int, Grant] = field(default_factory=dict)

    def may(self, key: str) -> bool:
        """Whether the actor holds a permission key."""
        return key in self.permissions

    def leads(self, team_id: int | None) -> bool:
        """Whether the actor is the manager of a team."""
        return team_id in self.managed_team_ids and self.may(KPIS_ASSIGN)

    def grant(self, definition_id: int) -> Grant:
        """What the actor was granted on one KPI."""
        return self.grants.get(definition_id, NO_GRANT)


@dataclass(frozen=True, slots=True)
class KpiScope:
    """The KPIs whose numbers an actor may see, as a list's filter: all, by category, or one by one."""

    everything: bool
    categories: frozenset[Category]
    definition_ids: frozenset[int]

    def shows(self, definition_id: int, category: Category | None) -> bool:
        """Whether it holds a KPI."""
        return self.everything or category in self.categories or definition_id in self.definition_ids


class TeamVisibility(StrEnum):
    """How much of a team's numbers may be seen: members and aggregates, or the averages alone."""

    FULL = "full"
    AVERAGES = "averages"


def may_view_user(actor: Actor, user_id: int, team_id: int | None) -> bool:
    """Whether a person's KPIs may be seen: by themselves, their manager, and who sees all KPIs."""
    return actor.user_id == user_id or actor.may(KPIS_VIEW_ALL) or actor.leads(team_id)


def may_manage_user(actor: Actor, user_id: int, team_id: int | None) -> bool:
    """Whether a person's assignments and targets may be changed: by their manager or an admin.

    A manager who belongs to a team they manage does not set their own goals.
    """
    return actor.may(KPIS_ASSIGN_ALL) or (actor.user_id != user_id and actor.leads(team_id))


def may_assign(actor: Actor) -> bool:
    """Whether the actor assigns KPIs at all; to whom is for `may_manage_user` to say."""
    return actor.may(KPIS_ASSIGN) or actor.may(KPIS_ASSIGN_ALL)


def may_view_team(actor: Actor, team_id: int) -> TeamVisibility | None:
    """How much of a team may be seen; None is nothing. A member sees averages only."""
    if actor.may(KPIS_VIEW_ALL) or actor.leads(team_id):
        return TeamVisibility.FULL
    return TeamVisibility.AVERAGES if actor.team_id == team_id else None


def may_enter_value(actor: Actor, user_id: int, team_id: int | None, entered_by: EnteredBy) -> bool:
    """Whether a manual value may be entered: by the person's manager, or themselves where the KPI says so."""
    is_own = actor.user_id == user_id and entered_by is EnteredBy.USER
    return is_own or may_manage_user(actor, user_id, team_id)


def may_enter_team_value(actor: Actor, team_id: int) -> bool:
    """Whether a manual value of a team's own may be entered: by its manager or an admin."""
    return actor.may(KPIS_ASSIGN_ALL) or actor.leads(team_id)


def visible_kpis(actor: Actor) -> KpiScope:
    """The company KPIs that show an actor their numbers; every other one is a locked entry."""
    return KpiScope(
        everything=actor.may(KPIS_VIEW_ALL),
        categories=frozenset(category for category in Category if actor.may(category_view(category))),
        definition_ids=frozenset(key for key, grant in actor.grants.items() if grant.can_view),
    )


def may_view_kpi(actor: Actor, definition_id: int, category: Category | None) -> bool:
    """Whether a company KPI shows its numbers, or a locked entry instead.

    A category of None is one that this version does not know: no permission for a category covers it.
    """
    return visible_kpis(actor).shows(definition_id, category)


@dataclass(frozen=True, slots=True)
class WatchedSubject:
    """Whose KPI an alert is about: a person in their team of today, a team, or without both the company."""

    definition_id: int
    category: Category | None
    user_id: int | None
    team_id: int | None


def may_be_told(actor: Actor, watched: WatchedSubject) -> bool:
    """Whether an alert may be shown to somebody: who sees its number anyway."""
    if watched.user_id is not None:
        return may_view_user(actor, watched.user_id, watched.team_id)
    if watched.team_id is not None:
        return may_view_team(actor, watched.team_id) is TeamVisibility.FULL
    return may_view_kpi(actor, watched.definition_id, watched.category)


def may_edit_kpi(actor: Actor, definition_id: int, category: Category | None) -> bool:
    """Whether a definition may be changed, and values be entered for the company: never of a locked KPI."""
    may_write = actor.may(KPIS_CREATE) or actor.grant(definition_id).can_edit
    return may_write and may_view_kpi(actor, definition_id, category)


def may_read_definitions(actor: Actor) -> bool:
    """Whether the definitions may be listed and read: by those who assign, define or see all KPIs."""
    return may_assign(actor) or actor.may(KPIS_CREATE) or actor.may(KPIS_VIEW_ALL)


def may_read_definition(actor: Actor, definition_id: int) -> bool:
    """Whether one definition may be read: as `may_read_definitions`, or by a grant on that KPI."""
    grant = actor.grant(definition_id)
    return may_read_definitions(actor) or grant.can_view or grant.can_edit


def may_set_targets(actor: Actor, definition_id: int, category: Category | None) -> bool:
    """Whether the targets of a company KPI may be set: never of a locked one."""
    may_write = actor.may(KPIS_EDIT_TARGETS) or actor.grant(definition_id).can_set_targets
    return may_write and may_view_kpi(actor, definition_id, category)


def may_bestow(actor: Actor, permissions: Collection[str]) -> bool:
    """Whether a role of these keys may be made, given or taken: nobody hands out more than they hold."""
    return actor.permissions.issuperset(permissions)


def missing_keys(actor: Actor, permissions: Collection[str]) -> list[str]:
    """The keys that the actor would have to hold as well to bestow all of these, in their order."""
    return sorted(set(permissions) - actor.permissions)


def may_hand_out(actor: Actor, rights: Rights) -> bool:
    """Whether a role with these rights may be given to somebody: by who holds as much, grants included."""
    return may_bestow(actor, rights.permissions) and all(_covers(actor, grant) for grant in rights.grants)


def may_readdress(actor: Actor, user_id: int, rights: Rights) -> bool:
    """Whether a person's email address may be changed. `rights` are the person's.

    Who has the address can sign in as the person. So it takes somebody who could do all of that anyway:
    what the person holds, and what everybody may with their own KPIs.
    """
    may_act_for_anyone = actor.may(KPIS_VIEW_ALL) and actor.may(KPIS_ASSIGN_ALL)
    return actor.user_id == user_id or (may_act_for_anyone and may_hand_out(actor, rights))


def may_see_user(actor: Actor, user_id: int, team_id: int | None) -> bool:
    """Whether a person's entry may be seen: by themselves, their manager and who manages users."""
    return actor.user_id == user_id or actor.may(USERS_MANAGE) or actor.leads(team_id)


def may_see_team(actor: Actor, team_id: int) -> bool:
    """Whether a team's entry may be seen: by its members, its manager and who manages users."""
    return actor.team_id == team_id or actor.may(USERS_MANAGE) or actor.leads(team_id)


def may_edit_company(actor: Actor, company_id: int) -> bool:
    """Whether a company's settings may be read and changed: by the platform, and by its own admins."""
    is_own = actor.company_id == company_id
    return actor.may(COMPANIES_MANAGE) or (is_own and actor.may(COMPANY_EDIT))


def may_rename_company(actor: Actor) -> bool:
    """Whether companies may be given another name: by the platform alone."""
    return actor.may(COMPANIES_MANAGE)


def _covers(actor: Actor, granted: GrantedKpi) -> bool:
    kpi, category, grant = granted.definition_id, granted.category, granted.grant
    return (
        (not grant.can_view or may_view_kpi(actor, kpi, category))
        and (not grant.can_edit or may_edit_kpi(actor, kpi, category))
        and (not grant.can_set_targets or may_set_targets(actor, kpi, category))
    )
