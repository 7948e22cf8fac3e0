"""The companies of the platform: make, read, change. All of it is a superuser's."""

from lodestar.application.access import require_found
from lodestar.application.people.ports import PeopleWork
from lodestar.application.people.shapes import CompanyChange, CompanyView
from lodestar.application.work import AuditObject
from lodestar.domain.periods import Calendar, WeekStart
from lodestar.domain.refusals import NotFound
from lodestar.wire.changes import asked
from lodestar.wire.json_view import Json


def one_company(company_id: int, work: PeopleWork) -> Json[CompanyView]:
    """A company of the platform.

    Raises:
        NotFound: there is none of that id; the platform's own is not one of them.
    """
    _enter(company_id, work)
    return committed_company(company_id, work)


def change_company(company_id: int, change: CompanyChange, work: PeopleWork) -> Json[CompanyView]:
    """Change some of a company's facts; its own audit log tells of it.

    Raises:
        NotFound: as `one_company`.
        InvalidContent: an unknown timezone.
    """
    _enter(company_id, work)
    before = work.people.company_facts_for_update()
    after = {**before, **asked(change, clearable={"score_cap"})}
    Calendar(after["timezone"], WeekStart(after["week_start"]), after["fiscal_year_start_month"])
    if after != before:
        work.people.save_company(after)
        work.audit.record("company.changed", AuditObject("company", company_id), before, after)
    return committed_company(company_id, work)


def _enter(company_id: int, work: PeopleWork) -> None:
    if not work.enter_company(company_id):
        raise NotFound("There is no such company.")


def committed_company(company_id: int, work: PeopleWork) -> Json[CompanyView]:
    """The company as the API shows it; the transaction is committed with it."""
    return Json(require_found(work.views.read_and_commit("company", {"id": company_id}), "company"))
