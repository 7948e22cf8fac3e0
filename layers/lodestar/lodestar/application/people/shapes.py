"""Bodies and answers about companies, teams, users and roles."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from lodestar.domain.companies import (
    MAX_ANSWER_DAYS,
    MAX_OUTCOME_DAYS,
    MIN_ANSWER_DAYS,
    MIN_GROUP_SIZE,
    MIN_OUTCOME_DAYS,
)
from lodestar.domain.periods import Cadence, WeekStart
from lodestar.domain.permissions import COMPANY_KEYS, NOTES_ON_KEYS, Role, is_built_in
from lodestar.wire.bodies import Body, View
from lodestar.wire.fields import CURRENCY, ROLE_NAME, CalendarDay, Email, Id, Name, Number, Text
from lodestar.wire.paging import PageQuery

Month = Annotated[int, Field(ge=1, le=12)]
Currency = Annotated[str, Field(pattern=CURRENCY)]
ScoreCap = Annotated[Decimal, Field(gt=0, max_digits=5, decimal_places=2)]
GroupSize = Annotated[int, Field(ge=1, le=1000)]
_KEYS = sorted(COMPANY_KEYS)


def _require_name_of_its_own(name: str) -> str:
    if is_built_in(name):
        raise ValueError(f'"{name}" is a built-in role: choose another name')
    return name


RoleName = Annotated[str, Field(pattern=ROLE_NAME), AfterValidator(_require_name_of_its_own)]


def _require_known_key(key: str) -> str:
    if key not in COMPANY_KEYS:
        raise ValueError(f'There is no permission key "{key}": choose from {", ".join(_KEYS)}')
    return key


PermissionKey = Annotated[
    str, AfterValidator(_require_known_key), WithJsonSchema({"type": "string", "enum": list(_KEYS)})
]
PermissionKeys = Annotated[
    list[PermissionKey],
    Field(
        max_length=100,
        description=f"Keys that whoever sends them holds. {' '.join(NOTES_ON_KEYS.values())}",
    ),
]
ProviderName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


class TeamDraft(Body):
    """A new team."""

    name: Name
    manager_id: Id | None = None


class TeamChange(Body):
    """What to change of a team; a field that is left out stays as it is. A manager_id of null: nobody."""

    name: Name | None = None
    manager_id: Id | None = None


class TeamView(View):
    """A team; dissolved when it is not active."""

    id: int
    name: str
    manager_id: int | None
    is_active: bool


class TeamList(View):
    """One page of teams that are not dissolved."""

    teams: list[TeamView]
    next_cursor: str | None


class FirstAdmin(Body):
    """Whoever may do everything in the new company."""

    name: Name
    email: Email


class CompanyDraft(Body):
    """A new company with its first admin.

    A member of a team sees an average of it where at least `min_group_size` people beside them are measured.
    """

    name: Name
    timezone: Name
    week_start: WeekStart = WeekStart.MONDAY
    fiscal_year_start_month: Month = 1
    currency: Currency = "EUR"
    score_cap: ScoreCap | None = None
    min_group_size: GroupSize = MIN_GROUP_SIZE
    admin: FirstAdmin


class RetentionChange(Body):
    """For how many days to keep what a company can do without; a field that is left out stays as it is."""

    outcome_days: Annotated[int, Field(ge=MIN_OUTCOME_DAYS, le=MAX_OUTCOME_DAYS)] | None = None
    answer_days: Annotated[int, Field(ge=MIN_ANSWER_DAYS, le=MAX_ANSWER_DAYS)] | None = None


class CompanyChange(Body):
    """What to change of a company; a field that is left out stays as it is. A score_cap of null lifts it.

    `timezone`, `week_start` and `fiscal_year_start_month` make a new version of the calendar, which counts
    from `effective_from` on; without it each counts from the first day of the next period that it makes: the
    next week, the next fiscal quarter, and a timezone from tomorrow. With `dry_run` nothing is changed, and
    the answer says what would be. `confirm` is how many entered values and dated targets may lose their
    period.
    """

    name: Name | None = None
    timezone: Name | None = None
    week_start: WeekStart | None = None
    fiscal_year_start_month: Month | None = None
    currency: Currency | None = None
    score_cap: ScoreCap | None = None
    min_group_size: GroupSize | None = None
    retention: RetentionChange | None = None
    effective_from: CalendarDay | None = None
    dry_run: bool = False
    confirm: Annotated[int, Field(ge=0)] | None = None


class CalendarVersionView(View):
    """The rules of a company's time from a day on. The first ones have always counted."""

    effective_from: date
    timezone: str
    week_start: WeekStart
    fiscal_year_start_month: int


class SeamPeriodView(View):
    """A period beside a seam: its inclusive dates, its days of how many uncut, its instants [from, until)."""

    period_start: date
    period_end: date
    days: int
    full_days: int
    starts_at: datetime
    ends_at: datetime


