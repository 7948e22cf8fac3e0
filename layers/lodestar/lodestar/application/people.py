"""Companies, teams and users: who there is (spec 2.4)."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from lodestar.application.caller import Caller
from lodestar.application.edge import Body, Email, Id, Name, Number, View
from lodestar.application.json_view import Json
from lodestar.application.paging import PageQuery
from lodestar.application.ports import Directory, Topics, UnitOfWork
from lodestar.application.viewing import found
from lodestar.domain.errors import Forbidden, InvalidContent
from lodestar.domain.periods import Calendar, WeekStart
from lodestar.domain.permissions import COMPANIES_MANAGE, Role


class FirstAdmin(Body):
    """Whoever may do everything in the new company."""

    name: Name
    email: Email


class CompanyDraft(Body):
    """A new company with its first admin."""

    name: Name
    timezone: Name
    week_start: WeekStart = WeekStart.MONDAY
    fiscal_year_start_month: int = Field(default=1, ge=1, le=12)
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    score_cap: Annotated[Decimal, Field(gt=0, max_digits=5, decimal_places=2)] | None = None
    admin: FirstAdmin


class AdminView(View):
    """The first admin of a company."""

    id: int
    email: str


class CompanyView(View):
    """A company."""

    id: int
    name: str
    timezone: str
    week_start: WeekStart
    fiscal_year_start_month: int
    currency: str
    score_cap: Number | None
    admin: AdminView | None


class CompanyList(View):
    """One page of companies."""

    companies: list[CompanyView]
    next_cursor: str | None


class TeamDraft(Body):
    """A new team."""

    name: Name
    manager_id: Id | None = None


class TeamView(View):
    """A team."""

    id: int
    name: str
    manager_id: int | None


class TeamList(View):
    """One page of teams."""

    teams: list[TeamView]
    next_cursor: str | None


ProviderName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


class UserDraft(Body):
    """A new user of the company; they are invited to sign in."""

    name: Name
    email: Email
    role: Role = Role.USER
    team_id: Id | None = None
    timezone: Name | None = None
    external_ids: dict[ProviderName, Name] = Field(default_factory=dict)


class UserView(View):
    """A user."""

    id: int
    name: str
    email: str
    role: Role
    team_id: int | None
    timezone: str | None
    external_ids: dict[str, str]
    is_active: bool


class UserList(View):
    """One page of users."""

    users: list[UserView]
    next_cursor: str | None


class CompanyOfMe(View):
    """The caller's company."""

    id: int
    name: str
    timezone: str


class MeView(View):
    """The caller."""

    id: int
    name: str
    email: str
    role: str
    permissions: list[str]
    company: CompanyOfMe
    teams_managed: list[int]


class UserQuery(PageQuery):
    """Which users; a filter that is left out takes any."""

    team_id: Id | None = None
    is_active: bool | None = None


def create_company(
    draft: CompanyDraft, work: UnitOfWork, directory: Directory, topics: Topics
) -> Json[CompanyView]:
    """Make a company with its sandbox login, its alert topic and its first admin.

    Raises:
        InvalidContent: an unknown timezone.
        Conflict: somebody signs in with the admin's email address already.
    """
    Calendar(draft.timezone, draft.week_start, draft.fiscal_year_start_month)
    fields = draft.model_dump(exclude={"admin"})
    company_id = work.add_company(fields)
    work.companies.make_sandbox()
    admin = {"name": draft.admin.name, "email": draft.admin.email, "role": Role.ADMIN}
    work.people.add_user(admin, directory.invite(draft.admin.email, draft.admin.name))
    work.companies.set_topic(topics.make(company_id))  # last: a refused company leaves no topic behind
    work.audit.record("company.created", ("company", company_id), None, fields)
    return Json(found(work.views.last("company", {"id": company_id}), "company"))


def create_team(draft: TeamDraft, work: UnitOfWork) -> Json[TeamView]:
    """Make a team; its manager may be named now or later.

    Raises:
        InvalidContent: the company has no such manager.
        Conflict: the company has a team of that name.
    """
    if draft.manager_id is not None and work.people.person(draft.manager_id) is None:
        raise InvalidContent.of("manager_id", "manager_id must be the id of a user of your company.")
    team_id = work.people.add_team(draft.name, draft.manager_id)
    work.audit.record("team.created", ("team", team_id), None, draft.model_dump())
    return Json(found(work.views.last("team", {"id": team_id}), "team"))


def create_user(draft: UserDraft, caller: Caller, work: UnitOfWork, directory: Directory) -> Json[UserView]:
    """Make a user and their sign-in.

    Raises:
        InvalidContent: an unknown team or timezone.
        Forbidden: only a superuser makes superusers.
        Conflict: the email address is taken.
    """
    if draft.role is Role.SUPERUSER and not caller.actor.may(COMPANIES_MANAGE):
        raise Forbidden("Only a superuser can make a superuser: choose user, manager or admin.")
    if draft.team_id is not None and not work.people.team_exists(draft.team_id):
        raise InvalidContent.of("team_id", "team_id must be the id of a team of your company.")
    if draft.timezone is not None:
        Calendar(draft.timezone, WeekStart.MONDAY, 1)
    fields: dict[str, Any] = draft.model_dump()
    user_id = work.people.add_user(fields, directory.invite(draft.email, draft.name))
    work.audit.record("user.created", ("user", user_id), None, fields)
    return Json(found(work.views.last("user", {"id": user_id}), "user"))


def who_am_i(caller: Caller) -> MeView:
    """The caller, as the token and the database tell."""
    return MeView(
        id=caller.user_id,
        name=caller.name,
        email=caller.email,
        role=caller.actor.role,
        permissions=sorted(caller.actor.permissions),
        company=CompanyOfMe(
            id=caller.company.id, name=caller.company.name, timezone=caller.company.calendar.timezone
        ),
        teams_managed=sorted(caller.actor.managed_team_ids),
    )
