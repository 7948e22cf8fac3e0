"""The companies of the platform: make, read, change. All of it is a superuser's."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from lodestar.application.ports import Directory, Topics, UnitOfWork
from lodestar.application.repositories import Change
from lodestar.application.viewing import found
from lodestar.domain.periods import Calendar, WeekStart
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import NotFound
from lodestar.wire.bodies import Body, View
from lodestar.wire.changes import asked
from lodestar.wire.fields import CURRENCY, Email, Name, Number
from lodestar.wire.json_view import Json

Month = Annotated[int, Field(ge=1, le=12)]
Currency = Annotated[str, Field(pattern=CURRENCY)]
ScoreCap = Annotated[Decimal, Field(gt=0, max_digits=5, decimal_places=2)]


class FirstAdmin(Body):
    """Whoever may do everything in the new company."""

    name: Name
    email: Email


class CompanyDraft(Body):
    """A new company with its first admin."""

    name: Name
    timezone: Name
    week_start: WeekStart = WeekStart.MONDAY
    fiscal_year_start_month: Month = 1
    currency: Currency = "EUR"
    score_cap: ScoreCap | None = None
    admin: FirstAdmin


class CompanyChange(Body):
    """What to change of a company; a field that is left out stays as it is. A score_cap of null lifts it."""

    name: Name | None = None
    timezone: Name | None = None
    week_start: WeekStart | None = None
    fiscal_year_start_month: Month | None = None
    currency: Currency | None = None
    score_cap: ScoreCap | None = None


class AdminView(View):
    """The first admin of a company."""

    id: int
    email: str


class CompanyView(View):
    """A company. In a list its admin is null: the people of a company are seen in that company only."""

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
    admin_id = work.people.add_user(admin, directory.invite(draft.admin.email, draft.admin.name))
    work.companies.set_topic(topics.make(company_id))  # last: a refused company leaves no topic behind
    work.audit.record_many(
        [
            Change("company.created", ("company", company_id), None, fields),
            Change("user.created", ("user", admin_id), None, admin),
        ]
    )
    return _committed_view(company_id, work)


def one_company(company_id: int, work: UnitOfWork) -> Json[CompanyView]:
    """A company of the platform.

    Raises:
        NotFound: there is none of that id; the platform's own is not one of them.
    """
    _enter(company_id, work)
    return _committed_view(company_id, work)


def change_company(company_id: int, change: CompanyChange, work: UnitOfWork) -> Json[CompanyView]:
    """Change some of a company's facts; its own audit log tells of it.

    Raises:
        NotFound: as `one_company`.
        InvalidContent: an unknown timezone.
    """
    _enter(company_id, work)
    before = work.companies.facts()
    after = {**before, **asked(change, clearable={"score_cap"})}
    Calendar(after["timezone"], WeekStart(after["week_start"]), after["fiscal_year_start_month"])
    if after != before:
        work.companies.save(after)
        work.audit.record("company.changed", ("company", company_id), before, after)
    return _committed_view(company_id, work)


def _enter(company_id: int, work: UnitOfWork) -> None:
    if not work.enter_company(company_id):
        raise NotFound("There is no such company.")


def _committed_view(company_id: int, work: UnitOfWork) -> Json[CompanyView]:
    return Json(found(work.views.last("company", {"id": company_id}), "company"))