class SeamView(View):
    """Where periods begin to follow the new rule; of days it is the timezone."""

    aggregation_period: Cadence
    last_before: SeamPeriodView
    first_after: SeamPeriodView


class CalendarEffectsView(View):
    """What a change of the calendar does: its seams, and how much has dates that are no period any more.

    `run_ids` are the runs that measure anew what the change cuts otherwise, one for each cadence.
    """

    seams: list[SeamView]
    calculated_values: int
    entered_values: int
    targets: int
    run_ids: list[int]


class AdminView(View):
    """The first admin of a company."""

    id: int
    email: str


class RetentionView(View):
    """For how many days a company keeps outcomes of runs, and the answers of repeated writes."""

    outcome_days: int
    answer_days: int


class CompanyView(View):
    """A company. In a list its admin and retention are null: they are seen in that company only.

    The calendar's rules are those of today; `calendars` are all of its versions, oldest first.
    """

    id: int
    name: str
    timezone: str
    week_start: WeekStart
    fiscal_year_start_month: int
    calendars: list[CalendarVersionView]
    currency: str
    score_cap: Number | None
    min_group_size: int
    retention: RetentionView | None
    admin: AdminView | None


class ChangedCompany(CompanyView):
    """A company after a change, or as it would be; `calendar_effects` is null where the calendar stays."""

    calendar_effects: CalendarEffectsView | None


class CompanyList(View):
    """One page of companies."""

    companies: list[CompanyView]
    next_cursor: str | None


class RoleDraft(Body):
    """A new role. Without keys it gives nothing but what is granted to it on single KPIs."""

    name: RoleName
    description: Text = ""
    permissions: PermissionKeys


class RoleChange(Body):
    """What to change of a role; a field that is left out stays as it is. The name never changes."""

    description: Text | None = None
    permissions: PermissionKeys | None = None


class RoleView(View):
    """A role that the company made. `notes` are what its keys give beyond their names."""

    id: int
    name: str
    description: str
    permissions: list[str]
    notes: list[str]


class BuiltInRole(View):
    """A role that every company has. `notes` are what its keys give beyond their names."""

    name: Role
    permissions: list[str]
    notes: list[str]


class RoleList(View):
    """One page of the company's own roles, and on each the built-in ones beside which they stand."""

    roles: list[RoleView]
    next_cursor: str | None
    built_in: list[BuiltInRole]


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
    permissions: Annotated[list[str], Field(description=" ".join(NOTES_ON_KEYS.values()))]
    company: CompanyOfMe
    teams_managed: list[int]


class UserDraft(Body):
    """A new user of the company; they are invited to sign in. `role` may be one of the company's own.

    They are in the team of `team_id` from `effective_from` on: today, unless it says another day.
    """

    name: Name
    email: Email
    role: Name = Role.USER
    team_id: Id | None = None
    effective_from: CalendarDay | None = None
    timezone: Name | None = None
    external_ids: dict[ProviderName, Name] = Field(default_factory=dict)


class UserChange(Body):
    """What to change of a user; a field that is left out stays as it is.

    A team_id moves the person into that team, null out of all, from `effective_from` on: today, unless it
    says another day, ahead or back. What was planned from that day on is replaced; the team of today without
    a day asks for nothing. A move back over closed periods has them calculated again: `run_id` of the answer.

    A timezone of null is the company's. `external_ids` replace all that were there. `is_active` of false ends
    the membership with today, whole; true brings somebody back who was deactivated, into no team.
    """

    name: Name | None = None
    email: Email | None = None
    role: Name | None = None
    team_id: Id | None = None
    effective_from: CalendarDay | None = None
    timezone: Name | None = None
    external_ids: dict[ProviderName, Name] | None = None
    is_active: bool | None = None


class PlannedMoveView(View):
    """The next change of team that lies ahead; a team_id of null leaves the team."""

    team_id: int | None
    effective_from: date


class UserView(View):
    """A user. `role` is a built-in one or the name of one that the company made.

    `team_id` is the team of today, `team_since` the first day in it.
    """

    id: int
    name: str
    email: str
    role: str
    team_id: int | None
    team_since: date | None
    planned_move: PlannedMoveView | None
    timezone: str | None
    external_ids: dict[str, str]
    is_active: bool


class ChangedUser(UserView):
    """A user who was changed.

    `run_id` is the run that calculates again what a move back over closed periods has changed.
    """

    run_id: int | None


class UserList(View):
    """One page of users."""

    users: list[UserView]
    next_cursor: str | None


class UserQuery(PageQuery):
    """Which users; a filter that is left out takes any. `q` is looked for in name and email address."""

    team_id: Id | None = None
    role: Text | None = None
    is_active: bool | None = None
    q: Text | None = None
